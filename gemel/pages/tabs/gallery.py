"""Classes and their references: look through, rename, merge, move, delete, import, export."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from nicegui import ui
from nicegui.events import UploadEventArguments

from gemel.gallery import ClassEntry, Page, Reference
from gemel.gallery.exchange import Imported
from gemel.gallery.exporting import Progress
from gemel.pages.desk import Desk
from gemel.pages.parts import ask_first, card, empty, heading, pager, row, stack, titled, unread, warned
from gemel.pages.pictures import picture
from gemel.pages.progress import watched

#: Classes and references shown at once.
CLASSES, REFERENCES = 24, 48


def build(desk: Desk) -> None:
    """Show the tab."""
    heading(desk, "gallery")
    GalleryTab(desk)


class GalleryTab:
    """The classes, or the references of one."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.page, self.wanted, self.label = 1, "", ""
        self.chosen: set[int] = set()
        with row("g-wrap"):
            self.filter = ui.input(desk.say("gallery.filter"), on_change=self._filter).props(
                "outlined dense clearable debounce=300"
            )
            self.filter.classes("g-grow").mark("filter")
            ui.button(desk.say("gallery.import"), icon="upload", on_click=self._import).props("outline")
            ui.button(desk.say("gallery.export"), icon="download", on_click=self._export).props("outline")
        self.box = stack().style("gap: 1rem").mark("gallery")
        ui.timer(0, self._show, once=True)

    async def _filter(self) -> None:
        """Show the classes whose names hold what is typed."""
        self.wanted, self.page, self.label = str(self.filter.value or ""), 1, ""
        await self._show()

    async def _turn(self, page: int) -> None:
        """Show another page."""
        self.page = page
        await self._show()

    async def _open(self, label: str) -> None:
        """Show one class, or all with ""."""
        self.label, self.page, self.chosen = label, 1, set()
        await self._show()

    async def _show(self) -> None:
        """Show what there is now."""
        if self.label:
            references = await self.desk.ask("read", self._references)
            if references is not None:
                return self._show_class(*references)
        else:
            classes = await self.desk.ask("read", self._classes)
            if classes is not None:
                return self._show_classes(*classes)
        return unread(self.desk, self.box, self._show)

    def _classes(self) -> tuple[Page[ClassEntry], list[bytes | None]]:
        """Return a page of classes with their covers."""
        gallery = self.desk.gallery
        page = gallery.classes(page=self.page, size=CLASSES, containing=self.wanted)
        return page, [gallery.thumbnail(entry.cover) for entry in page.items]

    def _references(self) -> tuple[Page[Reference], list[bytes | None]]:
        """Return a page of the class's references with their pictures."""
        gallery = self.desk.gallery
        page = gallery.references(self.label, page=self.page, size=REFERENCES)
        return page, [gallery.thumbnail(entry.id) for entry in page.items]

    def _show_classes(self, page: Page[ClassEntry], covers: list[bytes | None]) -> None:
        """Show the classes."""
        say = self.desk.say
        with self.box.clear(), card(say("gallery.classes", count=page.total)):
            if not page.total:
                key = "gallery.unmatched" if self.wanted else "gallery.none"
                return empty("photo_library", say(key), say(f"{key}.text"))
            with ui.element("div").classes("g-tiles"):
                for entry, cover in zip(page.items, covers, strict=True):
                    with (
                        ui.element("button")
                        .classes("g-tile")
                        .on("click", partial(self._open, entry.label))
                        .mark("class")
                    ):
                        picture(cover, say("picture.of", label=entry.label))
                        titled(entry.label)
                        ui.label(
                            say(f"gallery.reference{'s' * (entry.references != 1)}", count=entry.references)
                        ).classes("g-muted g-small")
            pager(self.desk, page.page, page.total, page.size, self._turn)
        return None

    def _show_class(self, page: Page[Reference], pictures: list[bytes | None]) -> None:
        """Show one class, and what can be done with it."""
        say = self.desk.say
        with self.box.clear(), card():
            with row("g-wrap"):
                back = ui.button(icon="arrow_back", on_click=partial(self._open, "")).props("flat round dense")
                back.props["aria-label"] = say("gallery.back")
                ui.label(self.label).classes("g-answer g-grow")
                ui.button(say("gallery.rename"), icon="drive_file_rename_outline", on_click=self._rename).props(
                    "flat dense"
                )
                ui.button(say("gallery.delete"), icon="delete", on_click=self._delete).props(
                    "flat dense color=negative"
                )
            ui.label(say("gallery.choose")).classes("g-muted g-small")
            with ui.element("div").classes("g-tiles"):
                for reference, data in zip(page.items, pictures, strict=True):
                    self._reference(reference, data)
            pager(self.desk, page.page, page.total, page.size, self._turn)
            with row("g-wrap") as self.actions:
                ui.button(say("gallery.move"), icon="drive_file_move", on_click=self._move).props("outline dense")
                ui.button(say("gallery.remove"), icon="delete", on_click=self._remove).props(
                    "outline dense color=negative"
                )
            self.actions.visible = bool(self.chosen)

    def _reference(self, reference: Reference, data: bytes | None) -> None:
        """Show one reference, to be chosen."""
        say = self.desk.say
        tile = ui.element("div").classes("g-tile").mark("reference")

        def choose(value: bool) -> None:
            self.chosen.add(reference.id) if value else self.chosen.discard(reference.id)
            tile.classes(add="g-chosen") if value else tile.classes(remove="g-chosen")
            self.actions.visible = bool(self.chosen)

        with tile:
            picture(data, say("picture.of", label=reference.label))
            with row():
                box = ui.checkbox(value=reference.id in self.chosen, on_change=lambda event: choose(bool(event.value)))
                box.props("dense size=sm").props["aria-label"] = reference.source or str(reference.id)
                ui.label(reference.source or f"{reference.id}").classes("g-small g-clip g-grow")
            ui.label(f"{reference.enrolled:%Y-%m-%d} {reference.who}").classes("g-muted g-small g-clip")
            for warning in reference.warnings:
                warned(self.desk, warning)

    async def _done(self, told: str, label: str = "") -> None:
        """Say that something was done, and show what there is now."""
        ui.notify(told, type="positive", timeout=2000)
        await self._open(label)

    def _rename(self) -> None:
        """Ask for another name; one that is taken merges the two."""
        name_dialog(self.desk, self.desk.say("gallery.rename.text"), self.label, self._renamed)

    async def _renamed(self, to: str) -> None:
        """Give the class the name."""
        former = self.label
        if await self.desk.change("admin", "rename", {"label": former, "to": to}, self.desk.gallery.rename, former, to):
            await self._done(self.desk.say("gallery.renamed", label=to), to)

    def _move(self) -> None:
        """Ask where the chosen references belong."""
        name_dialog(self.desk, self.desk.say("gallery.move.text", count=len(self.chosen)), "", self._moved)

    async def _moved(self, to: str) -> None:
        """Move the chosen references."""
        moved = sorted(self.chosen)
        if await self.desk.change("admin", "move", {"references": moved, "to": to}, self.desk.gallery.move, moved, to):
            await self._done(self.desk.say("gallery.moved", count=len(moved), label=to), to)

    def _delete(self) -> None:
        """Ask before a class goes."""
        ask_first(self.desk, self.desk.say("gallery.delete.text", label=self.label), self._deleted)

    async def _deleted(self) -> None:
        """Delete the class."""
        label = self.label
        if await self.desk.change("admin", "remove", {"label": label}, self.desk.gallery.remove, label):
            await self._done(self.desk.say("gallery.deleted", label=label))

    def _remove(self) -> None:
        """Ask before references go."""
        ask_first(self.desk, self.desk.say("gallery.remove.text", count=len(self.chosen)), self._removed)

    async def _removed(self) -> None:
        """Delete the chosen references."""
        gone = sorted(self.chosen)
        if await self.desk.change("admin", "remove", {"references": gone}, self.desk.gallery.remove_references, gone):
            await self._done(self.desk.say("gallery.removed", count=len(gone)))

    async def _export(self) -> None:
        """Make a zip of everything, and hand it out; it goes when the page is left."""
        folder = tempfile.TemporaryDirectory(prefix="gemel-export-")
        ui.context.client.on_delete(folder.cleanup)
        path = Path(folder.name) / "gallery.zip"
        if await watched(self.desk, "admin", self.desk.say("gallery.exporting"), exported, self.desk, path):
            ui.download.file(path, path.name, "application/zip")

    def _import(self) -> None:
        """Ask for a zip or a list."""
        say = self.desk.say
        with ui.dialog(value=True) as dialog, card(say("gallery.import")):
            ui.label(say("gallery.import.text")).classes("g-muted")

            async def came(event: UploadEventArguments) -> None:
                dialog.close()
                await self._imported(event)

            largest = self.desk.studio.settings.largest_import
            uploader = ui.upload(
                on_upload=came, auto_upload=True, max_file_size=largest, label=say("gallery.import.file")
            )
            uploader.props('accept=".zip,.csv" flat')
            with row():
                ui.space()
                ui.button(say("cancel"), on_click=dialog.close).props("flat")

    async def _imported(self, event: UploadEventArguments) -> None:
        """Take in what came."""
        with tempfile.TemporaryDirectory(prefix="gemel-import-") as folder:
            path = Path(folder) / ("import.csv" if event.file.name.lower().endswith(".csv") else "import.zip")
            await event.file.save(path)
            if await watched(self.desk, "admin", self.desk.say("gallery.importing"), taken_in, self.desk, path):
                await self._done(self.desk.say("gallery.imported"))


