"""Measure everything and write it down: ``python -m bench [--quick] [--out docs/bench.md]``."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.calm import bench_calm
from bench.data import bench_data
from bench.duchenne import bench_engines, bench_parts
from bench.edit import bench_edits
from bench.film import LENGTHS, bench_film
from bench.machine import describe_machine
from bench.path import bench_meter, bench_photos
from bench.prepare import bench_prepare
from bench.reexpress import bench_fit, bench_reexpression
from bench.render import bench_render
from bench.table import Table, write_table
from bench.training import bench_ours, bench_turn
from mienkit.app.edit import load_workshop
from mienkit.core.errors import MienError
from mienkit.weights.atomic import write_text

DOCUMENT = Path(__file__).parent.parent / "docs" / "bench.md"
TITLE = """# How fast it is

Written by `make bench`; `python -m bench --quick` is a shorter version. What makes the quick ways quick, and how exact
they are, is in [speed](guides/speed.md).

"""


def main() -> None:
    """Run all parts, show each table when it is ready, and write the document at the end."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, nothing that takes minutes to prepare")
    parser.add_argument("--out", type=Path, default=DOCUMENT, help="the document to write")
    arguments = parser.parse_args()
    written = [TITLE]
    for part in parts(arguments.quick):
        written.append(write_table(part) + "\n")
        sys.stdout.write(written[-1])
        sys.stdout.flush()
    write_text(arguments.out, "".join(written).rstrip() + "\n")


def parts(quick: bool) -> Iterator[Table]:
    """Measure one part after the other."""
    yield describe_machine()
    yield bench_edits(1, rounds=5 if quick else 21, full=not quick)
    yield bench_edits(16, rounds=2 if quick else 5, full=not quick)
    yield bench_parts(rounds=5 if quick else 21)
    yield bench_engines(rounds=5 if quick else 41, full=not quick)
    yield from where_possible(lambda: bench_photos(load_workshop(device="cpu"), rounds=3 if quick else 9))
    yield from where_possible(lambda: bench_meter(load_workshop(device="cpu"), rounds=10 if quick else 50))
    yield from where_possible(lambda: bench_film(lengths=(2, 4) if quick else LENGTHS))
    yield from where_possible(lambda: bench_calm(people=2 if quick else 30, seeds=1 if quick else 3))
    yield bench_data(count=64 if quick else 512, rounds=3 if quick else 5)
    yield bench_prepare(count=100 if quick else 1000)
    yield from where_possible(lambda: bench_render(count=48 if quick else 160, rounds=3 if quick else 9))
    yield from where_possible(lambda: bench_fit(rounds=3 if quick else 9))
    yield from where_possible(lambda: bench_reexpression(count=12 if quick else 24, rounds=3 if quick else 7))
    yield bench_ours(rounds=2 if quick else 5)
    yield bench_turn(rounds=1 if quick else 2)


def where_possible(measure: Callable[[], Table]) -> Iterator[Table]:
    """Measure what needs released weights, the head model or an extra; say so where they are missing."""
    try:
        yield measure()
    except MienError as error:
        sys.stderr.write(f"left out: {error}\n")


if __name__ == "__main__":
    main()
