from __future__ import annotations

import json
import shlex
import socket
import sys
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gemel
from gemel.cli import serving
from gemel.cli.demo import in_words, sections
from gemel.cli.main import outcome
from gemel.errors import ModelError
from gemel.pages.runs import runs_in
from gemel.recipes import Recipe, packaged_recipes
from gemel.workflows import demo as workflow
from gemel.workflows.demo import MARK, QUICK, Demonstration, claim

#: The quick demo, quicker.
TINY = (
    "data.options={alphabets: 20, characters: 20, writers: 5, size: 28}",
    "preprocessing.size=28",
    "encoder={name: residual, dimensions: 16, widths: [8, 16], stem_stride: 2}",
    "training.steps=4",
    "training.validate_every=2",
    "training.threads=1",
    "validation={episodes: 20, queries: 2}",
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """Return what a tiny demo found; its folder stays."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workflow, "QUICK", TINY)
        patch.setenv("GEMEL_CACHE", str(folder / "cache"))
        return workflow.demo(folder / "a run", quick=True, seed=3)


@pytest.fixture(scope="module")
def told(found: Demonstration) -> dict[str, Any]:
    return json.loads(json.dumps(found.to_json()))  # as a program reads it: lists, no tuples


@pytest.fixture
def ready(found: Demonstration, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Let the command find the tiny demo at once; return the list of what it asked for."""
    asked: list[tuple[Any, ...]] = []

    def demo(*arguments: Any) -> Demonstration:
        asked.append(arguments[:3])
        return found

    monkeypatch.setattr(workflow, "demo", demo)
    return asked


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Let serving be over at once, by Ctrl-C; return the list of what was served."""
    asked: list[dict[str, Any]] = []

    def serve(run: str, address: str, **options: Any) -> None:
        asked.append({"run": run, "address": address, **options})
        options["tell"]("http://127.0.0.1:1234")
        raise KeyboardInterrupt

    monkeypatch.setattr("gemel.server.serving.serve", serve)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return asked


@pytest.fixture
def taken() -> Iterator[int]:
    """Return a port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_json_is_all_that_is_printed_and_is_kept_beside_the_model(
    ready: list[tuple[Any, ...]],
    served: list[dict[str, Any]],
    told: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert outcome(["demo", "--quick", "--json", "--seed", "3", "--out", "here"]) == 0
    assert json.loads(capsys.readouterr().out) == told == json.loads((Path(told["run"]) / "demo.json").read_text())
    assert ready == [(Path("here"), True, 3)]
    assert served == []


def test_a_person_reads_every_figure_and_path(
    ready: list[tuple[Any, ...]],
    served: list[dict[str, Any]],
    told: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert outcome(["demo", "--no-serve"]) == 0
    text = capsys.readouterr().out
    assert ready == [(Path("runs/demo"), False, 0)]
    for line in ("5-way one-shot accuracy", "20-way one-shot accuracy", "10-way one-shot accuracy", "equal error rate"):
        assert line in text
    accuracies = [told["glyphs"]["20_way_1_shot"]["accuracy"], told["digits"]["10_way_1_shot"]["accuracy"]]
    assert all(in_words(rate) in text for rate in accuracies)
    assert all(path in text for path in [told["run"], *told["pictures"].values()])
    assert served == []


def test_it_ends_at_the_page_where_the_enrolled_characters_and_the_run_are_shown(
    ready: list[tuple[Any, ...]],
    served: list[dict[str, Any]],
    found: Demonstration,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert outcome(["demo", "--port", "0"]) == 0
    assert "Draw and recognise at http://127.0.0.1:1234 (Ctrl-C ends)" in capsys.readouterr().err
    (asked,) = served
    assert (asked["run"], asked["port"], asked["jobs"]) == ("characters", 0, found.run / "jobs")
    assert found.run in [run.folder for run in runs_in(asked["mount"].keywords["runs"])]
    with gemel.Gallery(asked["address"], gemel.load("characters")) as gallery:
        counts = {entry.label: entry.references for entry in gallery.classes().items}
        known = gallery.identify(found.examples.known)
    assert counts == dict.fromkeys((match.label for match in found.identifications[0].matches), workflow.SHOTS)
    assert {match.label for match in known.matches} == set(counts)


def test_a_taken_port_gives_another(
    ready: list[tuple[Any, ...]], served: list[dict[str, Any]], taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome(["demo", "--port", str(taken)]) == 0
    assert f"Port {taken} is taken; another one is chosen." in capsys.readouterr().err
    assert [asked["port"] for asked in served] == [0]


def test_what_serving_needs_is_told_in_one_line(
    ready: list[tuple[Any, ...]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "gemel.server.serving", None)
    assert outcome(["demo"]) == 0
    out, err = capsys.readouterr()
    (line,) = err.strip().splitlines()
    assert line.startswith("Serving needs more packages")
    assert "pip install 'gemel[serve]'" in line
    assert " serve characters --gallery " in out.splitlines()[-1]


@pytest.mark.parametrize(("screen", "flags", "opened"), [(":0", (), 1), (":0", ("--no-browser",), 0), ("", (), 0)])
def test_a_browser_is_opened_where_there_is_a_screen(
    screen: str,
    flags: tuple[str, ...],
    opened: int,
    ready: list[tuple[Any, ...]],
    served: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[str] = []

    class AtOnce(serving.Thread):
        def start(self) -> None:
            self.run()

    def fail(address: str) -> None:
        shown.append(address)
        raise webbrowser.Error("a browser that fails is nobody's trouble")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(serving, "Thread", AtOnce)
    monkeypatch.setattr(webbrowser, "open", fail)
    monkeypatch.setenv("DISPLAY", screen)
    assert outcome(["demo", *flags]) == 0
    assert shown == ["http://127.0.0.1:1234"] * opened


def test_what_it_says_to_type_works(found: Demonstration, capsys: pytest.CaptureFixture[str]) -> None:
    commands = [shlex.split(line)[1:] for line in sections(found)["What to type next"]]
    assert [command[0] for command in commands] == ["verify", "identify", "evaluate", "train", "serve"]
    for command, answer in zip(commands[:2], (found.verdicts[0], found.identifications[0]), strict=True):
        assert outcome(command) == 0
        assert capsys.readouterr().out.splitlines()[0] == str(answer)


def test_every_figure_has_its_interval(told: dict[str, Any]) -> None:
    glyphs, digits = told["glyphs"], told["digits"]
    rates = [one["accuracy"] for part in (glyphs, digits) for name, one in part.items() if name.endswith("1_shot")]
    rates += [glyphs["verification"]["auc"], glyphs["verification"]["eer"]]
    assert [one["ways"] for name, one in digits.items()] == [5, 10]
    assert len(rates) == 6
    for rate in rates:
        low, high = rate["ci95"]
        assert 0 <= low < rate["value"] < high <= 1


def test_answers_stand_beside_the_truth(told: dict[str, Any]) -> None:
    assert [one["truth"] for one in told["verify"]] == [True, False]
    assert all(one["same"] == (one["score"] >= one["threshold"]) for one in told["verify"])
    known, stranger = told["identify"]
    assert stranger["truth"] is None
    assert known["truth"] in {match["label"] for match in known["matches"]}
    assert len(known["matches"]) == len(stranger["matches"]) == 5


def test_every_path_exists(told: dict[str, Any]) -> None:
    paths = [one[side] for one in told["verify"] for side in "ab"] + list(told["pictures"].values())
    assert {"pairs", "curves", "roc", "map"} <= set(told["pictures"])
    assert all(Path(path).is_file() for path in [*paths, *(one["item"] for one in told["identify"])])


def test_the_enrolled_characters_are_of_an_alphabet_that_was_left_out(found: Demonstration) -> None:
    split = json.loads((found.run / "model.json").read_text())["split"]
    enrolled = {match.label for match in found.identifications[0].matches}
    assert enrolled <= set(split["test"])
    alphabets = {part: {name.split("/")[0] for name in names} for part, names in split.items()}
    assert not alphabets["test"] & (alphabets["train"] | alphabets["validation"])


def test_replaces_only_what_a_demo_made(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "demo"
    claim(run)
    (run / "old").mkdir()
    (run / "old" / "file.txt").write_text("of the last demo")
    (run / "model.json").write_text("{}")
    claim(run)
    assert [path.name for path in run.iterdir()] == [MARK]

    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "photo.png").write_bytes(b"precious")
    with pytest.raises(ModelError, match="is not empty, and not from an earlier demo; choose another --out"):
        claim(mine)
    assert (mine / "photo.png").read_bytes() == b"precious"
    with pytest.raises(ModelError, match="is a file"):
        claim(mine / "photo.png")


def test_a_link_is_removed_and_not_what_it_points_to(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "photo.png").write_bytes(b"precious")
    claim(tmp_path / "run")
    (tmp_path / "run" / "link").symlink_to(kept)
    claim(tmp_path / "run")
    assert (kept / "photo.png").read_bytes() == b"precious"


def test_the_recipe_is_a_siamese_network_with_whole_alphabets_left_out() -> None:
    recipe = Recipe.read(packaged_recipes()["demo"], QUICK)
    assert recipe.learner["name"] == "siamese"
    assert recipe.data.split_by == "group"
