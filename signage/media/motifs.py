"""The drawings on the demo's cards: flat pictures of what a shop sells, in a card's own colours.

Each is drawn on a square of 100 by 100 units with the origin at its top left.
"""

import math
from collections.abc import Callable, Sequence

import msgspec
from PIL import Image, ImageDraw

UNITS = 100
OVERSAMPLING = 3

Box = tuple[float, float, float, float]


class Palette(msgspec.Struct, frozen=True):
    """A card's colours: its background from corner to corner, its type, and what stands out."""

    top: str
    bottom: str
    ink: str
    accent: str
    paper: str
    shade: str


class Pen(msgspec.Struct, frozen=True):
    """Draws in units; ``px`` is how many pixels a unit has."""

    draw: ImageDraw.ImageDraw
    px: float
    palette: Palette

    def ellipse(self, box: Box, fill: str) -> None:
        """Fill an ellipse."""
        self.draw.ellipse(self._scaled(box), fill=fill)

    def slab(self, box: Box, radius: float, fill: str) -> None:
        """Fill a rectangle with round corners."""
        self.draw.rounded_rectangle(self._scaled(box), radius * self.px, fill=fill)

    def slice(self, box: Box, start: float, end: float, fill: str) -> None:
        """Fill a slice of an ellipse; degrees run clockwise from three o'clock."""
        self.draw.pieslice(self._scaled(box), start, end, fill=fill)

    def arc(self, box: Box, start: float, end: float, fill: str, width: float) -> None:
        """Draw a part of an ellipse's outline."""
        self.draw.arc(self._scaled(box), start, end, fill=fill, width=round(width * self.px))

    def shape(self, points: Sequence[tuple[float, float]], fill: str) -> None:
        """Fill a polygon."""
        self.draw.polygon([(x * self.px, y * self.px) for x, y in points], fill=fill)

    def line(self, points: Sequence[tuple[float, float]], fill: str, width: float) -> None:
        """Draw a line with round ends."""
        scaled = [(x * self.px, y * self.px) for x, y in points]
        self.draw.line(scaled, fill=fill, width=round(width * self.px), joint="curve")
        half = width * self.px / 2
        for x, y in (scaled[0], scaled[-1]):
            self.draw.ellipse((x - half, y - half, x + half, y + half), fill=fill)

    def _scaled(self, box: Box) -> Box:
        left, top, right, bottom = (value * self.px for value in box)
        return left, top, right, bottom


def render(motif: str, palette: Palette, side_px: int) -> Image.Image:
    """Return the motif as a square picture with transparency; KeyError for a name not in MOTIFS."""
    large = side_px * OVERSAMPLING
    sheet = Image.new("RGBA", (large, large), _transparent(palette.paper))
    MOTIFS[motif](Pen(ImageDraw.Draw(sheet), large / UNITS, palette))
    return sheet.resize((side_px, side_px), Image.Resampling.BOX)


def _transparent(colour: str) -> str:
    return f"{colour}00"


def _cup(pen: Pen) -> None:
    colours = pen.palette
    for x in (36, 49, 62):
        wave = [(x + 3 * math.sin(y / 3.4), y) for y in range(8, 30)]
        pen.line(wave, colours.paper, 3)
    pen.ellipse((12, 76, 88, 92), colours.shade)
    pen.ellipse((16, 74, 84, 88), colours.paper)
    pen.arc((64, 42, 90, 68), -110, 120, colours.paper, 6)
    pen.slab((22, 36, 76, 60), 2, colours.paper)
    pen.slice((22, 32, 76, 86), 0, 180, colours.paper)
    pen.ellipse((22, 30, 76, 44), colours.paper)
    pen.ellipse((25, 32, 73, 42), colours.accent)
    pen.ellipse((40, 34, 58, 40), colours.paper)
    pen.arc((28, 40, 66, 80), 105, 165, colours.shade, 3)


def _loaf(pen: Pen) -> None:
    colours = pen.palette
    pen.slab((4, 78, 96, 86), 4, colours.paper)
    pen.ellipse((10, 30, 90, 82), colours.shade)
    pen.slab((8, 52, 92, 79), 13, colours.shade)
    pen.ellipse((11, 28, 89, 80), colours.accent)
    pen.slab((9, 50, 91, 76), 13, colours.accent)
    for x in (26, 42, 58, 74):
        pen.line([(x - 5, 58), (x + 5, 38 if x in (42, 58) else 44)], colours.paper, 4)


def _croissant(pen: Pen) -> None:
    colours = pen.palette
    pen.ellipse((14, 76, 86, 88), colours.shade)
    centre_x, centre_y, reach = 50, 72, 36
    for number, radius in enumerate((8, 12, 16, 18.5, 16, 12, 8)):
        angle = math.radians(188 + number * 27.3)
        x, y = centre_x + reach * math.cos(angle), centre_y + reach * math.sin(angle)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), colours.shade)
        inner = radius - 1.6
        pen.ellipse((x - inner, y - inner, x + inner, y + inner), colours.accent)
    pen.arc((30, 32, 70, 62), 205, 335, colours.paper, 3)


