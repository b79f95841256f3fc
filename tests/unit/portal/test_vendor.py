import base64
import hashlib
import re
import tomllib
from pathlib import Path

import portal.ui

PORTAL = Path(portal.ui.__file__).parent
VENDOR = PORTAL / "static" / "vendor"
LISTED = tomllib.loads((VENDOR / "vendor.toml").read_text())["file"]

STYLESHEET_BYTES_MAX = 40 * 1024
ICON_ARGUMENTS = (
    r"\bicon=[\"']([a-z0-9-]+)[\"']",
    r"[\"']icon[\"']: [\"']([a-z0-9-]+)[\"']",
    r"menu_(?:link|post|open)\([^,()]*,[^,()]*, \"([a-z0-9-]+)\"",
    r"Place\(\"[^\"]*\", \"[^\"]*\", \"[^\"]*\", \"([a-z0-9-]+)\"",
)


def test_every_listed_file_has_the_hash_it_was_vendored_with():
    for file in LISTED:
        digest = hashlib.sha384((VENDOR / file["file"]).read_bytes()).digest()
        assert base64.b64encode(digest).decode() == file["sha384"], file["file"]


def test_every_vendored_file_is_listed():
    present = {path.name for path in VENDOR.iterdir() if path.is_file()} - {"vendor.toml"}
    assert present == {file["file"] for file in LISTED if "/" not in file["file"]}


def test_every_listed_file_names_version_licence_and_the_licence_text():
    for file in LISTED:
        assert re.fullmatch(r"\d+\.\d+\.\d+", file["version"]), file["name"]
        assert file["licence"] in {"0BSD", "ISC", "MIT", "OFL-1.1"}
        assert (VENDOR / file["licence_file"]).read_text().strip()


def test_every_icon_that_is_named_stands_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (PORTAL / "static" / "icons.svg").read_text()))
    missing = {(path, name) for path, name in _icons_named() if name not in sprite}
    assert not missing


def test_the_sprite_holds_no_script_and_no_style():
    sprite = (PORTAL / "static" / "icons.svg").read_text()
    assert "<script" not in sprite
    assert "style" not in sprite
    assert "on" not in {name[:2] for name in re.findall(r"\s([a-z-]+)=", sprite)}


def test_the_stylesheet_keeps_its_budget():
    assert len((PORTAL / "static" / "app.css").read_bytes()) <= STYLESHEET_BYTES_MAX


def test_no_template_holds_an_inline_style_script_or_handler():
    for path in (PORTAL / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|hx-on|javascript:", text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path


def _icons_named() -> set[tuple[str, str]]:
    """Where an icon is named: as an argument, in a list handed to a macro, in a map of icons."""
    named = set()
    for path in [*(PORTAL / "templates").rglob("*.html"), *PORTAL.glob("*.py")]:
        text = path.read_text()
        for passage in re.findall(r"icon\(([^,)]*)|_ICONS = \{(.*?)\}", text, re.DOTALL):
            chosen = re.findall(r'(?<!== )"([a-z0-9-]+)"(?!:)', "".join(passage))
            named |= {(path.name, name) for name in chosen}
        for pattern in ICON_ARGUMENTS:
            named |= {(path.name, name) for name in re.findall(pattern, text)}
    return named
