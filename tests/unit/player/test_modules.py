"""The player's modules: each parses, imports only its own, exports only what another one uses."""

import re

import pytest

from player.pages import STATIC, TEMPLATES
from tests.unit.player.conftest import RunModule

MODULES = sorted(path.name for path in STATIC.glob("*.js"))
ENTRIES = {"main.js", "sw.js", "download_worker.js"}
IMPORTS = re.compile(r'import\s*\{([^}]*)\}\s*from\s*"([^"]+)"')
EXPORTS = re.compile(r"^export (?:async )?(?:class|function|const) (\w+)", re.MULTILINE)
COMMENTS = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
SOURCES = {name: (STATIC / name).read_text() for name in MODULES}
# What a test of a module asks for by name.
TESTED = {
    path: path.read_text()
    for path in sorted((STATIC.parents[1] / "tests/unit/player").glob("*.py"))
}


@pytest.mark.parametrize("name", MODULES)
async def test_it_parses_as_strict_code(run: RunModule, name: str) -> None:
    script = """
        const blob = new Blob([given.code], { type: "text/javascript" });
        try { await import(URL.createObjectURL(blob)); } catch (error) { return error.name; }
        return "";
    """
    # A module that is found elsewhere than beside the others fails at its imports, after parsing.
    code = re.sub(r'from "\./', 'from "/nowhere/', SOURCES[name])
    assert await run("ids.js", script, code=f"throw new RangeError();\n{code}") != "SyntaxError"


@pytest.mark.parametrize("name", MODULES)
def test_what_it_imports_exists(name: str) -> None:
    for names, path in IMPORTS.findall(SOURCES[name]):
        exported = EXPORTS.findall((STATIC / path).read_text())
        assert path.startswith("./"), path
        assert {one.strip() for one in names.split(",") if one.strip()} <= set(exported), path


@pytest.mark.parametrize("name", sorted(set(MODULES) - ENTRIES))
def test_nothing_is_exported_that_nobody_uses(name: str) -> None:
    used = {
        one.strip()
        for source in SOURCES.values()
        for names, path in IMPORTS.findall(source)
        if path == f"./{name}"
        for one in names.split(",")
    }
    tested = {
        export
        for export in EXPORTS.findall(SOURCES[name])
        if any(re.search(rf"\b{export}\b", text) for text in TESTED.values())
    }
    assert set(EXPORTS.findall(SOURCES[name])) - tested <= used


@pytest.mark.parametrize("name", MODULES)
def test_it_is_described_and_short(name: str) -> None:
    assert SOURCES[name].startswith("/**"), "a module begins by saying what it is for"
    assert SOURCES[name].count("\n") <= 300


def test_nothing_is_asked_of_another_site() -> None:
    styles = [path.read_text() for path in (*STATIC.glob("*.css"), *TEMPLATES.rglob("*.html"))]
    for source in (*map(_code, SOURCES.values()), *styles):
        assert not re.search(r"""["'(=]\s*(?:https?:)?//[a-z0-9]""", source)
        assert not re.search(r"\beval\(|new Function|innerHTML\s*=|document\.write", source)


def _code(source: str) -> str:
    return COMMENTS.sub("", source)
