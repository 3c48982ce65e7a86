"""Pictures on the page: the same faces by every model, and failures."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from mienkit.app.benchmark.line import Line
from mienkit.app.benchmark.page import scrolling, table
from mienkit.app.benchmark.summary import ORDER, breaking


def picture(folder: Path, place: object, alt: str) -> str:
    """Put a picture into the page; one that is missing, or lies elsewhere, says so."""
    path = folder / str(place)
    inside = isinstance(place, str) and path.resolve().is_relative_to(folder.resolve())
    if not inside or not path.is_file():
        return f'<span class="none">{escape(alt)}: no picture</span>'
    code = base64.b64encode(path.read_bytes()).decode()
    return f'<img loading="lazy" alt="{escape(alt)}" src="data:image/jpeg;base64,{code}">'


def contact_sheet(folder: Path, lines: Sequence[Line]) -> str:
    """Lay out the same faces by every model; nothing where nobody kept any.

    Lines of one seed and judge. Who leaves faces alone has no row: it is the first one.
    """
    sheets = {line.key: line.pictures["contact"] for line in lines if line.pictures.get("contact")}
    asked = list(dict.fromkeys(tile["asked"] for tiles in sheets.values() for tile in tiles))
    if not asked:
        return ""
    by_asked = {key: {tile["asked"]: tile for tile in tiles} for key, tiles in sheets.items()}
    before = {name: tile["before"] for tiles in by_asked.values() for name, tile in tiles.items() if "before" in tile}
    shown = sorted(
        (line for line in lines if line.key in sheets and not (line.name == "copy" and before)),
        key=lambda line: (ORDER.get(line.kind, 3), line.model, line.told),
    )
    ways = {line.model: sum(other.model == line.model for other in shown) for line in shown}
    rows = [face_row(folder, "before, and by copy", asked, before)] if before else []
    for line in shown:
        title = line.label if ways[line.model] > 1 else line.model
        made = {name: tile["after"] for name, tile in by_asked[line.key].items() if "after" in tile}
        rows.append(face_row(folder, title, asked, made))
    heads = ["<td></td>", *(f'<th scope="col">{escape(name)}</th>' for name in asked)]
    return scrolling("contact sheet", table("The same faces by every model.", heads, rows, "faces sticky"))


def face_row(folder: Path, title: str, asked: Sequence[str], made: Mapping[str, object]) -> str:
    """Lay out one model's faces."""
    cells = [
        f"<td>{picture(folder, made[name], f'{title}: {name}')}</td>" if name in made
        else '<td><span class="none">not asked, or not taken</span></td>'
        for name in asked
    ]  # fmt: skip
    return f'<tr><th scope="row">{breaking(title)}</th>{"".join(cells)}</tr>'


def failure_gallery(folder: Path, lines: Sequence[Line]) -> str:
    """Show each model's failures; nothing where nobody kept any."""
    parts = []
    for line in sorted(lines, key=lambda line: (ORDER.get(line.kind, 3), line.model, line.told)):
        tiles = line.pictures.get("failures") or []
        if tiles:
            title = line.label
            items = "".join(failure(folder, title, tile) for tile in tiles)
            parts.append(f'<h4>{escape(title)}</h4><ul class="gallery">{items}</ul>')
    return "".join(parts)


def failure(folder: Path, title: str, tile: Mapping[str, Any]) -> str:
    """Show one failure beside the picture before, and the exact one where there is one."""
    names = {"before": "before", "after": f"{title}: {tile['asked']}", "exact": "as it should be"}
    pictures = "".join(picture(folder, tile[part], alt) for part, alt in names.items() if part in tile)
    caption = escape(f"{tile['asked']}: {tile['note']}")
    return f'<li><figure><div class="pair">{pictures}</div><figcaption>{caption}</figcaption></figure></li>'