def exported(desk: Desk, path: Path, progress: Progress) -> bool:
    """Write the gallery into a zip, and note that."""
    count = desk.gallery.exchange.export(path, progress)
    desk.gallery.audit.record(desk.who, "export", references=count)
    return True


def taken_in(desk: Desk, path: Path, progress: Progress) -> Imported:
    """Take in a zip or a list, and note that."""
    found = desk.gallery.exchange.import_from(path, progress, desk.who)
    desk.gallery.audit.record(desk.who, "import", references=found.references)
    return found


def name_dialog(desk: Desk, text: str, label: str, use: Callable[[str], Awaitable[None]]) -> None:
    """Ask for a class's name, and do something with it."""
    say = desk.say
    with ui.dialog(value=True) as dialog, card():
        ui.label(text)
        field = (
            ui.input(say("enrol.label"), value=label)
            .props("outlined dense autofocus maxlength=200")
            .classes("w-full")
            .mark("new")
        )

        async def take() -> None:
            to = str(field.value or "").strip()
            if to and to != label:
                dialog.close()
                await use(to)

        field.on("keydown.enter", take)
        with row():
            ui.space()
            ui.button(say("cancel"), on_click=dialog.close).props("flat")
            ui.button(say("ok"), on_click=take).props("unelevated")
