"""Writes the API reference: one Markdown page a package, made of signatures and docstrings. Run by ``make docs``.

Sources are parsed, not imported: the pages do not depend on what is installed.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "mienkit"
PAGES = Path(__file__).resolve().parent

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Module:
    """One file of a package."""

    name: str
    """Dotted, ``mienkit.face.photo``."""
    tree: ast.Module


def main(target: Path = PAGES) -> list[Path]:
    """Write a page for every package and an index; returns what was written."""
    packages = sorted(path.parent for path in SOURCE.glob("*/__init__.py"))
    written = [write(target / f"{package.name}.md", page(package)) for package in packages]
    return [write(target / "README.md", index(packages)), *written]


def write(path: Path, text: str) -> Path:
    """Write a page."""
    path.write_text(text, encoding="utf-8")
    return path


def index(packages: list[Path]) -> str:
    """List what can be imported from ``mienkit`` itself, and the pages."""
    lines = [
        "# API reference",
        "",
        "Made from the docstrings by `make docs`, which also writes the packages' pages.",
        "",
    ]
    lines += ["## mienkit", "", *public_functions(), "## Packages", ""]
    for package in packages:
        tree = parse(package / "__init__.py")
        lines.append(f"- [`mienkit.{package.name}`]({package.name}.md): {first_line(tree)}")
    return "\n".join(lines) + "\n"


def public_functions() -> list[str]:
    """Show the functions that ``import mienkit`` offers."""
    lines = []
    for name, home in sorted(homes(parse(SOURCE / "__init__.py")).items()):
        module = SOURCE.joinpath(*home.split(".")[1:]).with_suffix(".py")
        found = next(node for node in definitions(parse(module)) if node.name == name)
        lines += describe(found, f"mienkit.{name}", level=3)
    return lines


def homes(tree: ast.Module) -> dict[str, str]:
    """Read where the public functions live, from the table in ``mienkit/__init__.py``."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_HOMES":
            table: dict[str, str] = ast.literal_eval(node.value)
            return table
    raise LookupError("mienkit/__init__.py has no table _HOMES")


def page(package: Path) -> str:
    """Describe a package, module by module."""
    lines = [f"# mienkit.{package.name}", "", ast.get_docstring(parse(package / "__init__.py")) or "", ""]
    for module in modules(package):
        body = [line for node in definitions(module.tree) for line in describe(node, node.name, level=3)]
        summary = ast.get_docstring(module.tree) or ""
        lines += [f"## {module.name}", "", summary, "", *values(module.tree), *body]
    return "\n".join(lines).rstrip() + "\n"


def modules(package: Path) -> Iterator[Module]:
    """List the files of a package and of the packages in it."""
    for path in sorted(package.rglob("*.py")):
        if path.name != "__init__.py":
            parts = path.relative_to(SOURCE.parent).with_suffix("").parts
            yield Module(name=".".join(parts), tree=parse(path))


def parse(path: Path) -> ast.Module:
    """Read a source file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def definitions(tree: ast.Module | ast.ClassDef) -> list[Definition]:
    """List public functions and classes."""
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    return [node for node in found if not node.name.startswith("_")]


def describe(node: Definition, name: str, level: int) -> list[str]:
    """Show one function or class with its signature and docstring."""
    lines = [f"{'#' * level} `{name}`", "", "```python", signature(node), "```", "", ast.get_docstring(node) or "", ""]
    if isinstance(node, ast.ClassDef):
        lines += values(node)
        for method in definitions(node):
            lines += describe(method, f"{name}.{method.name}", level + 1)
    return lines


def signature(node: Definition) -> str:
    """Write a definition's first line."""
    if isinstance(node, ast.ClassDef):
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        return f"class {node.name}({bases})" if bases else f"class {node.name}"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"def {node.name}({ast.unparse(node.args)}){returns}"


def values(node: ast.Module | ast.ClassDef) -> list[str]:
    """List public fields and constants that have a type or an explanation."""
    lines = []
    for place, statement in enumerate(node.body):
        entry = value_line(statement, node.body[place + 1] if place + 1 < len(node.body) else None)
        if entry:
            lines.append(entry)
    return [*lines, ""] if lines else []


def value_line(statement: ast.stmt, following: ast.stmt | None) -> str | None:
    """Describe one field or constant; None where there is nothing public to say."""
    explained = ""
    if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
        explained = " ".join(str(following.value.value).split())
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        name, kind = statement.target.id, f": {ast.unparse(statement.annotation)}"
    elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name) and explained:
        name, kind = statement.targets[0].id, ""
    else:
        return None
    return None if name.startswith("_") else f"- `{name}{kind}` {explained}".rstrip()


def first_line(tree: ast.Module) -> str:
    """Return the first sentence of a docstring."""
    return (ast.get_docstring(tree) or "").partition("\n")[0].partition(". ")[0].rstrip(".") + "."


if __name__ == "__main__":
    for written in main():
        sys.stdout.write(f"wrote {written.relative_to(ROOT)}\n")
