"""What others wrote: unchanged, named, licensed."""

import base64
import hashlib
import re
import tomllib

from player.pages import STATIC

VENDOR = STATIC / "vendor"
LISTED = tomllib.loads((VENDOR / "vendor.toml").read_text())["file"]


def test_every_listed_file_has_the_hash_it_was_vendored_with() -> None:
    for file in LISTED:
        digest = hashlib.sha384((VENDOR / file["file"]).read_bytes()).digest()
        assert base64.b64encode(digest).decode() == file["sha384"], file["file"]


def test_every_vendored_file_is_listed() -> None:
    present = {
        path.relative_to(VENDOR).as_posix()
        for path in VENDOR.rglob("*")
        if path.is_file() and "licences" not in path.parts and path.name != "vendor.toml"
    }
    assert present == {file["file"] for file in LISTED}


def test_every_listed_file_names_version_licence_and_the_licence_text() -> None:
    for file in LISTED:
        assert re.fullmatch(r"\d+\.\d+\.\d+", file["version"]), file["name"]
        assert file["licence"] in {"MIT", "OFL-1.1"}
        assert (VENDOR / file["licence_file"]).read_text().strip()
