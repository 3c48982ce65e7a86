"""Do the judges see what is there, and the same? All of them look at exact changes: ``judges-on-exact-changes``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np

from mienkit.app.benchmark.entrant import Entrant, hash_tables
from mienkit.app.benchmark.judging import LEARNED_FROM, load_looker, seal_of
from mienkit.app.benchmark.line import figure
from mienkit.app.benchmark.stage import Album, Choice, Finding, Job, Say, table_names
from mienkit.app.held_out import PEOPLE, load_pairs
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import DataError
from mienkit.data.faces import FaceArrays, Indices
from mienkit.data.table import open_table
from mienkit.evaluation.agreement import agree, change_of, mean_agreement
from mienkit.evaluation.interval import Floats
from mienkit.evaluation.looker import Looker, learned_from, look_at_all
from mienkit.metrics.networks.network import FeatureNetwork

PROTOCOL = "judges-on-exact-changes"
PAIRS = 400
"""Exact changes that all judges look at."""
NO_CHANGE = "seeing no change"
"""The yardstick: the error of somebody who sees nothing."""
FEWEST = 2
"""Exact changes that something can be said of."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What changed in each exact change, in everybody's eyes."""

    people: Indices
    """(N,): whose each is."""
    exact: Floats
    """(N, 17)."""
    judges: Mapping[str, Floats]
    """Name of a judge -> what it read, (N, 17); NaN of units that it cannot read."""
    unseen: int
    """Exact changes that are left out because a judge found no face."""


class JudgesStage:
    """Judges on the same exact changes of people from whom none of them learned."""

    def __init__(self, tables: Sequence[Path], words: Sequence[str], seed: int, choice: Choice) -> None:
        """Take tables of photographs and of their exact changes; the judges are loaded, nobody is looked at yet.

        Raises:
            MienError: a judge cannot be had.
        """
        self.tables, self.seed, self.choice = tables, seed, choice
        self.count = PAIRS if choice.people is None else max(FEWEST, round(PAIRS * choice.people / PEOPLE))
        self.protocol = f"{PROTOCOL}-{self.count}"
        seals = " ".join(sorted(map(seal_of, words)))
        self.table, self.sha256 = table_names(tables), f"{hash_tables(tables)} {seals}"
        found = {one.name: one for one in (load_looker(word, units_only=True) for word in words)}
        self.lookers = {name: found[name] for name in sorted(found)}
        self.judge = " and ".join(self.lookers)
        self.marks: Sequence[str] = tuple(
            f"{name}: {LEARNED_FROM}" for name, one in self.lookers.items() if one.teacher
        )
        self.recogniser: str | None = None
        self.networks: Sequence[FeatureNetwork] = ()

    def prepare(self, say: Say) -> None:
        """Let all judges look at the same pictures.

        Raises:
            TableError: there are no exact changes of people whom no judge knows.
            DataError: judges find too few faces.
        """
        say(f"{self.table}: {len(self.lookers)} judges look at exact changes")
        known = [learned_from(judge) for judge in self.lookers.values()]
        opened = [open_table(path) for path in self.tables]
        faces = load_pairs(opened, lambda subject: any(knows(subject) for knows in known))
        self.seen = see_changes(faces, self.lookers, self.count, self.seed)

    def jobs(self, entrants: Sequence[Entrant]) -> list[Job]:
        """Hold each judge to the exact changes, and each two to each other; no model is asked."""
        pairs = [f"{one} and {other}" for one, other in combinations(self.lookers, 2)]
        return [
            Job(title=NO_CHANGE, kind="yardstick", work=self.nothing),
            *(Job(title=name, kind="judge", way=name, work=partial(self.against_exact, name)) for name in self.lookers),
            *(Job(title=title, kind="judges", way=title, work=partial(self.together, *two))
              for title, two in zip(pairs, combinations(self.lookers, 2), strict=True)),
        ]  # fmt: skip

    @property
    def units(self) -> tuple[str, ...]:
        """That every judge reads: of which figures are comparable."""
        return tuple(unit for unit in ACTION_UNITS if all(unit in judge.units for judge in self.lookers.values()))

    def nothing(self, album: Album, say: Say) -> list[Finding]:
        """Say how far off somebody is who never sees a change."""
        return [self.finding("exact", self.seen.exact, NO_CHANGE, np.zeros_like(self.seen.exact))]

    def against_exact(self, name: str, album: Album, say: Say) -> list[Finding]:
        """Hold a judge to the exact changes."""
        return [self.finding("exact", self.seen.exact, name, self.seen.judges[name])]

    def together(self, one: str, other: str, album: Album, say: Say) -> list[Finding]:
        """Hold two judges to each other."""
        return [self.finding(one, self.seen.judges[one], other, self.seen.judges[other])]

    def finding(self, first: str, changes: Floats, second: str, others: Floats) -> Finding:
        """Write down how alike two see changes."""
        seen = self.seen
        means = mean_agreement(changes, others, seen.people, self.units)
        by_unit = agree(first, second, list(changes), list(others)).units
        return Finding(
            figures={name: figure(value) for name, value in means.items()},
            counts={"people": len(set(seen.people.tolist())), "pairs": len(seen.people), "unseen": seen.unseen},
            details={"units": by_unit, "shared": self.units},
        )


def see_changes(faces: FaceArrays, judges: Mapping[str, Looker], count: int, seed: int) -> Seen:
    """Let judges look at exact changes, chosen by lot, and at their photographs.

    Args:
        faces: photographs and exact changes.
        judges: name -> judge.
        count: at most so many exact changes.
        seed: of the lot.

    Raises:
        DataError: there are too few in which all judges find a face.
    """
    edits = np.random.default_rng(seed).permutation(np.flatnonzero(faces.pair >= 0))[:count]
    rows = np.unique([edits, faces.pair[edits]])
    pictures = [faces.images[row] for row in rows]
    looks = {name: dict(zip(rows, look_at_all(judge, pictures, recognise=False), strict=True))
             for name, judge in judges.items()}  # fmt: skip
    both = [int(row) for row in edits if all(
        some[row] is not None and some[faces.pair[row]] is not None for some in looks.values())]  # fmt: skip
    if len(both) < FEWEST:
        raise DataError(f"all judges find a face in only {len(both)} of {len(edits)} exact changes")
    return Seen(
        people=faces.subject[both],
        exact=np.asarray(faces.aus[both] - faces.before[both], np.float64),
        judges={
            name: np.stack([change_of(some[faces.pair[row]], some[row]) for row in both])
            for name, some in looks.items()
        },
        unseen=len(edits) - len(both),
    )
