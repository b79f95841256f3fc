import io

import pytest
from PIL import Image, ImageChops

from signage.media import intake, motifs, samples, showreel
from signage.media.samples import Card
from signage.media.storage import MediaStore
from tests.unit.signage.media import files


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (640, 640)])
def test_a_card_has_the_size_asked_for(size: tuple[int, int]) -> None:
    made = samples.image(Card("Autumn sale", "Until Sunday", showreel.AUTUMN), *size)
    assert Image.open(io.BytesIO(made)).size == size


@pytest.mark.parametrize("motif", sorted(motifs.MOTIFS))
def test_every_motif_draws_something_inside_its_square(motif: str) -> None:
    drawn = motifs.render(motif, showreel.NIGHT, 200)
    box = drawn.getchannel("A").getbbox()
    assert box is not None
    assert box[2] - box[0] > 100
    assert box[3] - box[1] > 100


def test_what_a_card_says_changes_what_is_seen() -> None:
    made = {
        samples.image(Card(title, subtitle, showreel.SEA, badge=badge), 640, 360)
        for title, subtitle, badge in [
            ("Fresh fish", "", ""),
            ("Fresh bread", "", ""),
            ("Fresh bread", "Daily", ""),
            ("Fresh bread", "Daily", "-10 %"),
        ]
    }
    assert len(made) == 4


@pytest.mark.parametrize("title", ["Oranges", "Three for the price of two", "W" * 60, "one " * 30])
def test_a_title_of_any_length_stays_on_the_card(title: str) -> None:
    plain = samples.image(Card("", "", showreel.LINEN), 640, 360)
    made = samples.image(Card(title, "", showreel.LINEN), 640, 360)
    changed = ImageChops.difference(
        Image.open(io.BytesIO(plain)).convert("L"), Image.open(io.BytesIO(made)).convert("L")
    )
    box = changed.point(lambda level: 255 if level > 60 else 0).getbbox()
    assert box is not None
    assert box[0] >= 20
    assert box[2] <= 340


async def test_a_clip_is_accepted_as_a_video_that_starts_at_once(store: MediaStore) -> None:
    card = Card("Coffee of the week", "", showreel.ROAST, motif="cup")
    made = samples.clip(card, 320, 180, seconds=2, fps=12)
    accepted = await intake.accept(store, files.pieces(made), file_name="coffee.mp4")
    found = accepted.probe
    assert (found.codec, found.width, found.height) == ("H.264", 320, 180)
    assert (found.duration_ms, found.frame_rate, found.warnings) == (2000, 12.0, [])
    assert made.index(b"moov") < made.index(b"mdat")


def test_the_demo_has_both_kinds_and_both_shapes() -> None:
    names = [piece.name for piece in showreel.PIECES]
    assert len(set(names)) == len(names) >= 12
    assert {piece.seconds is None for piece in showreel.PIECES} == {True, False}
    assert {piece.shape for piece in showreel.PIECES} == {"landscape", "portrait"}
    assert all(piece.card.motif in motifs.MOTIFS for piece in showreel.PIECES)


@pytest.mark.parametrize("shape", ["landscape", "portrait"])
async def test_a_piece_of_the_demo_is_accepted(store: MediaStore, shape: str) -> None:
    piece = next(p for p in showreel.PIECES if p.shape == shape and p.seconds is None)
    made = showreel.render(piece)
    accepted = await intake.accept(store, files.pieces(made), file_name=piece.file_name)
    wanted = (1920, 1080) if shape == "landscape" else (1080, 1920)
    assert (accepted.probe.width, accepted.probe.height) == wanted
    assert accepted.probe.warnings == []
