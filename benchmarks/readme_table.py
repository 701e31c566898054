"""Writes the results into README.md, between its markers, from the files in benchmarks/results.

    python benchmarks/readme_table.py

Every cell is read from a result; one that was not measured is left as a dash. Goals and other people's figures stand
here, with their source.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"


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
    low, high = rate["ci95"]
    return f"{rate['value']:.2%} ({low:.1%} to {high:.1%})", rate["value"]


def met(value: float | None, goal: float, at_most: bool) -> str:
    """Return whether a figure meets its goal, in a word."""
    if value is None:
        return "not measured"
    return "yes" if (value <= goal if at_most else value >= goal) else "**no**"


def rows() -> list[tuple[str, str, str, str, str]]:
    """Return what, our figure, the goal, whether it is met, and whose the others are."""
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
    step = read("training_step")
    if step:
        for name, figures in (
            ("two threads", step),
            ("one thread, batches made on the other core", step["one_thread"]),
        ):
            ratio = figures["ratio"]
            add(f"training step against the bare encoder, {name}", (f"{ratio:.1%}", ratio), 0.9, False, "the limit")
    return table + speed_rows()


def speed_rows() -> list[tuple[str, str, str, str, str]]:
    """Return the rows on speed."""
    rows, easy, speed = [], read("easyfsl_speed"), (read("speed") or {}).get("figures", {})
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
    return rows


def main() -> None:
    lines = ["| what | ours (95 % interval) | goal | met | others |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(cells)} |" for cells in rows()]
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    path.write_text(f"{head}{BEGIN}\n{chr(10).join(lines)}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
