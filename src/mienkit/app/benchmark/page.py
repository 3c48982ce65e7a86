"""The page's frame: all it needs is inside it, and it stays readable in light and dark, without a script, by key."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

LOOKS = 24
"""Series that are told apart: eight colours, each whole, broken and dotted."""
DASHES = ("none", "6 3", "2 3")


def read_style() -> str:
    """Return the style sheet, with the looks of series."""
    looks = "".join(
        f".s{n} {{ stroke: var(--c{n % 8}); stroke-dasharray: {DASHES[n // 8]}; }} .f{n} {{ fill: var(--c{n % 8}); }}\n"
        for n in range(LOOKS)
    )
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8") + looks


def read_script() -> str:
    """Return the script, without which nothing is lost but sorting."""
    return Path(__file__).with_name("page.js").read_text(encoding="utf-8")


def html_page(title: str, intro: str, sections: Mapping[str, tuple[str, str]], footer: str) -> str:
    """Put a page together.

    Args:
        title: plain text.
        intro: HTML.
        sections: anchor -> plain title and HTML.
        footer: plain text.
    """
    links = "".join(f'<li><a href="#{anchor}">{escape(name)}</a></li>' for anchor, (name, _) in sections.items())
    bodies = "".join(
        f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{escape(name)}</h2>{body}</section>'
        for anchor, (name, body) in sections.items()
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{read_style()}</style></head><body>"
        '<a class="skip" href="#content">to the content</a>'
        f'<header><h1>{escape(title)}</h1>{intro}<nav aria-label="Protocols"><ul>{links}</ul></nav></header>'
        f'<main id="content">{bodies}<footer><p>{escape(footer)}</p></footer></main>'
        f"<script>{read_script()}</script></body></html>\n"
    )


def paragraph(text: str, kind: str = "") -> str:
    """Write a paragraph of plain text."""
    return f"<p{class_of(kind)}>{escape(text)}</p>"


def class_of(kind: str) -> str:
    """Write the class attribute; nothing for none."""
    return f' class="{kind}"' if kind else ""


def details(summary: str, body: str) -> str:
    """Fold HTML away under a line of plain text."""
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


def scrolling(label: str, body: str) -> str:
    """Let something wide scroll by itself, by key, too."""
    return f'<div class="wide" role="region" tabindex="0" aria-label="{escape(label)}">{body}</div>'


def table(caption: str, heads: Sequence[str], rows: Iterable[str], kind: str = "") -> str:
    """Write a table of ready cells; the caption, plain text, is read out and not seen."""
    body = "".join(rows)
    return (
        f"<table{class_of(kind)}><caption>{escape(caption)}</caption>"
        f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{body}</tbody></table>"
    )
