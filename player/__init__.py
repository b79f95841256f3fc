"""The reference web player, for a screen that has only a browser."""

from player.pages import blueprint

__all__ = ["blueprint"]
