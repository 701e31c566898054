"""Draw a few made-up characters once each, then draw one again: it is recognised while it is drawn."""

from __future__ import annotations

from nicegui import ui
from PIL import Image

from gemel.data.sources.glyphs import draw_glyphs
from gemel.pages.desk import Desk
from gemel.pages.drawing_square import DrawingSquare, Strokes, inked
from gemel.pages.latest import Latest
from gemel.pages.notebook import Drawing, Notebook
from gemel.pages.parts import candidate, card, chip, columns, empty, heading, row, stack, titled
from gemel.pages.pictures import picture
from gemel.plots.style import percent
from gemel.verdicts import Identification

#: Of the made-up alphabet that the examples are from.
EXAMPLE_ALPHABET, EXAMPLES = 7, 3


def build(desk: Desk) -> None:
    """Show the tab."""
    heading(desk, "draw")
    Draw(desk)


class Draw:
    """The drawing square, the characters learnt so far, and what the ink is taken for."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.notebook = desk, desk.visitor.notebook
        self.ink: Strokes = ()
        self.recognise = Latest(self._recognise)
        with columns():
            with card(classes="g-two-fifths"):
                self._square()
            with stack("g-three-fifths").style("gap: 1rem"):
                with card(desk.say("draw.answer")).props("aria-live=polite"):
                    self.answer = ui.element("div").classes("g-stack").mark("answer")
                with card(desk.say("draw.known")):
                    self.known = ui.element("div").classes("g-stack").mark("known")
        self._show_known()
        self._show_answer()

    def _square(self) -> None:
        """Show where to draw, and what to do with the ink."""
        say = self.desk.say
        self.square = DrawingSquare(say("draw.square"), self._inked)
        with row("g-wrap"):
            ui.button(icon="undo", on_click=self.square.undo).props(f'flat round aria-label="{say("draw.undo")}"')
            ui.button(say("draw.clear"), icon="clear", on_click=self.square.clear_ink).props("flat")
            ui.space()
        with row():
            self.name = ui.input(say("draw.name"), value=self.notebook.suggestion()).props(
                "outlined dense maxlength=60"
            )
            self.name.classes("g-grow").on("keydown.enter", self._keep).mark("name")
            ui.button(say("draw.keep"), icon="add", on_click=self._keep).props("unelevated").mark("keep")
        ui.label(say("draw.keys")).classes("g-muted g-small g-wide-only")

    async def _inked(self, strokes: Strokes) -> None:
        """Take the ink as it is now."""
        self.ink = strokes
        await self.recognise(strokes)

    async def _recognise(self, strokes: Strokes) -> None:
        """Say what the ink is, unless there is none or nothing to compare it with."""
        if not strokes or not self.notebook.drawings:
            return self._show_answer()
        found = await self.desk.ask("read", recognised, self.desk, self.notebook, strokes)
        if found is not None and self.ink:
            self._show_found(*found)
        return None

    async def _keep(self) -> None:
        """Learn the ink under the name."""
        say, label = self.desk.say, str(self.name.value or "").strip()
        if not self.ink or not label or self.notebook.full:
            lacking = "draw.blank" if not self.ink else "draw.nameless" if not label else "draw.full"
            return ui.notify(say(lacking), type="warning")
        strokes, self.ink = self.ink, ()
        self.square.clear_ink()
        await self.desk.ask("read", learnt, self.desk, self.notebook, label, inked(strokes))
        ui.notify(say("draw.learnt", label=label), type="positive", timeout=1500)
        return self._changed()

    async def _examples(self) -> None:
        """Learn three characters that were made up beforehand."""
        await self.desk.ask("read", learn_examples, self.desk, self.notebook)
        self._changed()

    def _forget(self, label: str | None = None) -> None:
        """Forget a character, or all."""
        for each in self.notebook.labels if label is None else [label]:
            self.notebook.remove(each)
        self._changed()

    def _changed(self) -> None:
        """Show the characters as they are now, and offer another name."""
        self.name.value = self.notebook.suggestion()
        self._show_known()
        self._show_answer()

    def _show_known(self) -> None:
        """Show the characters, or how to begin."""
        say, drawings = self.desk.say, self.notebook.drawings
        with self.known.clear():
            if not drawings:
                empty("gesture", say("draw.none"), say("draw.none.text"))
                ui.button(say("draw.examples"), on_click=self._examples).props("outline").classes("self-center")
                return
            with ui.element("div").classes("g-tiles"):
                for label in self.notebook.labels:
                    self._tile(label, [drawing for drawing in drawings if drawing.label == label])
            with row():
                ui.button(say("draw.forget.all"), icon="delete_sweep", on_click=lambda: self._forget()).props(
                    "flat dense"
                )

    def _tile(self, label: str, drawings: list[Drawing]) -> None:
        """Show one character, with a way to forget it."""
        say = self.desk.say
        with ui.element("div").classes("g-tile").mark("character"):
            picture(drawings[0].png, say("picture.of", label=label))
            with row():
                with stack("g-tight g-grow"):
                    titled(label)
                    if len(drawings) > 1:
                        ui.label(say("draw.drawings", count=len(drawings))).classes("g-muted g-small g-clip")
                button = ui.button(icon="close", on_click=lambda: self._forget(label)).props("flat round dense size=sm")
                button.props["aria-label"] = say("draw.forget", label=label)

    def _show_answer(self) -> None:
        """Show how it is done, while there is nothing to recognise."""
        with self.answer.clear(), ui.element("div").classes("g-steps"):
            for step in range(1, 5):
                with ui.element("div"):
                    ui.label(self.desk.say(f"draw.step.{step}"))

    def _show_found(self, found: Identification, matched: tuple[Drawing, ...]) -> None:
        """Show the answer, and each character that it may be with the drawing that it is matched with."""
        say = self.desk.say
        with self.answer.clear():
            ui.label(found.label or say("unknown")).classes(f"g-answer {'g-yes' if found.label else 'g-maybe'}").mark(
                "verdict"
            )
            told = say("draw.like", label=found.label) if found.label else say("draw.stranger")
            with row("g-wrap"):
                ui.label(told).classes("g-muted")
                chip(say("probability", share=percent(found.probability)), "g-yes" if found.label else "g-maybe")
            for match, drawing in list(zip(found.matches, matched, strict=True))[:5]:
                candidate(match.label, match.probability, drawing.png, say("picture.of", label=match.label))
            candidate(say("unknown"), 1 - sum(match.probability for match in found.matches), None, "", "g-maybe")


def recognised(desk: Desk, notebook: Notebook, strokes: Strokes) -> tuple[Identification, tuple[Drawing, ...]]:
    """Return what some ink is, and the drawing that each name is matched with."""
    return notebook.recognised(inked(strokes), desk.studio.characters())


def learnt(desk: Desk, notebook: Notebook, label: str, image: Image.Image) -> None:
    """Keep a drawing under a name."""
    notebook.add(label, image, desk.studio.characters())


def learn_examples(desk: Desk, notebook: Notebook) -> None:
    """Keep one drawing of each of three made-up characters."""
    for pages in draw_glyphs(EXAMPLE_ALPHABET, EXAMPLES, writers=1, size=210):
        learnt(desk, notebook, notebook.suggestion(), Image.fromarray(pages[0]))
