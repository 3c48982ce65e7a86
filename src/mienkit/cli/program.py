"""The command that all verbs hang on."""

from typing import Annotated

import typer

from mienkit.core.version import __version__

program = typer.Typer(
    name="mien",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@program.callback(invoke_without_command=True)
def mien(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print it and stop.")] = False
) -> None:
    """Facial expressions: measure them, change them, and train what changes them."""
    if version:
        typer.echo(f"mienkit {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
