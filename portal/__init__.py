"""The door for people: HTML pages, and the fragments that HTMX swaps into them."""

from portal.blueprint import blueprint

__all__ = ["blueprint"]
