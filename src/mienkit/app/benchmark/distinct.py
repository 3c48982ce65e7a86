"""Rows that are not the same are not called the same, wherever their lines come from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from mienkit.app.benchmark.line import Line

Differs = tuple[Callable[[Line], object], Callable[[Line], str]]
"""What may differ between lines of one name, and how that is written behind the name."""
OF_TABLES: Differs = (lambda line: line.tables, lambda line: f" ({line.tables[:8] or 'unknown'})")
OF_MODELS: Sequence[Differs] = (
    (lambda line: line.weights, lambda line: f" {' + '.join(one[:8] for one in (line.weights or '').split(' + '))}"),
    (lambda line: line.calibration is None, lambda line: f" ({'calibrated' if line.calibration else 'raw'})"),
    (lambda line: line.calibration, lambda line: f" {(line.calibration or '')[:8]}"),
    (lambda line: line.recogniser, lambda line: f", identity by {line.recogniser or 'nobody'}"),
    (lambda line: line.mienkit, lambda line: f", mienkit {line.mienkit}"),
)
"""One after the other, as long as some lines are called the same."""
OF_WORK: Differs = (lambda line: line.fingerprint, lambda line: f", {line.fingerprint[:8]}")
"""Where nothing else tells work apart, e.g. other counts of clips."""


def distinct(lines: Iterable[Line]) -> list[Line]:
    """Give tables of one name and other contents, and models of one name and other weights, names of their own.

    So lines of several machines, of several versions, and of a folder that grew over time can stand on one page.
    """
    named = told_apart(list(lines), lambda line: line.place, "table", OF_TABLES)
    for differs in OF_MODELS:
        named = told_apart(named, lambda line: (*line.place, line.model, line.told), "model", differs)
    return told_apart(named, lambda line: (*line.place, line.model, line.told, line.seed), "model", OF_WORK)


def told_apart(lines: Sequence[Line], place: Callable[[Line], object], name: str, differs: Differs) -> list[Line]:
    """Add to the names of lines in one place what differs between them, if something does."""
    value, write = differs
    found: dict[object, set[object]] = {}
    for line in lines:
        found.setdefault(place(line), set()).add(value(line))
    return [
        replace(line, **{name: getattr(line, name) + write(line)}) if len(found[place(line)]) > 1 else line
        for line in lines
    ]


def grouped_by_place(lines: Iterable[Line]) -> dict[tuple[str, str, str], list[Line]]:
    """Put lines together that are rows of one table."""
    found: dict[tuple[str, str, str], list[Line]] = {}
    for line in lines:
        found.setdefault(line.place, []).append(line)
    return found
