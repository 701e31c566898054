"""Where pictures come in: dropped, chosen, pasted, from the webcam, or drawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui
from nicegui.events import MultiUploadEventArguments

from gemel.pages.desk import Desk
from gemel.pages.drawing_square import DrawingSquare, Strokes, inked
from gemel.pages.parts import card, row, stack
from gemel.pages.pictures import png
from gemel.server.settings import MEBIBYTE
from gemel.server.uploads import checked_picture

#: How many pictures may come at once.
MOST = 50


@dataclass(frozen=True)
class Arrival:
    """A picture that came in: its file's name and bytes."""

    name: str
    data: bytes


class PictureSource(ui.element, component="picture_source.js"):
    """Paste and webcam beside the kit's uploader, which they feed."""

    def __init__(self, desk: Desk, uploader: ui.upload) -> None:
        super().__init__()
        self.props["uploader"] = uploader.id
        self.props["texts"] = {word: desk.say(f"drop.{word}") for word in ("camera", "take", "stop", "denied")}


class PictureDrop:
    """A place for pictures.

    Args:
        desk: of the visitor.
        on_pictures: is given what came, at once.
        label: what is expected.
        several: whether more than one may come at once.
    """

    def __init__(
        self, desk: Desk, on_pictures: Callable[[list[Arrival]], Awaitable[None]], label: str, several: bool = True
    ) -> None:
        self.desk, self.on_pictures = desk, on_pictures
        self.allowed = desk.studio.settings
        most = f"{self.allowed.largest_picture / MEBIBYTE:g}"
        self.ink: Strokes = ()
        with stack():
            self.uploader = ui.upload(
                multiple=True,
                auto_upload=True,
                max_file_size=self.allowed.largest_picture,
                max_files=MOST if several else None,
                label=label,
                on_multi_upload=self._uploaded,
                on_rejected=lambda: ui.notify(desk.say("drop.rejected", most=most), type="warning"),
            ).props('accept="image/*,.pgm,.tif,.tiff,.bmp" flat')
            with PictureSource(desk, self.uploader):
                ui.button(desk.say("drop.draw"), icon="gesture", on_click=self._draw).props("flat dense")

    async def _uploaded(self, event: MultiUploadEventArguments) -> None:
        """Hand on what was uploaded, but for what is no picture, and empty the list."""
        arrivals = [Arrival(file.name, await file.read()) for file in event.files[:MOST]]
        self.uploader.reset()
        fine = [
            each
            for each in arrivals
            if await self.desk.ask("read", checked_picture, each.data, self.allowed, each.name)
        ]
        if fine:
            await self.on_pictures(fine)

    def _draw(self) -> None:
        """Open a drawing square, whose ink becomes a picture."""
        say, self.ink = self.desk.say, ()
        with ui.dialog(value=True) as dialog, card(say("drop.draw")):

            async def note(strokes: Strokes) -> None:
                self.ink = strokes

            async def take() -> None:
                dialog.close()
                if self.ink:
                    await self.on_pictures([Arrival(say("drop.drawn"), png(inked(self.ink)))])

            square = DrawingSquare(say("draw.square"), note)
            with row():
                ui.button(say("draw.clear"), on_click=square.clear_ink).props("flat")
                ui.space()
                ui.button(say("cancel"), on_click=dialog.close).props("flat")
                ui.button(say("drop.use"), on_click=take).props("unelevated")
