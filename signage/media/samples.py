"""The demo's media, made on the spot: cards and short clips like those a chain of shops runs."""

import io
import math
import tempfile
from functools import cache
from pathlib import Path

import av
import msgspec
from PIL import Image, ImageColor, ImageDraw, ImageFont

from signage.media import motifs
from signage.media.motifs import Palette

JPEG_QUALITY = 88
CLIP_QUALITY_CRF = "24"
TITLE_LINES = 3
BOLD = 38
HALO = 1.4
DARK = "#2a1608"
LIGHT = "#ffffff"
HOUSE = "Marca Market"


class Card(msgspec.Struct, frozen=True):
    """What a card says; ``motif`` is a name in ``motifs.MOTIFS``, ``badge`` a few letters."""

    title: str
    subtitle: str
    palette: Palette
    motif: str = "bag"
    badge: str = ""


class Layers(msgspec.Struct, frozen=True):
    """A card taken apart, so that a clip can move its parts; places are top-left corners in px."""

    background: Image.Image
    motif: Image.Image
    motif_at: tuple[int, int]
    text: Image.Image
    text_at: tuple[int, int]
    badge: Image.Image | None
    badge_at: tuple[int, int]


def image(card: Card, width: int, height: int) -> bytes:
    """Return the card as a JPEG."""
    out = io.BytesIO()
    _composed(_layers(card, width, height)).save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def clip(card: Card, width: int, height: int, *, seconds: float, fps: int) -> bytes:
    """Return a card that moves, as an H.264 MP4 whose index comes first; sizes must be even."""
    layers = _layers(card, width, height)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
            stream = out.add_stream("libx264", rate=fps)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.options = {"preset": "veryfast", "crf": CLIP_QUALITY_CRF}
            for number in range(round(seconds * fps)):
                picture = _moved(layers, number / fps, seconds)
                frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # PyAV's
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
        return path.read_bytes()


