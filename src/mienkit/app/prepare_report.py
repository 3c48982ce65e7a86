"""What became of a data set: what was used and what not, what the table covers, and which pictures are alike."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from mienkit.app.coverage_sheet import write_coverage
from mienkit.data.coverage import Coverage, cover_table
from mienkit.data.lots import LotReport
from mienkit.data.near import Hashes
from mienkit.data.table import COVERAGE, FaceTable
from mienkit.data.twin import Twins, find_twins

EXAMPLES = 20
"""Samples that are named of all that could not be used."""


@dataclass(kw_only=True)
class PrepareReport:
    """What became of a data set."""

    samples: int = 0
    rows: int = 0
    doubles: int = 0
    """Pictures that were in the table already."""
    second_looks: int = 0
    """Photos in whose small copy no face was found, so that the detector looked again."""
    kinds: dict[str, int] = field(default_factory=dict)
    """Kind of error -> samples that were left out for it."""
    failed: dict[str, str] = field(default_factory=dict)
    """The first of them, with the reason."""
    left_out: dict[str, int] = field(default_factory=dict)
    """What the reader did not take: reason -> files."""
    left_out_examples: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """Stage -> time, summed over the processes."""
    coverage: Coverage | None = None
    """What the finished table covers."""
    picture: Path | None = None
    """The coverage, drawn."""
    twins: Twins | None = None
    """Pictures that are almost the same."""

    def add(self, report: LotReport) -> None:
        """Count in what became of a lot."""
        self.samples += report.samples
        self.rows += report.rows
        self.second_looks += report.second_looks
        self.kinds = dict(Counter(self.kinds) + Counter(kind for kind, _ in report.failed.values()))
        room = EXAMPLES - len(self.failed)
        self.failed.update((name, text) for name, (_, text) in list(report.failed.items())[:room])
        for stage, seconds in report.seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    def look_at(self, table: FaceTable, hashes: Hashes) -> None:
        """Look at the finished table, and draw what it covers into its folder.

        Args:
            table: what was written.
            hashes: (N, 2), of its pictures.

        Raises:
            OutputError: the disk or its permissions do not allow it.
        """
        self.coverage, self.twins = cover_table(table), find_twins(table, hashes)
        self.picture = table.folder / COVERAGE
        write_coverage(self.picture, table.folder.name, self.coverage)
