"""Measure what `mien prepare` needs on many machines: ``python -m bench.scale [--quick] [--photos FOLDER]``."""

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from bench.cost import Assumed, Measured, cost_table, figures_table
from bench.crowd import write_crowd
from bench.curve import draw_curve
from bench.driver import Drive, drive, hand_out, list_only
from bench.machine import describe_machine
from bench.portraits import write_portraits
from bench.table import Table, fill_in, write_table
from bench.timing import on_one_core
from mienkit.app.prepare import PrepareJob
from mienkit.core.config import build_config, parse_settings
from mienkit.core.errors import DataError
from mienkit.data.listing import PICTURES, LeftOut, walk_files
from mienkit.data.table import SHARDS
from mienkit.weights.atomic import write_text

DOCUMENTS = Path(__file__).parent.parent / "docs"
GUIDE, CURVE = DOCUMENTS / "guides" / "scale.md", DOCUMENTS / "images" / "driver-memory.svg"
MIB = 2**20
PROCESSES = (1, 2)
QUICK = (200, 2_000)
LEAST = 32
"""Photographs that speed can be measured with."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much is measured."""

    counts: Sequence[int] = (1_000, 10_000, 100_000)
    """Faces whose driver is watched, rising."""
    rounds: int = 3
    """Runs of each, of which the one with the middle memory counts: equal runs differ by some MiB."""
    portraits: int = 600


def main() -> None:
    """Measure, show each table when it is ready, and write guide and picture at the end."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few faces; the guide stays as it is")
    parser.add_argument("--photos", type=Path, help="folder of photographs; portraits are made if left out")
    parser.add_argument(
        "--set", action="append", default=[], metavar="price=0.02", help="another assumption; repeat it"
    )
    arguments = parser.parse_args()
    assumed: Assumed = build_config(Assumed, parse_settings(arguments.set))
    written: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        many = Amount(counts=QUICK, rounds=1, portraits=96) if arguments.quick else Amount()
        for part in parts(place, arguments.photos, many, assumed):
            written.append(write_table(part))
            sys.stdout.write(written[-1] + "\n")
            sys.stdout.flush()
        curve = (place / CURVE.name).read_text(encoding="utf-8")
    if not arguments.quick:
        write_text(CURVE, curve)
        write_text(GUIDE, fill_in(GUIDE.read_text(encoding="utf-8"), "\n".join(written)))


def parts(place: Path, photos: Path | None, amount: Amount, assumed: Assumed) -> Iterator[Table]:
    """Measure one part after the other.

    Args:
        place: an empty folder, for what is read and written.
        photos: folder of photographs; portraits are made if None.
        amount: how much is measured.
        assumed: what is not measured.
    """
    yield describe_machine()
    drives = {engine: drive_crowds(place, engine, amount) for engine in engines()}
    lines = {engine: [(run.samples, run.peak) for run in runs] for engine, runs in drives.items()}
    write_text(place / CURVE.name, draw_curve(lines, "drawn faces prepared", "MiB of the driver, at most"))
    yield memory_table(drives)
    listings = list_folders(place, amount.counts)
    yield listing_table(listings)
    if photos is None:
        photos = place / "portraits"
        write_portraits(photos, amount.portraits)
    job = PrepareJob(reader="folder", place=photos, out=place / "out")
    ways = [(engine, count) for engine in engines() for count in PROCESSES]
    speeds = {(engine, count): on_one_core(drive, job, engine, count) for engine, count in ways}
    yield speed_table(speeds)
    engine, count = ways[-1]
    run = speeds[engine, count]
    measured = Measured(
        rate=speed(run, count) / count,
        start=starting(run, count),
        listing=max(runs[-1].listing / runs[-1].samples for runs in listings.values()),
        handing=on_one_core(hand_out, engine, amount.counts[0]),
        finishing=drives[engine][-1].finishing / drives[engine][-1].samples,
        photo=mean(path.stat().st_size for path in pictures(photos)),
        row=sum(path.stat().st_size for path in job.out.glob(SHARDS)) / run.rows,
    )
    yield cost_table(measured, assumed)
    yield figures_table(measured, assumed)


def engines() -> list[str]:
    """List the engines that can be measured: ``local``, and ``ray`` where it is installed."""
    return ["local", "ray"] if importlib.util.find_spec("ray") else ["local"]


def drive_crowds(place: Path, engine: str, amount: Amount) -> list[Drive]:
    """Prepare tables of drawn faces, each in a new process."""
    middle = []
    for count in amount.counts:
        crowd = place / f"crowd-{count}"
        if not crowd.exists():
            write_crowd(crowd, count)
        job = PrepareJob(reader="table", place=crowd, out=place / "crowd-out")
        runs = [on_one_core(drive, job, engine, PROCESSES[-1]) for _ in range(amount.rounds)]
        middle.append(sorted(runs, key=lambda run: run.peak)[len(runs) // 2])
    return middle


def memory_table(drives: Mapping[str, Sequence[Drive]]) -> Table:
    """Show what a driver needs for more and more faces."""
    slopes = {engine: slope(runs) for engine, runs in drives.items() if len(runs) > 1}
    told = " and ".join(f"{bytes_a_face:.0f} bytes ({engine})" for engine, bytes_a_face in slopes.items())
    first, last = (next(iter(drives.values()))[number].samples for number in (-2, -1))
    return Table(
        title="Memory of the driver",
        note=f"From {first:,} to {last:,} faces the most that the driver needs grows by {told} a face. MiB of the "
        "process that lists, hands out and finishes, without its workers: the most it had until each moment. Every row "
        "is a new process, of equal ones that with the middle memory. The faces have "
        "32 px; a thousand are drawn, and come again with other noise.",
        columns=("engine", "faces", "before", "listed", "last lot done", "finished", "finishing, s", "the whole, s"),
        rows=[
            (engine, f"{run.samples:,}", run.before, run.listed, run.worked, run.peak, run.finishing, run.seconds)
            for engine, runs in drives.items()
            for run in runs
        ],
    )


def slope(runs: Sequence[Drive]) -> float:
    """Return how many bytes the driver's memory grows with each face, between the two largest runs."""
    less, more = runs[-2:]
    return (more.peak - less.peak) * MIB / (more.samples - less.samples)


