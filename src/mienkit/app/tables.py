"""Face tables of data sets whose faces are aligned already."""

from pathlib import Path

from mienkit.app.folder import Track, untracked
from mienkit.core.errors import ConfigError
from mienkit.data.readers import READERS
from mienkit.data.split import subject_split
from mienkit.data.writer import TableWriter


def import_table(
    reader: str, folder: Path, out: Path, *, seed: int = 0, force: bool = False, track: Track = untracked
) -> int:
    """Write a table of a data set whose faces are already aligned and measured; return its number of rows.

    Args:
        reader: what reads the data set, one of READERS.
        folder: where it lies.
        out: the table's folder.
        seed: of the split, where the data set has none.
        force: replace a table that is there.
        track: shows progress.

    Raises:
        ConfigError: the reader gives photos, which must be aligned first.
        DataError: the data set cannot be used.
        OutputError: the table exists already, or cannot be written.
    """
    opened = READERS[reader](folder)
    if opened.size is None:
        raise ConfigError(f"'{reader}' gives photos that must be aligned first; use `mien prepare {reader}`")
    with TableWriter(out, size=opened.size, optional=opened.optional, force=force) as writer:
        for sample in track(opened.samples(), len(opened)):
            writer.add(sample.to_row(subject_split(sample.subject, seed)))
        return len(writer)
