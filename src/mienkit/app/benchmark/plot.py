"""Plots as SVG that takes its colours from the page: no script, no file, nothing fetched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, TypeAlias

SIGNS = ("circle", "square", "triangle", "diamond")
"""Beside colours, which not everybody tells apart."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a plot."""

    name: str
    number: int
    """Which colour and sign; the same for a model everywhere."""
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    """Lower end of the band around the line."""
    high: Sequence[float] = ()


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The space of a plot."""

    x: tuple[float, float]
    y: tuple[float, float]
    x_title: str = ""
    y_title: str = ""
    width: int = 600
    height: int = 380
    left: int = 52
    bottom: int = 42
    ticks: int = 6

    def across(self, value: float) -> float:
        """Return where a value of x stands, in pixels."""
        start, stop = self.x
        return self.left + (value - start) / (stop - start) * (self.width - self.left - 14)

    def down(self, value: float) -> float:
        """Return where a value of y stands, in pixels."""
        start, stop = self.y
        floor = self.height - self.bottom
        return floor - (value - start) / (stop - start) * (floor - 12)

    def at(self, x: float, y: float) -> str:
        """Write a point."""
        return f"{self.across(x):.1f},{self.down(y):.1f}"


def line_plot(title: str, frame: Frame, series: Iterable[Series], guides: Sequence[Sequence[tuple[float, float]]] = ()
              ) -> str:  # fmt: skip
    """Draw lines with their points.

    Args:
        title: read out in place of the picture.
        frame: the space.
        series: lines.
        guides: broken lines behind them.
    """
    parts = [axes(frame)]
    parts += [f'<polyline class="guide" points="{points(frame, guide)}"/>' for guide in guides]
    for one in series:
        if len(one.low):
            edge = [*zip(one.x, one.high, strict=True), *reversed([*zip(one.x, one.low, strict=True)])]
            parts.append(f'<polygon class="band f{one.number}" points="{points(frame, edge)}"/>')
        both = [*zip(one.x, one.y, strict=True)]
        parts.append(f'<polyline class="line s{one.number}" points="{points(frame, both)}"/>')
        parts += [sign(one.number, frame.across(x), frame.down(y), f"{one.name}: {x:.2f}, {y:.2f}") for x, y in both]
    return svg(title, frame.width, frame.height, parts)


People: TypeAlias = Sequence[Mapping[str, Any]]
"""Of an identity plot: each ``before``, [x, y], and ``edits`` of ``asked`` and ``at``, [x, y]."""
PLANE = 360
"""Side of an identity plot."""


def identity_plot(title: str, people: People, span: float) -> str:
    """Draw people on a plane: a ring for each photograph, and its edits joined to it.

    Args:
        title: read out in place of the picture.
        people: who is drawn.
        span: half the side of the plane.
    """
    frame = Frame(x=(-span, span), y=(-span, span), width=PLANE, height=PLANE, left=40, bottom=26, ticks=5)
    parts = [axes(frame)]
    for number, one in enumerate(people):
        x, y = frame.across(one["before"][0]), frame.down(one["before"][1])
        for edit in one["edits"]:
            right, below = frame.across(edit["at"][0]), frame.down(edit["at"][1])
            parts.append(f'<line class="way s{number}" x1="{x:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{below:.1f}"/>')
            parts.append(sign(number, right, below, f"person {number + 1}, {edit['asked']}"))
        name = f"<title>person {number + 1}</title>"
        parts.append(f'<circle class="ring s{number}" cx="{x:.1f}" cy="{y:.1f}" r="6">{name}</circle>')
    return svg(title, PLANE, PLANE, parts)


def points(frame: Frame, values: Iterable[tuple[float, float]]) -> str:
    """Write points."""
    return " ".join(frame.at(x, y) for x, y in values)


def axes(frame: Frame) -> str:
    """Draw the axes with their numbers and titles."""
    parts = []
    for value in steps(frame.x, frame.ticks):
        place = frame.across(value)
        floor = frame.height - frame.bottom
        parts.append(f'<line class="axis" x1="{place:.1f}" x2="{place:.1f}" y1="12" y2="{floor}"/>')
        parts.append(text(place, frame.height - frame.bottom + 16, f"{value:g}", "middle", "soft"))
    for value in steps(frame.y, frame.ticks):
        place = frame.down(value)
        parts.append(
            f'<line class="axis" x1="{frame.left}" x2="{frame.width - 14}" y1="{place:.1f}" y2="{place:.1f}"/>'
        )
        parts.append(text(frame.left - 6, place + 4, f"{value:g}", "end", "soft"))
    if frame.x_title:
        parts.append(text((frame.left + frame.width - 14) / 2, frame.height - 6, frame.x_title, "middle"))
    if frame.y_title:
        middle = (frame.height - frame.bottom + 12) / 2
        parts.append(
            f'<text x="13" y="{middle:.0f}" text-anchor="middle" transform="rotate(-90 13 {middle:.0f})">'
            f"{escape(frame.y_title)}</text>"
        )
    return "".join(parts)


def steps(ends: tuple[float, float], most: int) -> list[float]:
    """Choose round numbers from end to end."""
    span = ends[1] - ends[0]
    size = next(step for step in (0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 1e9) if span / step <= most)
    first = -(-ends[0] // size)
    return [round(size * (first + place), 6) + 0.0 for place in range(int((ends[1] - first * size) / size + 1e-6) + 1)]


def sign(number: int, x: float, y: float, title: str = "") -> str:
    """Draw the sign of a series."""
    shape, look = SIGNS[(number + number // 8) % len(SIGNS)], f'class="f{number}"'
    told = f"<title>{escape(title)}</title>" if title else ""
    if shape == "circle":
        return f'<circle {look} cx="{x:.1f}" cy="{y:.1f}" r="3.6">{told}</circle>'
    if shape == "square":
        return f'<rect {look} x="{x - 3.2:.1f}" y="{y - 3.2:.1f}" width="6.4" height="6.4">{told}</rect>'
    corners = {"triangle": ((0, -4.4), (4.2, 3.4), (-4.2, 3.4)), "diamond": ((0, -4.6), (4.6, 0), (0, 4.6), (-4.6, 0))}
    edge = " ".join(f"{x + right:.1f},{y + below:.1f}" for right, below in corners[shape])
    return f'<polygon {look} points="{edge}">{told}</polygon>'


def text(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> str:
    """Write words."""
    look = f' class="{kind}"' if kind else ""
    return f'<text{look} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def svg(title: str, width: float, height: float, parts: Iterable[str]) -> str:
    """Close a drawing, with a name for those who cannot see it."""
    return f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'


def key(names: Mapping[str, int]) -> str:
    """Say which line is whose."""
    items = [
        f'<li><svg viewBox="0 0 30 12" aria-hidden="true"><line class="line s{number}" x1="0" x2="30" y1="6" y2="6"/>'
        f"{sign(number, 15, 6)}</svg>{escape(name)}</li>"
        for name, number in names.items()
    ]
    return f'<ul class="key">{"".join(items)}</ul>'


def unknown_cell(left: float, top: float, title: str) -> str:
    """Draw a cell of a map of which nothing is known."""
    return (
        f'<rect class="unknown" x="{left + 4}" y="{top + 4}" width="{CELL - 9}" height="{CELL - 9}">'
        f"<title>{escape(title)}</title></rect>"
    )


CELL, LABEL, HEAD = 19, 46, 44


def heat_map(title: str, values: Mapping[str, Mapping[str, float | None]], full: float = 1.0) -> str:
    """Draw a map of changes: orange rises, blue falls, as strong as the change; what was asked for has a frame.

    Args:
        title: read out in place of the picture.
        values: row -> column -> change; None of what nobody knows, which has a broken frame.
        full: the change that has the full colour.
    """
    rows, columns = list(values), list(next(iter(values.values())))
    parts = []
    for place, name in enumerate(columns):
        x, y = LABEL + (place + 0.65) * CELL, HEAD - 6
        parts.append(f'<text x="{x:.1f}" y="{y}" transform="rotate(-60 {x:.1f} {y})">{escape(name)}</text>')
    for line, row in enumerate(rows):
        top = HEAD + line * CELL
        parts.append(text(LABEL - 5, top + CELL - 5, row, "end"))
        for place, column in enumerate(columns):
            value, left = values[row].get(column), LABEL + place * CELL
            if value is None:
                parts.append(unknown_cell(left, top, f"{row} asked, {column} unknown"))
                continue
            strength = min(1.0, abs(value) / full)
            parts.append(
                f'<rect class="{"rise" if value >= 0 else "fall"}" x="{left}" y="{top}" width="{CELL - 1}" '
                f'height="{CELL - 1}" fill-opacity="{strength:.2f}"><title>{escape(row)} asked, {escape(column)} '
                f"measured: {value:+.2f}</title></rect>"
            )
            if row == column:
                parts.append(f'<rect class="own" x="{left}" y="{top}" width="{CELL - 1}" height="{CELL - 1}"/>')
    return svg(title, LABEL + len(columns) * CELL + 24, HEAD + len(rows) * CELL + 2, parts)
