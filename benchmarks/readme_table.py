"""Writes the results into README.md, between its markers, from the files in benchmarks/results.

    python benchmarks/readme_table.py

Every cell is read from a result; one that was not measured is left as a dash. Goals and other people's figures stand
here, with their source.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"

#: What, our figure, the goal, whether it is met, and whose the others are.
Line = tuple[str, str, str, str, str]

#: Under Vinyals' split with Conv-4, by method, its name and ways: the accuracy to reach in 40 minutes of two cores, or
#: in an hour for 20 ways.
FLOORS = {
    ("maml", "MAML", 5): 0.965,
    ("fomaml", "FOMAML", 5): 0.96,
    ("anil", "ANIL", 5): 0.96,
    ("meta_sgd", "Meta-SGD", 5): 0.965,
    ("reptile", "Reptile", 5): 0.92,
    ("snail", "SNAIL", 5): 0.96,
    ("maml", "MAML", 20): 0.85,
    ("fomaml", "FOMAML", 20): 0.80,
}

#: The models that were served, as people know them.
SERVED = {"runs/pretrained": "EfficientNet-Lite0", "characters": "the packaged character model"}


def read(name: str) -> Any:
    """Return a result file's content, or nothing where it was not measured."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def model(run: str) -> dict[str, Any]:
    """Return the figures of one run on Omniglot, or nothing."""
    found = read("alphabets") or {"models": []}
    return next((one for one in found["models"] if one["run"] == run), {})


def error(figures: dict[str, Any]) -> tuple[str, float | None]:
    """Return the error on the official runs, in words, and as a fraction."""
    if not figures:
        return "–", None
    runs = figures["one_shot_runs"]
    low, high = runs["ci95"]
    return f"{runs['error']:.2%} ({runs['errors']} of {runs['trials']}; {low:.1%} to {high:.1%})", runs["error"]


def within(figures: dict[str, Any], drawers: str = "within_alphabet_20_way") -> tuple[str, float | None]:
    """Return the error of 20-way one-shot within an alphabet."""
    if drawers not in figures:
        return "–", None
    rate = figures[drawers]["accuracy"]
    low, high = (1 - end for end in reversed(rate["ci95"]))
    return f"{1 - rate['value']:.2%} ({low:.1%} to {high:.1%})", 1 - rate["value"]


def pair_rate(figures: dict[str, Any], key: str, protocol: str = "verification") -> tuple[str, float | None]:
    """Return a verification rate with its interval."""
    if not figures:
        return "–", None
    rate = figures[protocol][key]
    return rate_in_words(rate["value"], rate["ci95"]), rate["value"]


def met(value: float | None, goal: float, at_most: bool) -> str:
    """Return whether a figure meets its goal, in a word."""
    if value is None:
        return "not measured"
    return "yes" if (value <= goal if at_most else value >= goal) else "**no**"


def rate_in_words(value: float, ci95: list[float]) -> str:
    """Return a rate with its interval."""
    return f"{value:.2%} ({ci95[0]:.1%} to {ci95[1]:.1%})"


def likeness_rows() -> list[Line]:
    """Return the rows on models that compare."""
    best, glyphs = model("characters"), model("glyphs")
    table = []

    def add(what: str, found: tuple[str, float | None], goal: float, at_most: bool, others: str) -> None:
        sign = "≤" if at_most else "≥"
        table.append((what, found[0], f"{sign} {goal:.1%}", met(found[1], goal, at_most), others))

    add("official one-shot runs, error: best recipe", error(best), 0.015, True, "ARC 1.5 %, BPL 3.3 %, human 4.5 %")
    names = {
        "contrastive": "contrastive",
        "similarity": "Koch-style similarity",
        "triplet": "triplet",
        "margin_softmax": "margin softmax",
    }
    for run, name in names.items():
        add(f"official runs, error: {name}", error(model(run)), 0.08, True, "Koch 8.0 %")
    add("official runs, error: trained on glyphs only", error(glyphs), 0.10, True, "nobody's")
    add("20-way one-shot within an alphabet, error: best recipe", within(best), 0.08, True, "")
    one_drawer = within(best, "within_alphabet_20_way_one_drawer")
    table.append(("the same, all examples by one drawer and all queries by another", one_drawer[0], "told", "", ""))
    for run in ("contrastive", "similarity"):
        found = pair_rate(model(run), "accuracy")
        add(f"verification accuracy: {names[run]}", found, 0.934, False, "Koch 93.42 %")
    add("verification accuracy: best recipe", pair_rate(best, "accuracy"), 0.97, False, "")
    add("verification EER: best recipe", pair_rate(best, "eer"), 0.025, True, "")
    hard = pair_rate(best, "eer", "verification_within_alphabet")
    table.append(("verification EER within an alphabet: best recipe", hard[0], "told", "", ""))
    faces = read("faces") or {"seeds": [], "figures": []}
    for seed, figures in zip(faces["seeds"], faces["figures"], strict=True):
        found = pair_rate({"verification": figures}, "eer")
        add(f"AT&T faces, people disjoint, EER: split by seed {seed}", found, 0.08, True, "")
    return table


