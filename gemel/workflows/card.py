"""The README.md of a model folder: what the model is, how it came about, how good it is, and what it is not for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gemel.evaluation.thresholds import OperatingPoint
from gemel.model import Model
from gemel.plots.curves import duration

#: What each picture of a run shows, in the order in which they are read.
PICTURES = {
    "trial": "One trial, drawn at random: one example of each class, and a query.",
    "pairs": "The clearest and the hardest of random pairs.",
    "roc": "ROC curve, and the scores that it comes from.",
    "map": "Embeddings laid out in the plane, items of one class in one colour.",
    "curves": "How the training went.",
}

INTERVALS = (
    "Intervals are 95 %: an episode accuracy's is over its episodes, drawn from these very classes; those of "
    "verification are over resampled classes."
)


def card(model: Model, results: Mapping[str, Any]) -> str:
    """Return the card as Markdown.

    Args:
        model: whose facts and thresholds are told; pictures are those in its folder's ``pictures``.
        results: name -> what an evaluation's ``to_json`` gave, and under "classes" which they were: "test", or
            "validation" where there are none of these.
    """
    parts = [
        opening(model),
        trained_on(model),
        trained_how(model),
        thresholds(model),
        measured(results),
        pictures(model.folder),
        use(model.folder),
        limits(model, results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def data_name(model: Model) -> str:
    """Return the name of the data that the model was trained on, without the folders that tell of a machine."""
    source = str(model.facts.get("data", {}).get("source", "") or model.recipe.data.source)
    return Path(source).name.removesuffix(".zip") or "unnamed data"


def opening(model: Model) -> str:
    """Return the title, and what the model is."""
    height, width = model.preprocessing.size
    colour = "grey" if model.preprocessing.channels == 1 else "colour"
    parts = f"encoder `{model.recipe.encoder['name']}`, similarity `{model.recipe.similarity['name']}`"
    return (
        f"# {model.recipe.name}\n\n{model.recipe.description or 'A likeness model.'}\n\n"
        "It tells whether two pictures show the same thing, and recognises classes that it never saw from one or a few "
        f"labelled examples of each. A picture ({colour}, {height} x {width} pixels, however large it comes) becomes "
        f"{model.dimensions} numbers, which are compared ({parts})."
    )


def trained_on(model: Model) -> str:
    """Return what it was trained on."""
    what = "items" if "items" in model.facts else "split"
    split = model.facts.get(what, {})
    sizes = {part: len(split.get(part, ())) for part in ("train", "validation", "test")}
    unit = {
        "class": "by class",
        "group": "by group, so that no group's classes are in two parts",
        "item_group": "by what the items show (`data.item_groups`), so that every class is in all parts and nothing "
        "shown is in two",
    }
    lists = model.recipe.data.split_file
    division = f"by the lists in `{Path(lists).name}`" if lists else unit[model.recipe.data.split_by]
    copies = {"quarter turns": model.recipe.data.rotations, "mirror images": model.recipe.data.flips}
    more = " and ".join(name for name, made in copies.items() if made)
    turns = f", with {more} as classes of their own" if more else ""
    fingerprint = model.facts.get("data", {}).get("fingerprint", "unknown")
    return (
        f"## Trained on\n\n`{data_name(model)}` (fingerprint `{fingerprint}`), split {division}:\n\n"
        f"| {'items' if what == 'items' else 'classes'} | number | what they decided |\n|---|---:|---|\n"
        f"| training | {sizes['train']:,} | the weights{turns} |\n"
        f"| validation | {sizes['validation']:,} | when to stop, the thresholds and the probabilities |\n"
        f"| test | {sizes['test']:,} | nothing |"
    )


def trained_how(model: Model) -> str:
    """Return how long it was trained, and by which recipe."""
    told = model.facts.get("training", {})
    lines = [
        f"Recipe `{model.recipe.name}` ([recipe.yaml](recipe.yaml), complete), learner "
        f"`{model.recipe.learner['name']}`, seed {model.recipe.training.seed}."
    ]
    if told:
        ways = min(model.recipe.validation.ways, len(model.facts["split"]["validation"]))
        accuracy = f"{100 * told['validation_accuracy']:.1f} % in {ways}-way one-shot episodes"
        lines.append(
            f"{told['steps']:,} steps in {duration(told['seconds'])}; the weights are those of step "
            f"{told['best_step']:,}, the best on the validation classes ({accuracy}; they were chosen by this figure, "
            "which therefore flatters)."
        )
    return "## How\n\n" + " ".join(lines)


def thresholds(model: Model) -> str:
    """Return the table of thresholds, which the validation classes froze."""
    rows = [threshold_row(name, point) for name, point in model.thresholds.items()]
    genuine, impostor = model.calibration.genuine.pairs, model.calibration.impostor.pairs
    flagged = any(point.too_few_pairs for point in model.thresholds.values())
    note = "\n\n(!) Too few validation pairs to tell this rate: take it as a hint." if flagged else ""
    return (
        "## Thresholds\n\nTwo pictures count as the same where their score is at least the threshold; `verify` takes "
        f"the first. Chosen on {genuine:,} pairs of one validation class and {impostor:,} pairs of two.\n\n"
        "| chosen for | threshold | false accepts (FAR) | false rejects (FRR) |\n|---|---:|---:|---:|\n"
        + "\n".join(rows) + note
    )  # fmt: skip


def threshold_row(name: str, point: OperatingPoint) -> str:
    """Return one threshold's line."""
    wanted = "equal error rate" if name == "eer" else f"FAR {100 * float(name.removeprefix('far_')):g} %"
    flag = " (!)" if point.too_few_pairs else ""
    return f"| {wanted}{flag} | {point.threshold:.4f} | {100 * point.far:.2f} % | {100 * point.frr:.2f} % |"


