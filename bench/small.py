"""Train every model at 64 px, and write ``docs/small.md`` and what it measured into each model's page.

python -m bench.small [--only static|motion] [--folder FOLDER]
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from PIL import Image

from bench.machine import describe_machine
from bench.motion import MOTION_MARKS, clip_lines, motion_model_lines, motion_page_lines, mover_lines
from bench.table import BEGIN, fill_in
from mienkit.app.motion_proof import prove_motion
from mienkit.app.small_proof import PRESETS, SmallReport, learns_from_clips, model_of, prove_small
from mienkit.app.train import TrainRequest
from mienkit.cli.evaluate_static import line, static_lines
from mienkit.core.config import build_config
from mienkit.core.image import Picture
from mienkit.core.model import MODELS
from mienkit.face.output import write_atomically
from mienkit.weights.atomic import write_text

DOCUMENTS = Path(__file__).parent.parent / "docs"
PAGE, MODEL_PAGES = DOCUMENTS / "small.md", DOCUMENTS / "models"
SHEET, FIGURES = DOCUMENTS / "images" / "small-sheet.jpg", DOCUMENTS / "images" / "small"
CLIP_SHEET = DOCUMENTS / "images" / "small-clips.jpg"
QUALITY = 92
"""Of the pictures, as JPEG."""
FOLDER = Path("out/small")


def main() -> None:
    """Train what is not trained yet, compare, and write page, sheets and figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.small", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="of tables and runs; what it holds is not done again"
    )
    parser.add_argument("--workers", type=int, help="trainings at a time; one a processor if left out")
    parser.add_argument("--only", choices=list(PARTS), help="one part: models of pictures, or models that move")
    arguments = parser.parse_args()
    for part in [arguments.only] if arguments.only else PARTS:
        sys.stdout.write("\n".join([*PARTS[part](arguments.folder, arguments.workers), ""]))


def write_static(folder: Path, workers: int | None) -> list[str]:
    """Compare the static models, write what is said of them, and return their table."""
    report = prove_small(folder, workers, say)
    page = fill_in(PAGE.read_text(encoding="utf-8"), "\n".join(page_lines(report)))
    write_picture(SHEET, report.sheet)
    write_text(PAGE, page)
    for name, lines in model_lines(report):
        write_model(name, lines, report.figures[name])
    return static_lines(report.comparison, report.faults)


def write_motion(folder: Path, workers: int | None) -> list[str]:
    """Do the same with the models that move."""
    report = prove_motion(folder, workers, say)
    lines = [dated(), "", *motion_page_lines(report, [line(cells) for cells in reductions(moving=True)])]
    page = fill_in(PAGE.read_text(encoding="utf-8"), "\n".join(lines), MOTION_MARKS)
    write_picture(CLIP_SHEET, report.sheet)
    write_text(PAGE, page)
    for name, told in motion_model_lines(report):
        if has_place(name):
            write_model(name, told, report.figures.get(name))
    return [*mover_lines(report.comparison), "", *clip_lines(report.comparison, report.faults)]


PARTS: Mapping[str, Callable[[Path, int | None], list[str]]] = {"static": write_static, "motion": write_motion}
"""What ``--only`` names -> who does it."""


def write_model(name: str, lines: list[str], figure: Picture | None) -> None:
    """Write what was measured of a model into its page, and its figure, if it has one."""
    if figure is not None:
        write_picture(FIGURES / f"{name}.jpg", figure)
    path = MODEL_PAGES / f"{name}.md"
    write_text(path, fill_in(path.read_text(encoding="utf-8"), "\n".join(lines)))


def has_place(name: str) -> bool:
    """Tell whether a model's page has a place for what was measured."""
    page = MODEL_PAGES / f"{name}.md"
    return page.is_file() and BEGIN in page.read_text(encoding="utf-8")


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
        if not has_place(name):
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
    judge = f" The judge's training took {report.judge_seconds / 60:.0f} CPU minutes." if report.judge_seconds else ""
    return [
        f"{dated()}{judge}",
        "",
        *static_lines(report.comparison, report.faults),
        "",
        "## Reductions",
        "",
        line(["model", "preset", "differences to the paper's settings"]),
        line(["---"] * 3),
        *(line(cells) for cells in reductions()),
    ]


def dated() -> str:
    """Say when and where it was measured."""
    machine = {str(name): value for name, value in describe_machine().rows}
    return f"{machine['date']}, {machine['processor']}, torch {machine['torch']}, mienkit {machine['mienkit']}."


def reductions(*, moving: bool = False) -> Iterator[list[str]]:
    """Name how each small preset differs from its model's defaults, of static models or of those that move."""
    for name in MODELS:
        for preset in PRESETS:
            if preset not in MODELS[name].presets:
                continue
            if learns_from_clips(TrainRequest(model=name, preset=preset, tables=[])) == moving:
                yield [name, f"`{preset}`", written(name, MODELS[name].presets[preset])]


def written(name: str, preset: Mapping[str, object]) -> str:
    """Write differences as settings, with the default behind each."""
    kind = MODELS[name]
    usual, small = vars(build_config(kind.Config)), vars(build_config(kind.Config, preset))
    return ", ".join(f"{key} {small[key]} ({usual[key]})" for key in usual if small[key] != usual[key])


if __name__ == "__main__":
    main()