def list_folders(place: Path, counts: Sequence[int]) -> dict[str, list[Drive]]:
    """List empty photographs, all in one folder and a hundred in each."""
    runs: dict[str, list[Drive]] = {"one folder": [], "folders of 100": []}
    for layout, drives in runs.items():
        for count in counts:
            tree = place / f"tree-{layout.partition(' ')[0]}-{count}"
            write_names(tree, count, count if layout == "one folder" else 100)
            job = PrepareJob(reader="folder", place=tree, out=place / "list-out")
            drives.append(on_one_core(list_only, job))
    return runs


def write_names(tree: Path, count: int, together: int) -> None:
    """Write empty files that are called like photographs."""
    for index in range(count):
        folder = tree / f"part-{index // together:05d}"
        if index % together == 0:
            folder.mkdir(parents=True)
        (folder / f"photo-{index:07d}.jpg").touch()


def listing_table(listings: Mapping[str, Sequence[Drive]]) -> Table:
    """Show what it takes to list photographs."""
    told = " and ".join(f"{slope(runs):.0f} bytes ({layout})" for layout, runs in listings.items())
    return Table(
        title="Listing",
        note="The reader `folder` lists names, here on a local disk, before the first lot is handed out; no photograph "
        f"is opened. Between the two largest the driver grows by {told} a name: it holds the names of one folder at a "
        "time.",
        columns=("layout", "photographs", "s", "µs each", "MiB before", "MiB at most"),
        rows=[
            (layout, f"{run.samples:,}", run.listing, 1e6 * run.listing / run.samples, run.before, run.peak)
            for layout, runs in listings.items()
            for run in runs
        ],
    )


def pictures(folder: Path) -> list[Path]:
    """List the photographs of a folder.

    Raises:
        DataError: they are too few.
    """
    found = [folder / name for name in walk_files(folder, PICTURES, LeftOut())]
    if len(found) < LEAST:
        raise DataError(f"{folder} holds {len(found)} photographs; at least {LEAST} are needed to measure with")
    return found


def speed(run: Drive, workers: int) -> float:
    """Return the faces a second of all processes while they work, from the time that their stages take."""
    return workers * run.samples / sum(run.stages.values())


def starting(run: Drive, workers: int) -> float:
    """Return the seconds in which processes neither list, work nor finish: they start, or wait for the last of them."""
    return max(0.0, run.seconds - run.listing - run.finishing - sum(run.stages.values()) / workers)


def speed_table(speeds: Mapping[tuple[str, int], Drive]) -> Table:
    """Show faces a second of the engines."""
    alone = {engine: speed(run, 1) for (engine, count), run in speeds.items() if count == 1}
    samples = next(iter(speeds.values())).samples
    stages = next(iter(speeds.values())).stages
    return Table(
        title="Faces a second",
        note=f"{samples:,} photographs, JPEG in, table out, by dlib and the meter, each line a call in a new process. "
        "Faces a second are those of processes at work; starting (programs, weights, Ray) stands apart. Then the ms "
        "of each stage for a photograph.",
        columns=(
            "engine",
            "processes",
            "faces/s",
            "of a process",
            "as much as one",
            "start, s",
            "the whole, s",
            *stages,
        ),
        rows=[
            (
                engine,
                count,
                speed(run, count),
                speed(run, count) / count,
                speed(run, count) / alone[engine],
                starting(run, count),
                run.seconds,
                *(1000 * seconds / run.samples for seconds in run.stages.values()),
            )
            for (engine, count), run in speeds.items()
        ],
    )


if __name__ == "__main__":
    main()
