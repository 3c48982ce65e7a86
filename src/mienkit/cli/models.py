"""``mien models``: what can be used and trained."""

from dataclasses import asdict, dataclass

from mienkit.cli.option import Json, takes
from mienkit.cli.output import print_json, print_table
from mienkit.cli.program import program


@dataclass(frozen=True, kw_only=True)
class ModelsOptions:
    """What ``mien models`` takes."""

    json: Json = False


@program.command()
@takes(ModelsOptions)
def models(options: ModelsOptions) -> None:
    """List the models: their tasks, weights and licences."""
    from mienkit.app.models import list_models

    entries = list_models()
    if options.json:
        print_json([asdict(entry) for entry in entries])
        return
    rows = [(entry.name, ", ".join(entry.tasks), entry.weights, entry.licence, entry.what) for entry in entries]
    print_table("models", ("name", "tasks", "weights", "licence", "what"), rows)
