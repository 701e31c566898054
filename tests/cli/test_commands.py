from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet

from gemel.cli.main import outcome
from gemel.loading import load
from tests.cli.asking import RunCommand

#: A training of some seconds, on the folder of made-up characters.
TINY = (
    "preprocessing={size: 28, channels: 1, background: dark}",
    "encoder={name: residual, dimensions: 16, widths: [8, 16], stem_stride: 2}",
    "sampler={name: items, batch_size: 16}",
    "training={steps: 12, validate_every: 6, precision: float32, device: cpu, threads: 1}",
    "validation={ways: 2, queries: 2, episodes: 20}",
    "data.validation=0.25",
    "data.test=0.5",
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a run folder and the data that it was trained on."""
    from gemel.data.sources.glyphs import Glyphs

    folder = tmp_path_factory.mktemp("commands")
    source = Glyphs(alphabets=2, characters=6, writers=6, size=32)
    for index, name in enumerate(source.listing.names):
        path = folder / "data" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        source.image(index).save(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEMEL_CACHE", str(folder / "cache"))
        assert outcome(["train", str(folder / "data"), *TINY, "--out", str(folder / "run")]) == 0
    return folder / "run", folder / "data"


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))


def told(command: tuple[int, str, str]) -> Any:
    """Return the JSON on standard output, which is all that there is."""
    status, out, err = command
    assert status == 0, err
    return json.loads(out)


def refused(command: tuple[int, str, str]) -> str:
    """Return the one error line of a command that was refused."""
    status, out, err = command
    lines = err.strip().splitlines()
    assert (status, out, len(lines)) == (2, "", 1), (status, out, err)
    assert lines[0].startswith("error: ")
    return lines[0]


def test_a_run_folder_holds_the_model_its_figures_and_its_pictures(trained: tuple[Path, Path]) -> None:
    run, _ = trained
    names = {path.name for path in run.iterdir()}
    assert {"model.safetensors", "model.json", "recipe.yaml", "README.md", "results.json", "pictures"} <= names
    assert {"pairs.png", "roc.png", "map.png", "curves.png"} <= {path.name for path in (run / "pictures").iterdir()}


def test_evaluate_prints_the_figures_of_each_protocol(trained: tuple[Path, Path], run_command: RunCommand) -> None:
    run, _ = trained
    episodes = told(run_command("evaluate", run, "--ways", 3, "--queries", 2, "--episodes", 50, "--json"))
    assert {"protocol", "ways", "shots", "episodes", "accuracy"} <= episodes.keys()
    assert (episodes["protocol"], episodes["ways"], episodes["shots"], episodes["episodes"]) == ("episodes", 3, 1, 50)
    low, high = episodes["accuracy"]["ci95"]
    assert 0 <= low <= episodes["accuracy"]["value"] <= high <= 1
    pairs = told(run_command("evaluate", run, "--protocol", "verification", "--pairs", 200, "--json"))
    assert {"auc", "eer", "accuracy", "tar_at_far", "threshold", "pairs"} <= pairs.keys()
    assert list(pairs["tar_at_far"]) == ["0.1", "0.01", "0.001"]
    assert pairs["threshold"] == load(run).threshold
    assert 0 <= told(run_command("evaluate", run, "--protocol", "retrieval", "--json"))["map_at_r"]["value"] <= 1
    shown = run_command("evaluate", run, "--protocol", "open-set", "--ways", 2, "--queries", 1, "--episodes", 20)
    assert shown[0] == 0
    assert "identification" in shown[1]


def test_evaluation_uses_the_test_classes_alone(trained: tuple[Path, Path], run_command: RunCommand) -> None:
    run, data = trained
    test_classes = len(load(run).facts["split"]["test"])
    error = refused(run_command("evaluate", run, "--ways", test_classes + 1, "--queries", 1, "--data", data))
    assert str(test_classes) in error


def test_verify_is_the_same_either_way_round(trained: tuple[Path, Path], run_command: RunCommand) -> None:
    run, data = trained
    a, b = sorted(data.rglob("*.png"))[::7][:2]
    there, back = (told(run_command("verify", run, *pair, "--json")) for pair in ((a, b), (b, a)))
    assert there == back
    assert list(there) == ["score", "probability", "same", "threshold", "far", "frr"]
    itself = told(run_command("verify", run, a, a, "--json"))
    assert itself["same"] is True
    assert itself["score"] == 1.0 >= there["score"]


def test_verify_at_a_false_accept_rate(trained: tuple[Path, Path], run_command: RunCommand) -> None:
    run, data = trained
    a, b = sorted(data.rglob("*.png"))[:2]
    strict = told(run_command("verify", run, a, b, "--far", 0.01, "--json"))
    assert strict["far"] <= 0.01
    assert strict["threshold"] >= told(run_command("verify", run, a, b, "--far", 0.5, "--json"))["threshold"]


def test_identify_names_a_class_and_a_class_is_added_by_a_folder(
    trained: tuple[Path, Path], run_command: RunCommand, tmp_path: Path
) -> None:
    run, data = trained
    support = tmp_path / "support"
    first, second = sorted(folder for folder in data.glob("*/*"))[:2]
    shutil.copytree(first, support / "one ø")
    query = sorted(second.iterdir())[0]
    [alone] = told(run_command("identify", run, "--support", support, query, "--json"))
    assert [match["label"] for match in alone["matches"]] == ["one ø"]
    shutil.copytree(second, support / "two")
    [answer] = told(run_command("identify", run, "--support", support, query, "--json"))
    assert list(answer) == ["item", "label", "probability", "matches", "score", "threshold", "decision"]
    assert answer["item"] == str(query)
    assert answer["label"] in (None, "one ø", "two")
    best = answer["matches"][0]
    assert list(best) == ["label", "score", "probability", "reference", "reference_id"]
    assert (best["label"], best["reference"]) == ("two", f"two/{query.name}")


@pytest.mark.parametrize("ending", ["npz", "csv", "parquet"])
def test_embed_writes_the_same_numbers_in_every_form(
    trained: tuple[Path, Path], run_command: RunCommand, tmp_path: Path, ending: str
) -> None:
    run, data = trained
    out = tmp_path / f"e.{ending}"
    assert told(run_command("embed", run, data, "--out", out, "--json"))["items"] == 72
    if ending == "npz":
        with np.load(out) as arrays:
            names, found = list(arrays["names"]), arrays["embeddings"]
    elif ending == "csv":
        with out.open(newline="") as file:
            rows = list(csv.reader(file))[1:]
        names, found = [row[0] for row in rows], np.array([row[2:] for row in rows], dtype=np.float32)
    else:
        table = parquet.read_table(out)
        names, found = table["name"].to_pylist(), np.array(table["embedding"].to_pylist(), dtype=np.float32)
    expected = load(run).embed([data / name for name in names])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_plot_draws_the_pictures_again(trained: tuple[Path, Path], run_command: RunCommand) -> None:
    run, _ = trained
    (run / "pictures" / "pairs.png").unlink()
    pictures = told(run_command("plot", run, "--json"))
    assert Path(pictures["pairs"]).is_file()


def test_inspect_tells_of_a_broken_file(glyph_folder: Path, run_command: RunCommand) -> None:
    (glyph_folder / "alphabet00" / "character00" / "broken.png").write_bytes(b"no picture")
    report = run_command("data", "inspect", glyph_folder)
    assert report[0] == 0
    assert "broken.png" in report[1]
    assert isinstance(told(run_command("data", "inspect", glyph_folder, "--json")), dict)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("trian",), "Did you mean 'train'?"),
        (("train",), "name a folder, zip or CSV"),
        (("train", "nowhere"), "neither a path nor a packaged recipe"),
        (("train", "demo", "trainin.steps=3"), "Did you mean 'training'?"),
        (("train", "demo", "training.stps=3"), "Did you mean 'steps'?"),
        (("train", "demo", "encoder=conv5"), "Did you mean 'conv4'?"),
        (("train", "demo", "training.steps=many"), "training.steps"),
        (("train", "demo", "steps"), "key=value"),
        (("train", "--resume", "--out", "nowhere"), "no run to resume"),
        (("evaluate", "nowhere"), "no model 'nowhere'"),
        (("verify", "nowhere", "a.png"), "Missing argument"),
        (("identify", "nowhere", "a.png"), "--support"),
        (("data", "inspect", "nowhere"), "nowhere"),
        (("data", "get", "omniglott"), "Did you mean 'omniglot'?"),
    ],
)
def test_a_mistake_gets_one_line(arguments: tuple[str, ...], words: str, run_command: RunCommand) -> None:
    assert words in refused(run_command(*arguments))


def test_mistakes_with_a_model_get_one_line(
    trained: tuple[Path, Path], run_command: RunCommand, tmp_path: Path
) -> None:
    run, data = trained
    picture = sorted(data.rglob("*.png"))[0]
    assert "absent.png" in refused(run_command("verify", run, picture, tmp_path / "absent.png"))
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(run_command("identify", run, "--support", empty, picture))
    assert "Did you mean 'retrieval'?" in refused(run_command("evaluate", run, "--protocol", "retrival"))
    assert ".npz" in refused(run_command("embed", run, data, "--out", tmp_path / "e.txt"))
    assert "not empty" in refused(run_command("train", data, *TINY, "--out", run))
    assert not (tmp_path / "e.txt").exists()


def test_help_shows_an_example_for_every_command(run_command: RunCommand) -> None:
    for command in ("demo", "train", "evaluate", "verify", "identify", "embed", "plot", "data inspect", "data get"):
        status, out, _ = run_command(*command.split(), "--help")
        assert status == 0
        assert f"gemel {command}" in out
        assert "Example" in out


def test_bench_asks_the_models_that_are_there(
    trained: tuple[Path, Path], run_command: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _, data = trained
    quick = ("--data", data, "--methods", "pixels", "--settings", "2w1s", "--queries", 2, "--episodes", 20)
    results = told(run_command("bench", "images", *quick, "--json"))
    assert [(row["method"], row["ways"], row["shots"]) for row in results["rows"]] == [("pixels", 2, 1)]
    written = json.loads((tmp_path / "benchmarks" / "results" / "images.json").read_text())
    assert written["rows"] == results["rows"]
    run = tmp_path / "runs" / "bench" / "pixels-data"
    again = told(run_command("bench", "images", *quick, "--recheck", run, "--json"))
    assert again["rows"] == results["rows"]
    assert "no setting" in refused(run_command("bench", "images", "--settings", "5-1"))
    assert "Unknown benchmark 'omniglod'" in refused(run_command("bench", "omniglod"))
