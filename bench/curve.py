"""A small picture of lines over a logarithmic axis, as SVG."""

import math
from collections.abc import Mapping, Sequence

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 120, 20, 44
COLOURS = ("#1b6ca8", "#c1531b", "#3c7a3c", "#7a3c7a")
STEPS = 5
"""Lines across."""


def draw_curve(lines: Mapping[str, Points], across: str, up: str) -> str:
    """Draw lines through points: x, at least 1, by its logarithm; y from 0.

    Args:
        lines: name -> points, in order of x.
        across: what x is.
        up: what y is.
    """
    points = [point for line in lines.values() for point in line]
    tens = [math.log10(x) for x, _ in points]
    low, high, top = math.floor(min(tens)), math.ceil(max(tens)), round_up(max(y for _, y in points))

    def at(x: float, y: float) -> tuple[float, float]:
        share = (math.log10(x) - low) / max(1, high - low)
        return LEFT + share * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    ]
    for step in range(STEPS + 1):
        x, y = at(10**low, top * step / STEPS)
        parts.append(f'<line x1="{x}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(text(x - 6, y + 4, f"{top * step / STEPS:g}", "end"))
    marks = range(low, high + 1)
    parts += [text(at(10**ten, 0)[0], HEIGHT - BOTTOM + 16, f"{10**ten:,}", "middle") for ten in marks]
    parts += [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, across, "middle"), text(8, 12, up, "start")]
    for (name, line), colour in zip(lines.items(), COLOURS, strict=False):
        places = [at(x, y) for x, y in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        parts.append(text(places[-1][0] + 8, places[-1][1] + 4, name, "start", colour))
    return "\n".join([*parts, "</svg>"]) + "\n"


def text(x: float, y: float, words: str, anchor: str, colour: str = "#000") -> str:
    """Write words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'


def round_up(value: float) -> float:
    """Return the next of 1, 2, 2.5, 5 or 10 times a power of ten."""
    ten = 10 ** math.floor(math.log10(value))
    return next(ten * step for step in (1, 2, 2.5, 5, 10) if ten * step >= value)
