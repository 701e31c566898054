"""What is this, and are these two the same? Both with the answer that a program gets."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from nicegui import context, ui

from gemel.model import Model
from gemel.pages.curl import identify_command, verify_command
from gemel.pages.desk import Desk
from gemel.pages.parts import candidate, card, chip, columns, empty, exactly, figure, heading, row, stack
from gemel.pages.picture_drop import Arrival, PictureDrop
from gemel.pages.pictures import picture
from gemel.pages.tabs.enrol import small_picture
from gemel.plots.style import percent
from gemel.server.replies import Identified, Verified
from gemel.server.service import milliseconds_since
from gemel.verdicts import Verdict


def build(desk: Desk) -> None:
    """Show the tab."""
    heading(desk, "recognise")
    with columns():
        with card(desk.say("recognise.one"), "g-half"):
            Recognise(desk)
        with card(desk.say("recognise.two"), "g-half"):
            Verify(desk)


class Recognise:
    """One picture, and which class it is of."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.base = desk, str(context.client.request.base_url)
        PictureDrop(desk, self._came, desk.say("drop.one"), several=False)
        self.answer = stack().props("aria-live=polite").mark("recognised")
        with self.answer:
            empty("image_search", desk.say("recognise.none"), desk.say("recognise.none.text"))

    async def _came(self, arrivals: list[Arrival]) -> None:
        """Recognise the picture that came last."""
        found = await self.desk.ask("read", self._found, arrivals[-1])
        if found is not None:
            self._show(*found)

    def _found(self, arrival: Arrival) -> tuple[Identified, bytes, list[bytes | None]]:
        """Return the answer as programs get it, the picture made small, and the nearest reference of each class."""
        gallery, start = self.desk.gallery, time.perf_counter()
        found = gallery.identify(arrival.data)
        told = Identified.of(found, gallery.model.fingerprint, milliseconds_since(start))
        if self.desk.studio.settings.attempts:
            gallery.review.record(found, arrival.data, who=self.desk.who)
        near = [match.reference_id and gallery.thumbnail(match.reference_id) for match in found.matches]
        return told, small_picture(arrival.data), [data or None for data in near]

    def _show(self, found: Identified, small: bytes, near: list[bytes | None]) -> None:
        """Show the answer."""
        say = self.desk.say
        with self.answer.clear():
            with row():
                picture(small, say("recognise.asked"), "g-120")
                with stack():
                    kind = "g-yes" if found.label else "g-maybe"
                    ui.label(found.label or say("unknown")).classes(f"g-answer {kind}").mark("verdict")
                    with row("g-wrap"):
                        chip(say("probability", share=percent(found.probability)), kind)
                        chip(say("score", score=figure(found.score)))
            for match, data in zip(found.matches, near, strict=True):
                candidate(match.label, match.probability, data, say("picture.of", label=match.label))
            rest = max(0.0, 1 - sum(match.probability for match in found.matches))
            candidate(say("recognise.rest"), rest, None, "", "g-maybe")
            raw(self.desk, found, identify_command(self.base, bool(self.desk.visitor.key)))


class Verify:
    """Two pictures, whether they show one class, and what another threshold would say."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.base = desk, str(context.client.request.base_url)
        self.pair: list[tuple[Arrival, bytes] | None] = [None, None]
        self.verdict: Verdict | None = None
        self.shown: list[ui.element] = []
        with ui.element("div").classes("g-columns"):
            for place in range(2):
                with stack("g-half"):
                    PictureDrop(desk, partial(self._came, place), desk.say(f"drop.{'ab'[place]}"), False)
                    self.shown.append(stack())
        self.answer = stack().props("aria-live=polite").mark("verified")
        with self.answer:
            empty("compare", desk.say("verify.none"), desk.say("verify.none.text"))

    async def _came(self, place: int, arrivals: list[Arrival]) -> None:
        """Take a picture as the first or the second, and compare once both are there."""
        small = await self.desk.ask("read", small_picture, arrivals[-1].data)
        if small is None:
            return
        self.pair[place] = arrivals[-1], small
        with self.shown[place].clear():
            picture(small, arrivals[-1].name, "g-220")
        first, second = self.pair
        if first and second:
            found = await self.desk.ask("read", self._compared, first[0].data, second[0].data)
            if found is not None:
                self.verdict = found[0]
                self._show(*found)

    def _compared(self, first: bytes, second: bytes) -> tuple[Verdict, Verified]:
        """Return the verdict, and as programs get it."""
        gallery, start = self.desk.gallery, time.perf_counter()
        verdict = gallery.compare(first, second)
        return verdict, Verified.of(verdict, None, gallery.model.fingerprint, milliseconds_since(start))

    def _show(self, verdict: Verdict, told: Verified) -> None:
        """Show the verdict, the threshold, and the raw answer."""
        model, say = self.desk.gallery.model, self.desk.say
        low, high = score_range(model)
        with self.answer.clear():
            self.word = ui.label().classes("g-answer").mark("verdict")
            with row("g-wrap"):
                chip(say("probability", share=percent(verdict.probability)))
                chip(say("score", score=figure(verdict.score)))
            ui.label(say("verify.threshold")).classes("g-small")
            limit = min(max(verdict.threshold, low), high)
            ui.slider(min=low, max=high, step=(high - low) / 400, value=limit, on_change=self._judge).props(
                f'aria-label="{say("verify.threshold")}"'
            ).mark("threshold")
            self.rates = ui.label().classes("g-muted g-small g-number")
            self._judge_at(verdict.threshold)
            raw(self.desk, told, verify_command(self.base, bool(self.desk.visitor.key)))

    def _judge(self, event: Any) -> None:
        """Say what the threshold that was moved to would say."""
        self._judge_at(float(event.value))

    def _judge_at(self, limit: float) -> None:
        """Say same or different at a threshold, and how often that errs."""
        if self.verdict is None:
            return
        say, calibration = self.desk.say, self.desk.gallery.model.calibration
        same = self.verdict.score >= limit
        self.word.text = say("verify.same" if same else "verify.different")
        self.word.classes(replace=f"g-answer {'g-yes' if same else 'g-no'}")
        rates = {"far": exactly(calibration.far(limit)), "frr": exactly(calibration.frr(limit))}
        self.rates.text = say("verify.rates", limit=figure(limit), **rates)


def score_range(model: Model) -> tuple[float, float]:
    """Return the scores between which a threshold makes sense: those that the calibration knows."""
    knots = model.calibration.knots
    margin = 0.25 * (knots[-1] - knots[0])
    return knots[0] - margin, knots[-1] + margin


def raw(desk: Desk, answer: Identified | Verified, command: str) -> None:
    """Show the answer as a program gets it, and how to ask for it; both can be copied."""
    with ui.expansion(desk.say("recognise.raw"), icon="data_object").classes("w-full").props("dense"):
        ui.code(answer.model_dump_json(indent=2), language="json")
        ui.label(desk.say("recognise.curl")).classes("g-muted g-small")
        ui.code(command, language="bash").mark("curl")