def _layers(card: Card, width: int, height: int) -> Layers:
    wide = width > 1.3 * height
    unit = min(width, height) / 100
    disc = round((76 if wide else 84) * unit)
    disc_at = (
        (width - disc - round(9 * unit), (height - disc) // 2)
        if wide
        else ((width - disc) // 2, height - disc - round(16 * unit))
    )
    text_width = disc_at[0] - round(16 * unit) if wide else width - round(16 * unit)
    text = _text(card, text_width, unit)
    text_top = (height - text.height) // 2 - round(3 * unit) if wide else round(16 * unit)
    stamp = _badge(card.badge, card.palette, round(27 * unit)) if card.badge else None
    drawn = round(disc * 0.62)
    inset = (disc - drawn) // 2
    return Layers(
        background=_background((width, height), card.palette, disc, disc_at, unit),
        motif=motifs.render(card.motif, card.palette, drawn),
        motif_at=(disc_at[0] + inset, disc_at[1] + inset),
        text=text,
        text_at=(round(8 * unit), text_top),
        badge=stamp,
        badge_at=(disc_at[0] - round(3 * unit), disc_at[1] - round(1 * unit)),
    )


def _composed(layers: Layers) -> Image.Image:
    sheet = layers.background.copy()
    sheet.paste(layers.motif, layers.motif_at, layers.motif)
    sheet.paste(layers.text, layers.text_at, layers.text)
    if layers.badge is not None:
        sheet.paste(layers.badge, layers.badge_at, layers.badge)
    return sheet


def _moved(layers: Layers, at_s: float, seconds: float) -> Image.Image:
    # Everything comes back to where it began, so that the clip repeats without a jump.
    turn = 2 * math.pi * at_s / seconds
    reach = layers.motif.height * 0.05
    arrived = 1 - (1 - min(1.0, at_s / 0.7)) ** 3
    (motif_x, motif_y), (text_x, text_y) = layers.motif_at, layers.text_at
    moved = msgspec.structs.replace(
        layers,
        motif_at=(motif_x, motif_y + round(reach * math.sin(2 * turn))),
        text_at=(text_x - round((1 - arrived) * text_x * 6), text_y),
        badge_at=(layers.badge_at[0], layers.badge_at[1] + round(reach / 2 * math.cos(2 * turn))),
    )
    return _composed(moved)


def _background(
    size: tuple[int, int], palette: Palette, disc: int, disc_at: tuple[int, int], unit: float
) -> Image.Image:
    down = Image.linear_gradient("L")
    across = down.transpose(Image.Transpose.ROTATE_90)
    slant = Image.blend(down, across, 0.5).resize(size, Image.Resampling.BICUBIC)
    sheet = Image.composite(
        Image.new("RGB", size, palette.bottom),
        Image.new("RGB", size, palette.top),
        slant,
    )
    halo = round(disc * HALO)
    light = Image.new("L", (2 * halo, 2 * halo))
    draw = ImageDraw.Draw(light)
    for share, brightness in ((HALO, 14), ((1 + HALO) / 2, 26), (1.0, 54)):
        inset = halo - disc * share
        draw.ellipse((inset, inset, 2 * halo - inset, 2 * halo - inset), fill=brightness)
    light = light.resize((halo, halo), Image.Resampling.BOX)
    outside = (halo - disc) // 2
    sheet.paste(palette.paper, (disc_at[0] - outside, disc_at[1] - outside), light)
    _sign_off(sheet, palette, unit)
    return sheet


def _sign_off(sheet: Image.Image, palette: Palette, unit: float) -> None:
    draw = ImageDraw.Draw(sheet)
    left, base = round(8 * unit), sheet.height - round(7 * unit)
    side = round(3.2 * unit)
    draw.rounded_rectangle((left, base - side, left + side, base), side // 4, fill=palette.accent)
    text_at = (left + side + unit * 1.4, base - side / 2)
    draw.text(text_at, HOUSE, fill=palette.ink, font=_font(round(3 * unit)), anchor="lm")


def _text(card: Card, width: int, unit: float) -> Image.Image:
    palette = card.palette
    title_px, lines = _fitted(card.title, width, unit)
    small = _font(round(4.6 * unit))
    notes = _wrapped(card.subtitle, small, width)
    leading, small_leading = round(title_px * 1.08), round(6.4 * unit)
    rule = round(5 * unit)
    height = rule + leading * len(lines) + round(3 * unit) + small_leading * len(notes)
    sheet = Image.new("RGBA", (width, height), f"{palette.ink}00")
    draw = ImageDraw.Draw(sheet)
    draw.rounded_rectangle((0, 0, 11 * unit, 1.2 * unit), 0.6 * unit, fill=palette.accent)
    bold = title_px // BOLD
    for number, line in enumerate(lines):
        at = (bold, rule + number * leading + leading / 2)
        draw.text(at, line, palette.ink, _font(title_px), anchor="lm", stroke_width=bold)
    below = rule + leading * len(lines) + round(3 * unit)
    for number, line in enumerate(notes):
        at = (1, below + (number + 0.5) * small_leading)
        draw.text(at, line, palette.ink, small, anchor="lm")
    return sheet


def _fitted(title: str, width: int, unit: float) -> tuple[int, list[str]]:
    # The largest type in which the title takes few lines and no word is wider than the column.
    for size in range(round(17 * unit), round(5 * unit), -max(1, round(unit / 2))):
        font = _font(size)
        lines = _wrapped(title, font, round(width * 0.97))
        widest = max(font.getlength(line) for line in lines)
        if len(lines) <= TITLE_LINES and widest <= width * 0.97:
            return size, lines
    smallest = round(5 * unit)
    return smallest, _wrapped(title, _font(smallest), width)[:TITLE_LINES]


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _badge(text: str, palette: Palette, side: int) -> Image.Image:
    large = side * 2
    sheet = Image.new("RGBA", (large, large), f"{palette.accent}00")
    draw = ImageDraw.Draw(sheet)
    points = []
    for number in range(48):
        radius = large * (0.495 if number % 2 else 0.455)
        angle = math.radians(number * 7.5)
        points.append((large / 2 + radius * math.cos(angle), large / 2 + radius * math.sin(angle)))
    draw.polygon(points, fill=palette.accent)
    size = round(large * 0.34)
    while _font(size).getlength(text) > large * 0.74:
        size -= 2
    middle = (large / 2, large / 2)
    draw.text(
        middle,
        text,
        _legible_on(palette.accent),
        _font(size),
        anchor="mm",
        stroke_width=size // BOLD,
    )
    turned = sheet.rotate(9, Image.Resampling.BICUBIC)
    return turned.resize((side, side), Image.Resampling.BOX)


def _legible_on(colour: str) -> str:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return DARK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else LIGHT


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size=size_px)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("This Pillow was built without FreeType, which the demo's cards need.")
    return font
