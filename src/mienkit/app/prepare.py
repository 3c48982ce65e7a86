"""A data set into a face table: every face found, aligned and measured, on one machine or many."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from mienkit.app.engine import Engine, Local, Work
from mienkit.app.folder import Track, untracked
from mienkit.app.prepare_report import PrepareReport
from mienkit.data import readers as readers
from mienkit.data.alone import alone
from mienkit.data.lots import Listing, Lots
from mienkit.data.reader import Reader, open_reader
from mienkit.data.split import subject_folds
from mienkit.data.table import open_table
from mienkit.face.align import TEMPLATE_SIZE
from mienkit.face.find import check_choice


@dataclass(frozen=True, kw_only=True)
class PrepareJob:
    """What is to be prepared, and how; it is pickled."""

    reader: str
    place: Path
    out: Path
    face_backend: str = "dlib"
    faces: str = "largest"
    """``largest`` or ``all`` faces of a photo."""
    settings: tuple[tuple[str, str], ...] = ()
    """Differences to the reader's configuration."""
    folds: int | None = None
    """Number the folds of a cross-validation over subjects, so many."""
    seed: int = 0
    """Of the split, where the data set has none, and of the folds."""

    def describe(self) -> dict[str, Any]:
        """Say in JSON's words what decides the rows, so that another call can tell whether it is the same job."""
        plain = {key: value for key, value in asdict(self).items() if key not in ("out", "place", "settings")}
        return {**plain, "place": str(self.place.resolve()), "settings": dict(self.settings)}

    def open(self) -> Reader:
        """Open the data set; see ``open_reader``."""
        return open_reader(self.reader, self.place, dict(self.settings))


def prepare(
    job: PrepareJob, engine: Engine | None = None, *, force: bool = False, track: Track = untracked
) -> PrepareReport:
    """Write a table of a data set's faces; what cannot be used is noted and the rest goes on.

    An interrupted call goes on where it stopped. Crops that are aligned already are taken as they are.

    Args:
        job: what is asked.
        engine: who works; all cores of this machine if None.
        force: replace a table that is there.
        track: shows progress.

    Raises:
        ConfigError: ``job.faces`` is neither ``largest`` nor ``all``.
        OutputError: the table exists already, was begun otherwise, cannot be written, or another call writes it.
        TableError: there is not a single face.
        WorkerError: a process was killed.
    """
    check_choice(job.faces)
    reader = job.open()
    with alone(job.out):
        return prepare_alone(job, reader, engine or Local(), force, track)


def prepare_alone(job: PrepareJob, reader: Reader, engine: Engine, force: bool, track: Track) -> PrepareReport:
    """Write a table into a folder that nobody else writes into; see ``prepare``."""
    optional = tuple(dict.fromkeys((*reader.optional, *(("fold",) if job.folds else ()))))
    lots = Lots(folder=job.out, size=reader.size or TEMPLATE_SIZE, optional=optional)
    listing = lots.open(job.describe(), force) or list_samples(job, reader, lots)
    lots = lots.of(listing)
    before = sum(lots.report(number).samples for number in lots.finished())
    waiting = list(lots.waiting(listing))
    done = engine.run(partial(hire_worker, job, lots), waiting) if waiting else iter(())
    for _ in track(ticks(done, lots), listing.samples - before):
        pass
    report = PrepareReport(left_out=dict(listing.left_out), left_out_examples=dict(listing.examples))
    for lot in lots.reports(listing):
        report.add(lot)
    report.doubles = lots.finish(listing)
    report.look_at(open_table(job.out), lots.hashes(listing))
    lots.tidy()
    return report


def list_samples(job: PrepareJob, reader: Reader, lots: Lots) -> Listing:
    """List a data set into lots, with the folds of its subjects if they are asked for.

    Raises:
        ConfigError: there are fewer subjects than folds.
        DataError: there is nothing, or labels are broken.
    """
    if not job.folds:
        return lots.write_listing(reader.samples(), len(reader), job.describe(), reader.left_out)
    counts = Counter(sample.subject for sample in reader.samples())
    folds = subject_folds(counts, job.folds, job.seed)
    samples = (replace(sample, fold=folds[sample.subject]) for sample in reader.samples())
    return lots.write_listing(samples, counts.total(), job.describe(), reader.left_out)


def hire_worker(job: PrepareJob, lots: Lots) -> Work:
    """Make ready, in its own process, what works on lots."""
    # Networks load slowly, and the process that only hands out lots needs none.
    from mienkit.app.instruments import load_instruments
    from mienkit.app.prepare_lot import work_lot

    tools = load_instruments(job.face_backend)

    def work(number: int) -> None:
        samples = lots.samples(number)
        done = work_lot(samples, tools, job.faces, job.seed)
        with done.timed("write"):
            lots.write_rows(number, done.rows)
        lots.write_report(done.report(number, len(samples)))

    return work


def ticks(done: Iterator[int], lots: Lots) -> Iterator[int]:
    """Yield once for each sample of the lots that are done, for a progress bar."""
    for lot in done:
        yield from range(lots.report(lot).samples)
