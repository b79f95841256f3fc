"""Only the program reads the environment; everything else is given values."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GIVEN_VALUES = ("db", "signage", "portal", "device_api", "admin_api", "player", "web")


@pytest.mark.parametrize("package", GIVEN_VALUES)
def test_a_package_below_the_program_reads_no_environment(package: str) -> None:
    readers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _reads_environment(node)
    ]
    assert readers == []


def _reads_environment(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "environb" | "getenv"):
            return True
        case ast.ImportFrom(module="os", names=names):
            return any(name.name in ("environ", "environb", "getenv") for name in names)
        case _:
            return False