def bounded(what: str, value: float, told: str, goal: float, at_most: bool, others: str = "", form: str = "") -> Line:
    """Return the row of a figure that has a goal, which is written in a form: ``.1%``, say."""
    return what, told, f"{'≤' if at_most else '≥'} {goal:{form}}", met(value, goal, at_most), others


def adaptation_rows() -> list[Line]:
    """Return the rows on methods that adapt and that remember."""
    return [*vinyals_rows(), *memory_rows(), *other_task_rows()]


def vinyals_rows() -> Iterator[Line]:
    """Give the one-shot accuracies of the methods that have a floor."""
    found = {(row["method"], row["ways"]): row for row in (read("omniglot") or {"rows": []})["rows"]
             if row["protocol"] == "vinyals" and row["shots"] == 1}  # fmt: skip
    for (method, name, ways), floor in FLOORS.items():
        if row := found.get((method, ways)):
            paper = f"the paper {row['paper']:.1%}" if row["paper"] else ""
            told = rate_in_words(row["accuracy"], row["ci95"])
            what = f"Omniglot, Vinyals' split, Conv-4, {ways}-way 1-shot: {name}"
            yield bounded(what, row["accuracy"], told, floor, False, paper, ".1%")


def memory_rows() -> Iterator[Line]:
    """Give MANN's accuracy on the second and the fifth item of a class."""
    if found := read("mann_instances"):
        for what, number, floor, paper in (("second", 2, 0.80, 0.828), ("fifth", 5, 0.93, 0.949)):
            rate = found["accuracies"][number - 1]
            told = rate_in_words(rate["value"], rate["ci95"])
            what = f"the same, 5 classes in a sequence, a class's {what} drawing: MANN"
            yield bounded(what, rate["value"], told, floor, False, f"the paper {paper:.1%}", ".1%")


def other_task_rows() -> Iterator[Line]:
    """Give the error on sinusoids, and the learned optimiser's loss."""
    if found := read("sinusoids"):
        one, before = (found["errors"]["10"][name][1] for name in ("maml", "pretrained"))
        told = f"{one['value']:.2f} ({one['ci95'][0]:.2f} to {one['ci95'][1]:.2f})"
        what = "sinusoids from 10 points, squared error after one step: MAML"
        yield bounded(what, one["value"], told, 0.5, True, f"pretrained {before['value']:.2f}")
    if found := read("learned_optimiser"):
        mine, adam = (found["quadratic"]["optimisers"][name]["final"]["value"] for name in ("learned", "adam"))
        what = "quadratics, loss after 100 steps: learned optimiser"
        yield bounded(what, mine, f"{mine:.3f}", adam, True, "tuned Adam", ".3f")


