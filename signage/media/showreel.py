"""The demo's campaigns: what a chain of food shops has on its screens in a week of autumn."""

from typing import Literal

import msgspec

from signage.media import samples
from signage.media.motifs import Palette
from signage.media.samples import Card

CLIP_FPS = 24
CLIP_SHORT_SIDE_PX = 720
IMAGE_SHORT_SIDE_PX = 1080

ROAST = Palette("#5a2e1a", "#24120c", "#fff4e6", "#e8933a", "#fff1dc", "#7b4528")
GRAIN = Palette("#f6d38b", "#e79a3c", "#4a2508", "#b4571b", "#fff8ea", "#8c4a1a")
AUTUMN = Palette("#b3381f", "#5c1424", "#fff3e4", "#f4a83a", "#ffe9cc", "#7c1f1f")
NIGHT = Palette("#1d2b64", "#0b1030", "#f2f4ff", "#4f8cff", "#e9efff", "#33427f")
GARDEN = Palette("#1f7a4d", "#0b3b2c", "#f2fff6", "#9bd35a", "#f0fbe4", "#155c3c")
BERRY = Palette("#c2185b", "#4a0d4f", "#fff0f7", "#ffb03a", "#ffe9f3", "#7d1350")
SEA = Palette("#0e7c86", "#063b52", "#effcff", "#ffc247", "#e8fbff", "#0a5666")
LINEN = Palette("#f7f3ec", "#e3d8c6", "#2d2a26", "#c4532d", "#fffdf8", "#a89880")
SUNNY = Palette("#ffd95a", "#ff9f45", "#4b2200", "#e4572e", "#fffaf0", "#d9741f")


class Piece(msgspec.Struct, frozen=True):
    """One piece of demo content; ``seconds`` is a clip's, an image has none."""

    name: str
    card: Card
    seconds: float | None = None
    shape: Literal["landscape", "portrait"] = "landscape"
    tags: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """The name it would have had on a designer's disk."""
        stem = self.name.lower().replace(" ", "-")
        return f"{stem}.{'jpg' if self.seconds is None else 'mp4'}"


def render(piece: Piece) -> bytes:
    """Return the piece's file, a JPEG or an MP4."""
    short = IMAGE_SHORT_SIDE_PX if piece.seconds is None else CLIP_SHORT_SIDE_PX
    width, height = short * 16 // 9, short
    if piece.shape == "portrait":
        width, height = height, width
    if piece.seconds is None:
        return samples.image(piece.card, width, height)
    return samples.clip(piece.card, width, height, seconds=piece.seconds, fps=CLIP_FPS)


PIECES = (
    Piece(
        "Breakfast menu",
        Card(
            "Breakfast until eleven",
            "Flat white and a warm croissant, every weekday",
            GRAIN,
            "croissant",
            "3.90",
        ),
        tags=("breakfast", "cafe"),
    ),
    Piece(
        "Coffee of the week",
        Card(
            "Coffee of the week",
            "Yirgacheffe, light roast: jasmine, peach, honey",
            ROAST,
            "cup",
            "2.20",
        ),
        seconds=8,
        tags=("cafe",),
    ),
    Piece(
        "Autumn sale",
        Card(
            "The big autumn sale",
            "Up to 40 % off everything for the colder days, until Sunday",
            AUTUMN,
            "leaf",
            "-40 %",
        ),
        seconds=8,
        tags=("sale",),
    ),
    Piece(
        "Fresh bakery",
        Card(
            "Baked here, all day long",
            "Rye sourdough comes out of the oven at 7, 11 and 16 o'clock",
            SUNNY,
            "loaf",
        ),
        tags=("bakery",),
    ),
    Piece(
        "Loyalty card",
        Card(
            "Your tenth coffee is on us",
            "Ask for a Marca card at the till, it takes a minute",
            NIGHT,
            "card",
            "Free",
        ),
        tags=("loyalty",),
    ),
    Piece(
        "Store hours",
        Card(
            "Open till ten, every day",
            "Monday to Saturday 8 to 22, Sunday 9 to 20",
            LINEN,
            "clock",
        ),
        tags=("service",),
    ),
    Piece(
        "Market greens",
        Card(
            "Picked this morning",
            "Lettuce, kale and herbs from growers less than 40 km away",
            GARDEN,
            "basket",
        ),
        tags=("fresh",),
    ),
    Piece(
        "Winter citrus",
        Card(
            "Oranges at their sweetest",
            "Valencia, 2 kg net. Members save a third",
            SEA,
            "citrus",
            "-33 %",
        ),
        seconds=6,
        tags=("fresh", "sale"),
    ),
    Piece(
        "Weekend deal",
        Card(
            "Three for the price of two",
            "On all pasta, sauces and olive oil. Friday to Sunday",
            BERRY,
            "percent",
            "3 for 2",
        ),
        tags=("sale",),
    ),
    Piece(
        "Bring your own bag",
        Card(
            "Your bag, our thanks",
            "Ten cents back each time you bring your own",
            GARDEN,
            "bag",
            "10 c",
        ),
        tags=("service",),
    ),
    Piece(
        "Click and collect",
        Card(
            "Order by noon, collect at five",
            "Your shopping waits at the counter, packed and cooled",
            SEA,
            "bag",
        ),
        tags=("service",),
    ),
    Piece(
        "Portrait bakery",
        Card(
            "Warm bread, right now",
            "Follow the smell: aisle 1",
            GRAIN,
            "loaf",
        ),
        shape="portrait",
        tags=("bakery", "portrait"),
    ),
    Piece(
        "Portrait autumn sale",
        Card(
            "Autumn sale",
            "Up to 40 % off, until Sunday",
            AUTUMN,
            "leaf",
            "-40 %",
        ),
        shape="portrait",
        tags=("sale", "portrait"),
    ),
    Piece(
        "Portrait coffee",
        Card(
            "Take one with you",
            "Any coffee to go with your own cup",
            ROAST,
            "cup",
            "1.80",
        ),
        seconds=6,
        shape="portrait",
        tags=("cafe", "portrait"),
    ),
)
