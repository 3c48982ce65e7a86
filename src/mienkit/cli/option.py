"""Options as dataclasses, and those that several verbs share, spelt and explained the same everywhere."""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar, get_type_hints

import typer

if TYPE_CHECKING:
    from mienkit.metrics.networks.inception import Inception

Options = TypeVar("Options")

MOST_SEEDS = 2**32
"""How many seeds there are: so many can be told apart by whatever draws random numbers here."""


def check_seed(seed: int) -> int:
    """Return a seed, if it is one.

    Raises:
        BadParameter: it is out of range.
    """
    if not 0 <= seed < MOST_SEEDS:
        raise typer.BadParameter(f"{seed} should be 0 to {MOST_SEEDS - 1}")
    return seed


Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Replace existing results; inputs are never replaced.")]
Seed: TypeAlias = Annotated[int, typer.Option(help="For everything random.", callback=check_seed)]
Device: TypeAlias = Annotated[str, typer.Option(metavar="auto|cpu|cuda", help="Where to compute.")]
FaceBackend: TypeAlias = Annotated[str, typer.Option(metavar="dlib|mediapipe", help="What finds the faces.")]
Face: TypeAlias = Annotated[str, typer.Option(metavar="largest|all|INDEX", help="Which face; 0 is the largest.")]
ModelName: TypeAlias = Annotated[str | None, typer.Option(help="An editor from `mien models`.")]
WeightsFolder: TypeAlias = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Weights of your own.")]
Raw: TypeAlias = Annotated[bool, typer.Option("--raw", help="Leave the editor's calibration out.")]
CalibrationFolder: TypeAlias = Annotated[
    Path | None, typer.Option("--calibration", metavar="FOLDER", help="Take the calibration in there instead.")
]
InceptionFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--inception", metavar="FILE.pt", help="Your TorchScript Inception: FID, KID, Inception Score."),
]
Table: TypeAlias = Annotated[Path, typer.Argument(metavar="TABLE", help="A face table: a folder.")]
NewTable: TypeAlias = Annotated[
    Path, typer.Option("--out", "-o", metavar="TABLE", help="The new face table: a folder.")
]


def read_inception(file: Path | None) -> "Inception | None":
    """Load the user's Inception, if there is one.

    Raises:
        AssetError: it is missing, no TorchScript, or another network.
    """
    if file is None:
        return None
    from mienkit.metrics.networks.inception import load_inception

    return load_inception(file.expanduser())


def takes(options: type[Options]) -> Callable[[Callable[[Options], int | None]], Callable[..., int | None]]:
    """Let a verb take its options as one dataclass, whose fields become the arguments that Typer sees."""
    hints = get_type_hints(options, include_extras=True)
    fields = inspect.signature(options).parameters.values()
    signature = inspect.Signature([field.replace(annotation=hints[field.name]) for field in fields])

    def decorate(verb: Callable[[Options], int | None]) -> Callable[..., int | None]:
        @wraps(verb)
        def call(**arguments: Any) -> int | None:
            return verb(options(**arguments))

        call.__signature__ = signature  # type: ignore[attr-defined]
        call.__annotations__ = {field.name: hints[field.name] for field in fields}
        del call.__wrapped__
        return call

    return decorate
