"""``gemel gallery list``, ``export``, ``import``, ``merge`` and ``delete``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gemel.cli.console import answer, progress, stderr
from gemel.wording import counted

app = typer.Typer(help="Look after a gallery's classes and references.")

Address = Annotated[str, typer.Option("--gallery", help="The gallery: a file, or a URL such as sqlite:///parts.db.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def listing(
    gallery: Address,
    page: Annotated[int, typer.Option(min=1, help="Pages count from 1.")] = 1,
    size: Annotated[int, typer.Option(min=1, max=1000, help="Classes a page.")] = 100,
    containing: Annotated[str, typer.Option(help="Only classes whose name contains this.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the classes with the number of their references.

    Example: `gemel gallery list --gallery parts.db`
    """
    from gemel.gallery.listing import class_page
    from gemel.gallery.store import kept

    with kept(gallery) as store, store.reading() as session:
        found = class_page(session, page, size, containing)
    lines = [f"{one.references:6d}  {one.label}" for one in found.items]
    answer(found.to_json(), "\n".join([*lines, f"{found.total} classes"]), as_json)


@app.command("export")
def export(
    path: Annotated[Path, typer.Argument(help="A new folder, or a file ending in .zip or .csv.")],
    gallery: Address,
    as_json: AsJson = False,
) -> None:
    """Write the whole gallery out: pictures, embeddings, thresholds. A .csv has no pictures.

    Example: `gemel gallery export parts.zip --gallery parts.db`
    """
    from gemel.gallery.exporting import export as write
    from gemel.gallery.store import kept

    with kept(gallery) as store, progress("exporting") as tell:
        count = write(store, path, tell)
    answer({"path": str(path), "references": count}, f"Into {path}: {counted(count, 'reference')}.", as_json)


@app.command("import")
def take(
    path: Annotated[Path, typer.Argument(help="What export wrote, or a folder, zip or CSV list of labelled pictures.")],
    gallery: Address,
    run: Annotated[
        str | None, typer.Option(help="The model, a run folder or a packaged one; by default the gallery's own.")
    ] = None,
    who: Annotated[str, typer.Option(help="Who imports.")] = "",
    originals: Annotated[
        bool, typer.Option("--originals", help="Keep the pictures as they are, so that another model can take over.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take labelled pictures in, or an exported gallery. What is there already is passed over.

    Example: `gemel gallery import parts.zip --gallery parts.db --run runs/parts`
    """
    from gemel.gallery import Gallery
    from gemel.gallery.store import model_of
    from gemel.loading import load

    with Gallery(gallery, load(run or model_of(gallery)), originals) as opened, progress("importing") as tell:
        found = opened.exchange.import_from(path, tell, who)
    for reason in found.skipped:
        stderr.print(f"left out: {reason}", markup=False, soft_wrap=True)
    new, left_out = counted(found.references, "new reference"), counted(len(found.skipped), "file")
    told = f"{new}, {found.already} there already, {left_out} left out."
    answer(found.to_json(), told, as_json)


@app.command("merge")
def merge(
    label: Annotated[str, typer.Argument(help="A class.")],
    to: Annotated[str, typer.Argument(help="The class that it becomes part of; a new name renames it.")],
    gallery: Address,
    as_json: AsJson = False,
) -> None:
    """Make one class of two, or give a class another name.

    Example: `gemel gallery merge "bolt M6" "M6 bolt" --gallery parts.db`
    """
    from gemel.gallery.arranging import rename
    from gemel.gallery.listing import reference_page
    from gemel.gallery.store import kept

    with kept(gallery) as store:
        with store.writing() as session:
            rename(session, label, to)
        with store.reading() as session:
            count = reference_page(session, to.strip(), 1, 1).total
    answer({"label": to.strip(), "references": count}, f"'{to.strip()}' has {counted(count, 'reference')}.", as_json)


@app.command("delete")
def delete(
    label: Annotated[str, typer.Argument(help="A class.")],
    gallery: Address,
    as_json: AsJson = False,
) -> None:
    """Delete a class with its references.

    Example: `gemel gallery delete "M6 bolt" --gallery parts.db`
    """
    from gemel.gallery.arranging import remove_class
    from gemel.gallery.store import kept

    with kept(gallery) as store, store.writing() as session:
        count = remove_class(session, label)
    answer({"label": label, "references": count}, f"Deleted from '{label}': {counted(count, 'reference')}.", as_json)
