"""QR codes can be read on light and on dark pages, and bring no style of their own."""

import segno

from portal import qr


def test_a_code_stands_on_white() -> None:
    assert 'fill="#fff"' in qr.svg("https://playbill.example/player")


def test_a_long_link_scales_as_a_whole_instead_of_being_cut_off() -> None:
    link = "https://playbill.example/pair?" + "x" * 200
    size = segno.make(link, error="m").symbol_size(scale=qr.SCALE_PX, border=4)
    assert f'viewBox="0 0 {size[0]} {size[1]}"' in qr.svg(link)
    assert "width=" not in qr.svg(link).partition(">")[0]


def test_a_code_keeps_to_the_content_security_policy() -> None:
    drawn = qr.svg("https://playbill.example/player")
    assert drawn.startswith("<svg")
    assert "style=" not in drawn
    assert "<script" not in drawn


def test_a_link_cannot_bring_markup_along() -> None:
    assert "<b>" not in qr.svg("https://playbill.example/<b>")
