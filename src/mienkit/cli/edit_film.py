"""``mien edit`` of a film: a video, a moving GIF or WebP, or a folder of frames."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import typer

from mienkit.cli.edit import EditOptions, load, request_of
from mienkit.cli.output import number, print_json, print_table, track
from mienkit.core.errors import ConfigError

if TYPE_CHECKING:
    from mienkit.app.edit_film import FilmReport
    from mienkit.app.request import EditRequest

SHOWN_GAPS = 5
"""Stretches of unchanged frames that are printed; the record has all."""


def shows_film(options: EditOptions) -> bool:
    """Tell whether a film is to be edited; a moving GIF is one only if the result can move."""
    from mienkit.face.film import KINDS, is_animation, is_film

    if options.frames:
        return True
    if options.fps is not None:
        raise ConfigError("--fps is for a folder of frames; add --frames")
    moves = options.out.suffix.lower() in KINDS
    return not options.photo.is_dir() and (is_film(options.photo) or (moves and is_animation(options.photo)))


def edit_film(options: EditOptions) -> int:
    """Edit a film.

    Raises:
        ConfigError: something is asked for that only photos have.
    """
    from mienkit.app.edit_film import FilmRequest, open_to_edit
    from mienkit.app.edit_film import edit_film as edit

    refuse_what_photos_have(options)
    request = request_of(options)
    film = open_to_edit(options.photo, options.out, options.force, options.fps)
    wanted = FilmRequest(asked=request.describe(), faces=options.face, seed=options.seed)
    report = edit(
        film,
        options.out,
        lambda _: request.expression,
        load(options),
        wanted,
        force=options.force,
        track=partial(track, what="frames"),
    )
    if options.json:
        print_json({"out": str(options.out), **report.record})
        return 0
    print_film(options, request, report)
    return 0


def refuse_what_photos_have(options: EditOptions) -> None:
    """Refuse what makes sheets of one photo.

    Raises:
        ConfigError: it is asked for.
    """
    asked = {"--sweep": options.sweep, "--gif": options.gif, "--show-stages": options.show_stages}
    for name, given in asked.items():
        if given:
            raise ConfigError(f"{name} takes a photo, not a film; edit a film with --au or --emotion alone")


def print_film(options: EditOptions, request: "EditRequest", report: "FilmReport") -> None:
    """Print what was requested beside what was measured, on average over the film, and what became of its frames."""
    rows = [unit_row(name, report.units[name]) for name in asked_units(request, report)]
    title = f"{options.photo.name}: {request.expression.describe()} ({request.mode}), means"
    print_table(title, ("", ">target", ">before", ">after", "  80 % of frames"), rows)
    tally = report.tally
    typer.echo(f"{tally.edited} of {tally.frames} frames are edited, {report.fps:.1f} a second")
    for gap in tally.gaps[:SHOWN_GAPS]:
        typer.echo(f"unchanged: {gap}: {gap.reason}")
    if len(tally.gaps) > SHOWN_GAPS:
        typer.echo(f"unchanged: {len(tally.gaps) - SHOWN_GAPS} more stretches, see the record")
    for note in report.notes:
        typer.echo(f"note: {note}")
    typer.echo(f"wrote {options.out} and {options.out.name}.json")


def asked_units(request: "EditRequest", report: "FilmReport") -> list[str]:
    """Return the units that were named, or those that an emotion asks for."""
    from mienkit.core.action_unit import whole_unit

    named = [whole_unit(name) for name in request.aus]
    return list(dict.fromkeys(named)) or [name for name, seen in report.units.items() if seen and seen["target"]]


def unit_row(name: str, seen: Mapping[str, float] | None) -> tuple[str, ...]:
    """Write what was measured of one unit."""
    if seen is None:
        return name, *[number(None)] * 3, ""
    spread = f"  {seen['after_p10']:.2f} to {seen['after_p90']:.2f}"
    return name, number(seen["target"]), number(seen["before"]), number(seen["after"]), spread
