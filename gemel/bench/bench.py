"""Asks every method the same, and sets its answers beside the papers' and each other's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gemel.bench.answer import Answer
from gemel.bench.asking import embedded_for, on_episodes, on_official_runs, unseen_classes
from gemel.bench.definition import Definition, Setting, chosen
from gemel.bench.models import Models
from gemel.bench.row import Difference, Results, Row
from gemel.circumstances import hardware, today, versions
from gemel.data import Dataset
from gemel.errors import RecipeError
from gemel.evaluation.intervals import mean_difference
from gemel.loading import load
from gemel.model import Model
from gemel.workflows.evaluating import Embedded


class Question(NamedTuple):
    """A method under a protocol, in one setting."""

    method: str
    protocol: str
    setting: Setting


@dataclass(frozen=True)
class Bench:
    """A benchmark's definition, its models, and how many episodes are drawn by which seed."""

    definition: Definition
    models: Models
    episodes: int = 1000
    seed: int = 0

    def questions(
        self, methods: Sequence[str] = (), protocols: Sequence[str] = (), settings: Sequence[Setting] = ()
    ) -> list[Question]:
        """Return what there is to ask, of all methods, protocols and settings or of those named.

        Raises:
            RecipeError: a name is unknown, or nothing is left.
        """
        known = self.definition
        found = [
            Question(method, protocol, setting)
            for method in [chosen(name, known.methods, "method") for name in methods] or known.methods
            for protocol in [chosen(name, known.protocols, "protocol") for name in protocols] or known.protocols
            for setting in known.settings(protocol, method)
            if not settings or setting in settings
        ]
        if not found:
            asked = ", ".join(map(str, (*methods, *protocols, *settings)))
            raise RecipeError(f"The benchmark {known.name} has no row of {asked}; choose others, or leave them out.")
        return found

    def rows(self, questions: Sequence[Question]) -> Iterator[Row]:
        """Give each question's row, model by model; what is missing is trained, and what is known not asked again.

        The answers are kept in the models' folders, to be compared with each other's.
        """
        of = {question: self.definition.trained(*question) for question in questions}
        for trained in dict.fromkeys(of.values()):
            model, run = self.models.get(trained), self.models.run(trained)
            asked = [question for question in questions if of[question] == trained]
            known = {question: self.kept(run, model.fingerprint, question) for question in asked}
            for question, answer in self.answers(model, [q for q in asked if known[q] is None]):
                answer.keep(self.file(run, question), self.stamp(model.fingerprint, question))
                known[question] = answer
            yield from (self.row(model, question, answer) for question, answer in known.items() if answer is not None)

    def rechecked(self, run: Path, questions: Sequence[Question]) -> Iterator[Row]:
        """Give the rows of the model in a folder, all asked anew, whoever trained it.

        Raises:
            DataError: it has learnt from classes that it is asked about.
        """
        model = load(run)
        yield from (self.row(model, question, answer) for question, answer in self.answers(model, questions))

    def answers(self, model: Model, questions: Iterable[Question]) -> Iterator[tuple[Question, Answer]]:
        """Give each question with the model's answer; classes are embedded once."""
        tests: dict[str, Dataset] = {}
        items: dict[tuple[str, bool], Embedded] = {}
        for question in questions:
            protocol, progress = self.definition.protocols[question.protocol], self.models.progress
            if protocol.training not in tests:
                recipe = self.models.recipe(self.definition.trained(*question))
                tests[protocol.training] = unseen_classes(model, recipe, progress)
            if protocol.official_runs:
                yield question, on_official_runs(model)
                continue
            key = (protocol.training, protocol.rotations)
            if key not in items:
                items[key] = embedded_for(protocol, model, tests[protocol.training], progress)
            yield question, on_episodes(model, items[key], protocol, question.setting, self.episodes, self.seed)

    def file(self, run: Path, question: Question) -> Path:
        """Return where a run keeps its answer."""
        return run / "bench" / f"{question.protocol}-{question.setting}.npz"

    def stamp(self, fingerprint: str, question: Question) -> str:
        """Return what decides an answer, as text."""
        protocol = self.definition.protocols[question.protocol]
        return f"{fingerprint} {protocol.model_dump_json()} {question.setting} {self.episodes} {self.seed}"

    def kept(self, run: Path, fingerprint: str, question: Question) -> Answer | None:
        """Return what a run's weights answered to this very question, or None."""
        return Answer.kept(self.file(run, question), self.stamp(fingerprint, question))

    def row(self, model: Model, question: Question, answer: Answer) -> Row:
        """Return the table's line."""
        return Row(
            method=question.method,
            protocol=question.protocol,
            ways=question.setting.ways,
            shots=question.setting.shots,
            accuracy=answer.accuracy.value,
            ci95=answer.accuracy.ci95,
            episodes=answer.episodes,
            paper=self.definition.paper(question.method, question.protocol, question.setting),
            recipe=model.recipe.name,
            seed=model.recipe.training.seed,
            weights_sha256=model.fingerprint,
            parameters=sum(value.numel() for value in model.learner.parameters()),
            train_seconds=in_all(model, "seconds"),
            steps=int(in_all(model, "steps")),
            device=str(model.learner.device),
            hardware=hardware(),
            versions=versions(),
            date=today(),
        )

    def differences(self, results: Results) -> list[Difference]:
        """Return how far each method is from the best of its protocol and setting, on the very same episodes.

        A transductive one is the best only where there is no other. What was found formerly stands for answers that are
        no longer there.
        """
        found, methods = list[Difference | None](), self.definition.methods
        former = {(one.key, one.other): one for one in results.differences}
        for same in by_setting(row for row in results.rows if row.method in methods):
            best = max(same, key=lambda row: (not methods[row.method].transductive, row.accuracy))
            others = [row for row in same if row is not best]
            found += [self.difference(row, best) or former.get((row.key, best.method)) for row in others]
        return [one for one in found if one is not None]

    def difference(self, row: Row, best: Row) -> Difference | None:
        """Return one method's distance from the best; None where an answer is no longer there."""
        mine, its = (self.answer_of(one) for one in (row, best))
        if mine is None or its is None:
            return None
        estimate = mean_difference(mine.rates, its.rates)
        return Difference(row.protocol, row.ways, row.shots, row.method, best.method, estimate.value, estimate.ci95)

    def answer_of(self, row: Row) -> Answer | None:
        """Return the answer that a row tells, as its run keeps it."""
        question = Question(row.method, row.protocol, row.setting)
        run = self.models.run(self.definition.trained(*question))
        return self.kept(run, row.weights_sha256, question)


def in_all(model: Model, what: str) -> float:
    """Return what a model's training took, with that of the model that it began with."""
    return float(model.facts["training"][what]) + float(model.facts.get("start", {}).get(what, 0))


def by_setting(rows: Iterable[Row]) -> list[list[Row]]:
    """Return the rows that were asked the same, together."""
    groups: dict[tuple[str, int, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.protocol, row.ways, row.shots), []).append(row)
    return list(groups.values())
