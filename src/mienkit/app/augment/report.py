"""What became of an augmentation: counts, reasons, times, and a line for every face that was tried."""

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mienkit.app.augment.attempt import Attempt
from mienkit.app.augment.plan import ClassPlan
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import OutputError
from mienkit.face.mark import plain
from mienkit.weights.atomic import write_text


@dataclass(kw_only=True)
class ClassReport:
    """What became of one emotion or unit."""

    plan: ClassPlan
    made: int = 0
    after: int = 0
    """Rows of the new table's training split that show it, those included that were made for another unit."""
    rejected: Counter[str] = field(default_factory=Counter)
    """Reason -> faces that were tried and left out."""
    people: set[str] = field(default_factory=set)
    """Of whom rows were made."""

    @property
    def short(self) -> int:
        """Rows that lack, because nobody is left to try."""
        return max(self.plan.wanted - self.after, 0)

    def describe(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return {
            "class": self.plan.name, "has": self.plan.has, "wanted": self.plan.wanted, "made": self.made,
            "after": self.after, "short": self.short, "people": len(self.people),
            "rejected": dict(self.rejected.most_common()),
        }  # fmt: skip


@dataclass(kw_only=True)
class AugmentReport:
    """What became of a table."""

    out: Path
    makers: Mapping[str, object]
    """Editor, meter and judge."""
    request: Mapping[str, object]
    classes: dict[str, ClassReport]
    rows: int = 0
    """Of the new table, all splits."""
    forbidden: int = 0
    """Training rows that were not changed, because their licence forbids it."""
    edited: int = 0
    """Faces that the editor worked on."""
    editing: float = 0.0
    """Seconds."""
    judging: float = 0.0
    lines: list[dict[str, Any]] = field(default_factory=list)
    """One for every face that was tried: the rows of the CSV file."""

    @property
    def made(self) -> int:
        """New rows."""
        return sum(one.made for one in self.classes.values())

    @property
    def rejected(self) -> Counter[str]:
        """Reason -> faces that were tried and left out."""
        return sum((one.rejected for one in self.classes.values()), Counter())

    @property
    def milliseconds(self) -> tuple[float, float] | None:
        """Of changing and of judging one face; None where none was changed."""
        if not self.edited:
            return None
        return round(1000 * self.editing / self.edited, 1), round(1000 * self.judging / self.edited, 1)

    def note(self, wanted: str, attempt: Attempt, name: tuple[str, str], subject: str) -> None:
        """Count what became of a face."""
        told = self.classes[wanted]
        if attempt.reason is None:
            told.made += 1
            told.people.add(subject)
        else:
            told.rejected[attempt.reason] += 1
        self.lines.append(score_line(wanted, attempt, name, subject))

    def describe(self) -> dict[str, object]:
        """Return it as JSON has it, without the lines."""
        times = self.milliseconds
        return {
            "out": self.out, "rows": self.rows, "made": self.made,
            "classes": [one.describe() for one in self.classes.values()],
            "licence_forbids": self.forbidden, "edited": self.edited,
            "editing_ms_a_face": times and times[0], "judging_ms_a_face": times and times[1],
            **self.makers, "request": self.request,
        }  # fmt: skip


def score_line(wanted: str, attempt: Attempt, name: tuple[str, str], subject: str) -> dict[str, Any]:
    """Say in one line of a CSV file what was asked for and what was measured."""
    line: dict[str, Any] = {
        "class": wanted, "in_table": "no" if attempt.reason else "yes", "reason": attempt.reason or "",
        "source": name[0], "source_id": name[1], "subject": subject, "level": attempt.level,
        "identity": attempt.identity, "off_target": attempt.off_target,
    }  # fmt: skip
    for title, values in (("requested", attempt.requested), ("before", attempt.before), ("measured", attempt.after)):
        known = values or [None] * len(ACTION_UNITS)
        line |= {f"{title}_{unit}": value for unit, value in zip(ACTION_UNITS, known, strict=True)}
    return line


def files_beside(out: Path) -> tuple[Path, Path]:
    """Say where the scores of a table and the report go: ``balanced.scores.csv``, ``balanced.augment.json``."""
    return out.with_name(f"{out.stem}.scores.csv"), out.with_name(f"{out.stem}.augment.json")


def check_beside(out: Path, begun: bool, force: bool) -> None:
    """Make sure that the scores and the report may be written, before any work is done.

    Raises:
        OutputError: a file is there that no call like this one, which was interrupted, has written.
    """
    for path in files_beside(out):
        if path.is_dir():
            raise OutputError(f"{path} is a folder, and the scores of {out} go there; name the table otherwise")
        if path.exists() and not (begun or force):
            raise OutputError(f"{path} exists already; name the table otherwise, or allow it with --force")


def write_beside(report: AugmentReport) -> None:
    """Write the scores and the report beside the table.

    Raises:
        OutputError: the disk or its permissions do not allow it.
    """
    scores, summary = files_beside(report.out)
    text = io.StringIO(newline="")
    if report.lines:
        writer = csv.DictWriter(text, list(report.lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(report.lines)
    write_text(scores, text.getvalue())
    write_text(summary, json.dumps(plain(report.describe()), indent=2, ensure_ascii=False) + "\n")