def measured(results: Mapping[str, Any]) -> str:
    """Return the table of evaluation results; "" where none are given."""
    given = {name: result for name, result in results.items() if isinstance(result, Mapping)}
    if not given:
        return "## How good\n\nNot measured."
    rows = [row for name, result in given.items() for row in result_rows(name, result)]
    where = {
        "test": "Measured on the test classes, of which nothing was fitted. ",
        "validation": "Measured on the validation classes, as no test classes were kept: training stopped at its best "
        "on them and the thresholds were chosen on them, **so these figures flatter**. ",
    }.get(str(results.get("classes")), "")
    return f"## How good\n\n{where}{INTERVALS}\n\n| figure | value | from |\n|---|---|---|\n" + "\n".join(rows)


def result_rows(name: str, result: Mapping[str, Any]) -> list[str]:
    """Return a result's lines; a protocol that is not known here has its rates listed by their names."""
    match result.get("protocol"):
        case "episodes":
            task = f"{result['ways']}-way {result['shots']}-shot accuracy"
            return [row(task, result["accuracy"], f"{result['episodes']:,} episodes, seed {result['seed']}")]
        case "verification":
            return verification_rows(result)
        case "one-shot-runs":
            estimate = {"value": result["error"], "ci95": result["ci95"]}
            return [row("official one-shot runs, error", estimate, f"{result['errors']} of {result['trials']} trials")]
    return [row(f"{name}: {key}".replace("_", " "), value, "") for key, value in estimates(result).items()]


def verification_rows(result: Mapping[str, Any]) -> list[str]:
    """Return AUC, EER, accuracy, and the true accept rates; those that too few pairs tell are flagged."""
    pairs = f"{result['pairs']:,} random pairs"
    rows = [row("verification AUC", result["auc"], pairs), row("verification EER", result["eer"], "the same pairs")]
    rows.append(row("verification accuracy", result["accuracy"], "the same pairs, threshold as above"))
    for far, tar in result["tar_at_far"].items():
        flag = ", too few impostor pairs to tell" if tar["too_few_pairs"] else ""
        rows.append(row(f"true accepts at FAR {100 * float(far):g} %", tar, f"the same pairs{flag}"))
    return rows


def estimates(result: Mapping[str, Any], prefix: str = "") -> dict[str, Mapping[str, Any]]:
    """Return every figure with an interval in a result, however deep, by its name: ``{"recall at 5": {...}}``."""
    found: dict[str, Mapping[str, Any]] = {}
    for key, value in result.items():
        if isinstance(value, Mapping):
            path = f"{prefix} {key}".strip()
            found |= {path: value} if value.keys() >= {"value", "ci95"} else estimates(value, path)
    return found


def row(figure: str, estimate: Mapping[str, Any], source: str) -> str:
    """Return ``| figure | 97.2 % (96.9 to 97.5) | source |``."""
    value, (low, high) = estimate["value"], estimate["ci95"]
    return f"| {figure} | {100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f}) | {source} |"


def pictures(folder: Path | None) -> str:
    """Return the pictures that stand in the folder, each with a line of explanation; "" where there are none."""
    there = {
        name: text for name, text in PICTURES.items() if folder and (folder / "pictures" / f"{name}.png").is_file()
    }
    shown = [f"{text}\n\n![{text}](pictures/{name}.png)" for name, text in there.items()]
    return "\n\n".join(["## Pictures", *shown]) if shown else ""


def use(folder: Path | None) -> str:
    """Return how to use it, from the folder above."""
    run = folder.name if folder else "RUN"
    return f"""## Use

```
gemel verify {run} a.png b.png
gemel identify {run} --support examples/ x.png
gemel evaluate {run} --protocol verification --data other_pictures/
```

```python
import gemel

model = gemel.load("{run}")
print(model.verify("a.png", "b.png"))
print(model.identify(["x.png"], {{"M6 bolt": ["b1.png", "b2.png"], "M8 bolt": ["c1.png"]}})[0])
```"""


def limits(model: Model, results: Mapping[str, Any]) -> str:
    """Return what the figures do not say."""
    lines = [
        f"It learnt likeness as `{data_name(model)}` shows it. On pictures of another kind the figures above do not "
        "hold: measure on some of your own before relying on it.",
        "The thresholds and probabilities are those of the validation classes. A probability assumes that half of all "
        "pairs are of one class; where matches are rarer, so are right accepts among all accepts.",
        "A wrong verdict costs more in some uses than in others: choose the threshold by the rate that you can bear. "
        "Where a verdict bears on people, it is no proof.",
    ]
    few = len(model.facts.get("split", {}).get("validation", ()))
    if few < 20:
        lines.insert(
            1, f"Only {few} validation classes set the thresholds; on other classes the rates may be quite different."
        )
    if results.get("classes") == "validation":
        lines.insert(0, "No test classes were kept, so how it does on classes that decided nothing is not known.")
    return "## Limits\n\n" + "\n".join(f"- {line}" for line in lines)
