"""Train every static model at 64 px and write ``docs/small.md``: ``python -m bench.small [--folder FOLDER]``."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image

from bench.machine import describe_machine
from bench.table import fill_in
from mienkit.app.small_proof import PRESETS, SmallReport, prove_small
from mienkit.cli.evaluate_static import line, static_lines
from mienkit.core.config import build_config
from mienkit.core.model import MODELS
from mienkit.face.output import write_atomically
from mienkit.weights.atomic import write_text

DOCUMENTS = Path(__file__).parent.parent / "docs"
PAGE, SHEET = DOCUMENTS / "small.md", DOCUMENTS / "images" / "small-sheet.png"
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
    write_atomically(SHEET, lambda file: Image.fromarray(report.sheet).save(file, format="PNG", optimize=True))
    write_text(PAGE, page)
    sys.stdout.write("\n".join([*static_lines(report.comparison, report.faults), ""]))


def say(text: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


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