def _leaf(pen: Pen) -> None:
    colours = pen.palette
    for turn, length, fill in ((-60, 52, colours.shade), (60, 52, colours.paper)):
        _blade(pen, turn, length, fill)
    _blade(pen, 0, 74, colours.accent)
    pen.line([(50, 94), (50, 26)], colours.paper, 2.2)
    for y in (44, 56, 68):
        pen.line([(50, y + 8), (40, y)], colours.paper, 1.8)
        pen.line([(50, y + 8), (60, y)], colours.paper, 1.8)


def _blade(pen: Pen, turn: float, length: float, fill: str) -> None:
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    outline: list[tuple[float, float]] = []
    for step in [*range(41), *range(40, -1, -1)]:
        side = 1 if len(outline) <= 40 else -1
        along = length * step / 40
        across = side * 0.27 * length * math.sin(math.pi * (step / 40) ** 0.8)
        outline.append((50 + along * sine + across * cosine, 86 - along * cosine + across * sine))
    pen.shape(outline, fill)


def _card(pen: Pen) -> None:
    colours = pen.palette
    pen.slab((12, 30, 92, 82), 6, colours.shade)
    pen.slab((8, 24, 88, 76), 6, colours.paper)
    pen.slab((8, 34, 88, 43), 0, colours.accent)
    for number in range(8):
        x, y = 18 + number % 4 * 17, 49 + number // 4 * 12
        pen.ellipse((x, y, x + 9, y + 9), colours.shade if number > 4 else colours.accent)
        if number <= 4:
            tick = [(x + 2.4, y + 4.8), (x + 4, y + 6.4), (x + 6.8, y + 3)]
            pen.line(tick, colours.paper, 1.3)


def _clock(pen: Pen) -> None:
    colours = pen.palette
    pen.ellipse((10, 12, 94, 96), colours.shade)
    pen.ellipse((7, 7, 91, 91), colours.accent)
    pen.ellipse((14, 14, 84, 84), colours.paper)
    for hour in range(12):
        angle = math.radians(hour * 30)
        x, y = math.sin(angle), math.cos(angle)
        inner = 24 if hour % 3 == 0 else 27
        mark = [(49 + inner * x, 49 + inner * y), (49 + 30 * x, 49 + 30 * y)]
        pen.line(mark, colours.shade, 2.4)
    pen.line([(49, 49), (49, 26)], colours.accent, 3.4)
    pen.line([(49, 49), (64, 57)], colours.accent, 3.4)
    pen.ellipse((46, 46, 52, 52), colours.accent)


def _percent(pen: Pen) -> None:
    colours = pen.palette
    pen.shape([(24, 16), (70, 8), (92, 30), (84, 76), (48, 96), (12, 60)], colours.shade)
    pen.shape([(20, 14), (66, 6), (90, 30), (82, 72), (44, 92), (8, 56)], colours.accent)
    pen.ellipse((66, 18, 76, 28), colours.paper)
    pen.line([(32, 66), (60, 38)], colours.paper, 5)
    for x, y in ((27, 36), (50, 57)):
        pen.ellipse((x, y, x + 15, y + 15), colours.paper)
        pen.ellipse((x + 4.5, y + 4.5, x + 10.5, y + 10.5), colours.accent)


def _basket(pen: Pen) -> None:
    colours = pen.palette
    pen.arc((24, 12, 76, 84), 180, 360, colours.paper, 4)
    pen.ellipse((20, 30, 46, 56), colours.accent)
    pen.ellipse((52, 30, 80, 58), colours.accent)
    pen.ellipse((36, 22, 64, 50), colours.shade)
    pen.line([(50, 24), (55, 15)], colours.paper, 2.6)
    pen.slab((10, 46, 90, 55), 4, colours.paper)
    pen.shape([(15, 55), (85, 55), (77, 90), (23, 90)], colours.paper)
    for x in (28, 39, 50, 61, 72):
        pen.line([(x, 61), (50 + (x - 50) * 0.8, 84)], colours.shade, 3)


def _citrus(pen: Pen) -> None:
    colours = pen.palette
    pen.ellipse((12, 12, 96, 96), colours.shade)
    pen.ellipse((6, 6, 90, 90), colours.accent)
    pen.ellipse((11, 11, 85, 85), colours.paper)
    for number in range(9):
        pen.slice((15, 15, 81, 81), number * 40 + 3, number * 40 + 37, colours.accent)
    pen.ellipse((44, 44, 52, 52), colours.paper)


def _bag(pen: Pen) -> None:
    colours = pen.palette
    pen.arc((34, 8, 66, 52), 180, 360, colours.shade, 4.5)
    pen.slab((22, 36, 86, 94), 5, colours.shade)
    pen.slab((16, 32, 80, 92), 5, colours.paper)
    pen.slab((16, 72, 80, 80), 0, colours.accent)
    for x in (34, 62):
        pen.ellipse((x - 3, 38, x + 3, 44), colours.accent)
    pen.arc((34, 22, 62, 60), 0, 180, colours.accent, 3)


MOTIFS: dict[str, Callable[[Pen], None]] = {
    "cup": _cup,
    "loaf": _loaf,
    "croissant": _croissant,
    "leaf": _leaf,
    "card": _card,
    "clock": _clock,
    "percent": _percent,
    "basket": _basket,
    "citrus": _citrus,
    "bag": _bag,
}
