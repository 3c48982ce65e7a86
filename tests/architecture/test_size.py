"""Files and functions stay small enough to be read at one sitting, and are named after what they hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "mienkit").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SCRIPTS = sorted((ROOT / "docs").rglob("*.py")) + sorted((ROOT / "bench").rglob("*.py"))
FILES = SOURCES + TESTS + SCRIPTS

FORBIDDEN = {"utils", "util", "helpers", "misc", "common", "base", "types", "constants"}
LINES_OF_A_FILE = 500
LINES_OF_A_FUNCTION = 60
NESTING = 4
PARAMETERS = 8

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def depth(node: ast.AST, outer: int = 0) -> int:
    """Count how deep blocks stand in each other; ``elif`` is not deeper than its ``if``."""
    deepest = outer
    for child in ast.iter_child_nodes(node):
        chained = isinstance(node, ast.If) and child in node.orelse and isinstance(child, ast.If)
        inner = outer + (isinstance(child, BLOCKS) and not chained)
        deepest = max(deepest, depth(child, inner))
    return deepest


def too_much(path: Path, function: Function) -> Iterator[str]:
    """Say what of a function is over its limit."""
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    if lines > LINES_OF_A_FUNCTION and function.name != "__init__":
        yield f"{label(path)} {function.name}: {lines} lines"
    if depth(function) > NESTING:
        yield f"{label(path)} {function.name}: nested {depth(function)} deep"
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    named = [one.arg for one in given if one.arg not in ("self", "cls")]
    if len(named) > PARAMETERS:
        yield f"{label(path)} {function.name}: {len(named)} parameters"


def test_files_are_named_after_what_they_hold() -> None:
    bad = [label(path) for path in FILES if FORBIDDEN & set(path.relative_to(ROOT).with_suffix("").parts)]
    assert bad == []


def test_a_file_can_be_read_at_one_sitting() -> None:
    lines = {label(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: count for name, count in lines.items() if count > LINES_OF_A_FILE} == {}


def test_functions_are_short_and_flat_and_take_few_arguments() -> None:
    assert [fault for path in SOURCES for function in functions(path) for fault in too_much(path, function)] == []


def test_a_package_opens_with_what_belongs_in_it() -> None:
    openings = {
        label(path): (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n\n")[0]
        for path in SOURCES
        if path.name == "__init__.py"
    }
    assert [name for name, opening in openings.items() if not opening.endswith(".")] == []


def test_every_folder_of_the_package_is_a_package() -> None:
    folders = {path.parent for path in SOURCES}
    assert [label(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_leftovers_name_their_issue() -> None:
    mark = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b(?!.*#\d+)")  # in pieces, or this line would be found
    texts = [*FILES, *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml"]
    found = [
        f"{label(path)}:{number}"
        for path in texts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if mark.search(line)
    ]
    assert found == []