def every_day_rows() -> list[Line]:
    """Return the rows on the gallery and the server."""
    table = []
    if found := read("gallery_search"):
        for name in ("float32", "bfloat16"):
            ratio = found[name]["ratio"]
            what = f"exact top-5 of 1,000,000 x 256 in {name}, 64 queries: times as long as the product"
            table.append(bounded(what, ratio, f"{ratio:.2f}", found["goals"]["exact_over_plain"], True))
        for name, what in (("graph", "HNSW in the process"), ("server", "HNSW in PostgreSQL")):
            rate = found[name]["recall"]
            told = f"{rate_in_words(rate['value'], rate['ci95'])}, {found[name]['median_ms']:.1f} ms"
            goal = found["goals"]["graph_recall"]
            table.append(bounded(f"{what}, recall@5 of the same", rate["value"], told, goal, False, form=".1%"))
    for row in read("serve_load") or []:
        share, p99 = row["share of the bare encoder"], row["milliseconds"]["p99"] / 1000
        what = f"served to 16 clients, against the bare encoder's batches: {SERVED.get(row['model'], row['model'])}"
        told = f"{share:.0%} ({row['a second']:.0f} a second, p99 {p99:.2f} s)"
        table.append(bounded(what, share, told, row["goal"], False, form=".0%"))
    return table


def speed_rows() -> list[Line]:
    """Return the rows on speed."""
    rows, easy, speed = list[Line](), read("easyfsl_speed"), (read("speed") or {}).get("figures", {})
    step = read("training_step")
    if step:
        for name, figures in (
            ("two threads", step),
            ("one thread, batches made on the other core", step["one_thread"]),
        ):
            ratio = figures["ratio"]
            what = f"training step against the bare encoder, {name}"
            rows.append(bounded(what, ratio, f"{ratio:.1%}", 0.9, False, "the limit", ".0%"))
    if easy:
        evaluation, training = easy["evaluation"], easy["training"][0]
        for what, value, goal in (
            (
                "10,000 episodes, everything embedded once: times as fast as easyfsl's `evaluate`",
                evaluation["ratio"],
                40,
            ),
            ("prototypical training, 5-way: times as many episodes a second as easyfsl", training["ratio"], 1.5),
        ):
            rows.append((what, f"{value:.1f}", f"≥ {goal}", met(value, goal, False), "easyfsl 1.5.0"))
        seconds = evaluation["from_embeddings_seconds"]
        rows.append(("10,000 episodes from embeddings", f"{seconds:.2f} s", "≤ 1 s", met(seconds, 1, True), ""))
    for key, what, goal, unit, at_most in (
        ("omniglot_zip_to_store_105px_seconds", "Omniglot's zip to the store, as it is (105 px)", 10, "s", True),
        ("omniglot_zip_to_store_64px_seconds", "the same, made smaller (64 px)", 10, "s", True),
        ("omniglot_from_store_105px_seconds", "Omniglot from the store", 0.5, "s", True),
        ("glyphs_per_second_one_core", "made-up characters a second, one core", 2000, "", False),
    ):
        if key in speed:
            sign, told = "≤" if at_most else "≥", f"{speed[key]:,.2f} s" if unit else f"{speed[key]:,.0f}"
            rows.append((what, told, f"{sign} {goal:,} {unit}".strip(), met(speed[key], goal, at_most), ""))
    maml = read("maml_speed") or {"rows": []}
    for row in maml["rows"]:
        steps = "one inner step" if row["inner_steps"] == 1 else f"{row['inner_steps']} inner steps"
        what = f"MAML, {steps}: times as fast as the best of higher, TorchOpt and a plain loop"
        rows.append(bounded(what, row["ratio_to_the_best"], f"{row['ratio_to_the_best']:.2f}", maml["goal"], False))
    return rows


#: Each part of the table, by its heading.
SECTIONS: dict[str, Callable[[], list[Line]]] = {
    "Telling what is alike": likeness_rows,
    "Learning to adapt and to remember, in minutes on two cores": adaptation_rows,
    "Speed": speed_rows,
    "Every day": every_day_rows,
}


def main() -> None:
    lines = []
    for title, rows in SECTIONS.items():
        lines += [
            "",
            f"**{title}**",
            "",
            "| what | ours (95 % interval) | goal | met | others |",
            "|---|---|---|---|---|",
        ]
        lines += [f"| {' | '.join(cells)} |" for cells in rows()]
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    path.write_text(f"{head}{BEGIN}\n{chr(10).join(lines)}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
