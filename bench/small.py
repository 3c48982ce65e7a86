"""Train every static model at 64 px, and write ``docs/small.md`` and what it measured into each model's page.

python -m bench.small [--folder FOLDER]
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from PIL import Image

from bench.machine import describe_machine
from bench.table import BEGIN, fill_in
from mienkit.app.small_proof import PRESETS, SmallReport, model_of, prove_small
from mienkit.cli.evaluate_static import line, static_lines
from mienkit.core.config import build_config
from mienkit.core.image import Picture
from mienkit.core.model import MODELS
from mienkit.face.output import write_atomically
from mienkit.weights.atomic import write_text

DOCUMENTS = Path(__file__).parent.parent / "docs"
PAGE, MODEL_PAGES = DOCUMENTS / "small.md", DOCUMENTS / "models"
SHEET, FIGURES = DOCUMENTS / "images" / "small-sheet.jpg", DOCUMENTS / "images" / "small"
QUALITY = 92
"""Of the pictures, as JPEG."""
FOLDER = Path("out/small")


def main() -> None:
    """Train what is not trained yet, compare, and write page and sheet."""
    parser = argparse.ArgumentParser(prog="python -m bench.small", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="of tables and runs; what it holds is not done again"
    )
    parser.add_argument("--workers", type=int, help="trainings at a time; one a processor if left out")
    arguments = parser.parse_args()
    report = prove_small(arguments.folder, arguments.workers, say)
    page = fill_in(PAGE.read_text(encoding="utf-8"), "\n".join(page_lines(report)))
    write_picture(SHEET, report.sheet)
    write_text(PAGE, page)
    for name, lines in model_lines(report):
        write_picture(FIGURES / f"{name}.jpg", report.figures[name])
        path = MODEL_PAGES / f"{name}.md"
        write_text(path, fill_in(path.read_text(encoding="utf-8"), "\n".join(lines)))
    sys.stdout.write("\n".join([*static_lines(report.comparison, report.faults), ""]))


def say(text: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def write_picture(path: Path, picture: Picture) -> None:
    """Write a picture as JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda file: Image.fromarray(picture).save(file, format="JPEG", quality=QUALITY))


def model_lines(report: SmallReport) -> Iterator[tuple[str, list[str]]]:
    """Write what was measured of each model whose page has a place for it."""
    for name in report.figures:
        page = MODEL_PAGES / f"{name}.md"
        if not page.is_file() or BEGIN not in page.read_text(encoding="utf-8"):
            continue
        asked = {row.emotions for row in report.comparison.rows if model_of(row.model) == name}
        rows = [
            row for row in report.comparison.rows if model_of(row.model) in ("copy", name) and row.emotions in asked
        ]
        faults = {title: fault for title, fault in report.faults.items() if model_of(title) == name}
        yield (
            name,
            [
                "By `make train-small`, which trains all static models alike; [there](../small.md) are the others and",
                "what the columns mean.",
                "",
                *static_lines(replace(report.comparison, rows=rows), faults),
                "",
                f"![The same eight edits by {name}](../images/small/{name}.jpg)",
            ],
        )


def page_lines(report: SmallReport) -> list[str]:
    """Write what was measured."""
    machine = {str(name): value for name, value in describe_machine().rows}
    judge = f" The judge's training took {report.judge_seconds / 60:.0f} CPU minutes." if report.judge_seconds else ""
    return [
        f"{machine['date']}, {machine['processor']}, torch {machine['torch']}, mienkit {machine['mienkit']}.{judge}",
        "",
        *static_lines(report.comparison, report.faults),
        "",
        "## Reductions",
        "",
        line(["model", "preset", "differences to the paper's settings"]),
        line(["---"] * 3),
        *(line(cells) for cells in reductions()),
    ]


def reductions() -> Iterator[list[str]]:
    """Name how each small preset differs from its model's defaults."""
    for name in MODELS:
        for preset in PRESETS:
            if preset in MODELS[name].presets:
                yield [name, f"`{preset}`", written(name, MODELS[name].presets[preset])]


def written(name: str, preset: Mapping[str, object]) -> str:
    """Write differences as settings, with the default behind each."""
    kind = MODELS[name]
    usual, small = vars(build_config(kind.Config)), vars(build_config(kind.Config, preset))
    return ", ".join(f"{key} {small[key]} ({usual[key]})" for key in usual if small[key] != usual[key])


if __name__ == "__main__":
    main()
