"""From the shell and back: arguments in, an exit code and at most one error line out."""

import os
import sys
from collections.abc import Sequence

import typer

from mienkit.cli.program import program
from mienkit.core.errors import MienError

REFUSED = 2
"""Exit code where the user can put things right."""
INTERRUPTED = 130
CLOSED = 141
"""Nobody reads our output any more (``mien models | head -1``)."""

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""Typer's error for arguments that it cannot parse; it has no public name of its own."""


def run() -> None:
    """Run ``mien`` with the arguments of the shell."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run ``mien``; returns the exit code. What is not a deliberate error is a bug and keeps its traceback."""
    try:
        code = typer.main.get_command(program).main(list(arguments), prog_name="mien", standalone_mode=False)
        sys.stdout.flush()
    except MienError as error:
        return refuse(str(error), getattr(error, "__notes__", ()))
    except UsageError as error:
        return refuse(error.format_message(), (usage_hint(error),))  # type: ignore[attr-defined]
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("stopped", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains at its exit
        return CLOSED
    return code if isinstance(code, int) else 0


def refuse(message: str, hints: Sequence[str]) -> int:
    """Print what is wrong and what to do, without a traceback."""
    typer.echo(f"error: {message}", err=True)
    for hint in hints:
        typer.echo(f"hint: {hint}", err=True)
    return REFUSED


def usage_hint(error: BaseException) -> str:
    """Name the help page of the verb whose arguments were wrong."""
    context = getattr(error, "ctx", None)
    return f"`{context.command_path if context else 'mien'} --help` shows what it takes"
