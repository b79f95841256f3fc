"""QR codes can be read on light and on dark pages, and bring no style of their own."""

from portal import qr


def test_a_code_stands_on_white() -> None:
    assert 'fill="#fff"' in qr.svg("https://playbill.example/player")


def test_a_code_keeps_to_the_content_security_policy() -> None:
    drawn = qr.svg("https://playbill.example/player")
    assert drawn.startswith("<svg")
    assert "style=" not in drawn
    assert "<script" not in drawn


def test_a_link_cannot_bring_markup_along() -> None:
    assert "<b>" not in qr.svg("https://playbill.example/<b>")
