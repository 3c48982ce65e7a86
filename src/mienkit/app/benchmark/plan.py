"""Which protocols fit which tables, and by whom they are judged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

from mienkit.app.benchmark.entrant import hash_tables
from mienkit.app.benchmark.exact import ExactStage
from mienkit.app.benchmark.exact_changes import JudgesStage
from mienkit.app.benchmark.judging import default_judge, reads_whole_faces
from mienkit.app.benchmark.moving import ClipStage, MotionTable, RiseStage
from mienkit.app.benchmark.photos import PhotoStage
from mienkit.app.benchmark.stage import Choice, Stage
from mienkit.app.compare_static import is_exact
from mienkit.app.held_out import SPLIT
from mienkit.core.config import require
from mienkit.core.errors import TableError
from mienkit.data.table import open_table


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """Tables by what they can be used for."""

    photos: Sequence[Path]
    """Photographs and exact changes of them, together; none unless there are both, of people held out."""
    pairs: Sequence[Path]
    """The same, of any tables: what judges can be held to."""
    exact: Sequence[Path]
    clips: Sequence[Path]


def sort_tables(tables: Sequence[Path]) -> Sorted:
    """Sort tables by the protocols that they fit.

    Raises:
        ConfigError: there are none, or one comes twice.
        TableError: one cannot be opened, or fits no protocol.
    """
    require(bool(tables), "name the faces to judge on: --table TABLE, repeated")
    require(len({table.resolve() for table in tables}) == len(tables), "a table comes twice; name each one once")
    clips = [table for table in tables if has_clips(table)]
    exact = [table for table in tables if table not in clips and is_exact(table)]
    found = [table for table in tables if table not in clips and kinds_of(table) & {"photograph", "re-expressed"}]
    found.sort(key=lambda table: hash_tables([table]))  # who is chosen must not depend on the order of options
    kinds = set().union(*(kinds_of(table, SPLIT) for table in found)) if found else set()
    pairs = found if {"photograph", "re-expressed"} <= kinds else []
    photos = pairs if set(found) - set(exact) else []
    for table in tables:
        if table not in clips and table not in exact and table not in photos:
            raise TableError(
                f"no protocol fits {table}: photographs need exact changes of some of them beside them (split "
                f"'{SPLIT}'), as `mien reexpress` makes them; give its table, too"
            )
    return Sorted(photos=photos, pairs=pairs, exact=exact, clips=clips)


def has_clips(table: Path) -> bool:
    """Tell whether a table holds numbered frames."""
    rows = open_table(table).read(["frame"])
    return bool(rows["frame"].null_count < len(rows))


def kinds_of(table: Path, split: str | None = None) -> set[str]:
    """Name the kinds of faces in a table."""
    return set(open_table(table).read(["kind"], split)["kind"].unique().to_pylist())


def plan_stages(
    tables: Sequence[Path],
    judges: Sequence[str],
    seeds: Sequence[int],
    choice: Choice,
) -> list[Callable[[], Stage]]:
    """List the protocols to run, each to be made ready when its turn comes.

    Args:
        tables: face tables.
        judges: words of ``judging``; the default of each protocol if there are none. A judge that reads no emotions is
            left out where they are needed.
        seeds: of the choice of people.
        choice: how many, and who is shown.

    Raises:
        ConfigError: no face is of the collection that may be shown.
        TableError: a table cannot be opened, or fits no protocol.
    """
    sorted_tables = sort_tables(tables)
    if choice.source is not None:
        known = sorted({name for table in tables for name in open_table(table).read(["source"])["source"].to_pylist()})
        require(
            choice.source in known, f"no face is of the collection '{choice.source}'; there are: {', '.join(known)}"
        )
    whole = [word for word in judges if reads_whole_faces(word)] or [default_judge(photographs=False)]
    of_photos = judges or [default_judge(photographs=True)]
    stages: list[Callable[[], Stage]] = []
    for seed in seeds:
        if sorted_tables.photos:
            stages += [partial(PhotoStage, sorted_tables.photos, word, seed, choice) for word in of_photos]
        if sorted_tables.pairs:
            seeing = of_photos if sorted_tables.photos else judges or whole
            stages.append(partial(JudgesStage, sorted_tables.pairs, seeing, seed, choice))
        stages += [
            partial(ExactStage, table, word, seed, choice) for table, word in product(sorted_tables.exact, whole)
        ]
        for table in sorted_tables.clips:
            stages += moving_stages(table, sorted_tables.clips, whole, seed, choice)
    return stages


def moving_stages(
    table: Path, tables: Sequence[Path], judges: Sequence[str], seed: int, choice: Choice
) -> list[Callable[[], Stage]]:
    """List the protocols for a table of clips."""
    clips = MotionTable(table, [other for other in tables if other != table], seed, choice)
    return [partial(RiseStage, clips), *(partial(ClipStage, clips, word) for word in judges)]
