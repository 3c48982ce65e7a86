"""Fenced code blocks of Markdown files."""

import re
from pathlib import Path
from textwrap import dedent

FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n]*)\n(?P<code>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)


def read_fences(path: Path, info: str) -> list[str]:
    """Return the code of every block whose opening line says ``info``, such as ``sh tested``."""
    found = FENCE.finditer(path.read_text(encoding="utf-8"))
    return [dedent(match["code"]) for match in found if match["info"].strip() == info]
