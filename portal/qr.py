"""QR codes for pages: a link that a camera reads, also on a dark page."""

import segno
from markupsafe import Markup

QUIET_ZONE_MODULES = 4
SCALE_PX = 4


def svg(link: str) -> Markup:
    """Return the code as an inline svg, which scales to the size its style gives it.

    Its ground is white, as dark pages would hide it.
    """
    drawn = segno.make(link, error="m").svg_inline(
        scale=SCALE_PX, border=QUIET_ZONE_MODULES, light="#fff", dark="#000", omitsize=True
    )
    return Markup(drawn)  # noqa: S704 - segno draws modules only, the link's text is not in it
