"""``mien doctor``: what is installed and found, and how fast it is."""

from dataclasses import asdict, dataclass

from mienkit.cli.option import Device, Json, ModelName, takes
from mienkit.cli.output import print_json, print_table
from mienkit.cli.program import program


@dataclass(frozen=True, kw_only=True)
class DoctorOptions:
    """What ``mien doctor`` takes."""

    model: ModelName = None
    device: Device = "auto"
    json: Json = False


@program.command()
@takes(DoctorOptions)
def doctor(options: DoctorOptions) -> int:
    """Look at the installation; the exit code is 1 where something needed is missing."""
    from mienkit.app.doctor import examine

    findings = examine(options.model, options.device)
    if options.json:
        print_json([asdict(finding) for finding in findings])
    else:
        for topic in dict.fromkeys(finding.topic for finding in findings):
            rows = [(symbol(f.good, f.here), f.name, f.says) for f in findings if f.topic == topic]
            print_table(topic, ("", "", ""), rows)
    return 0 if all(finding.good for finding in findings) else 1


def symbol(good: bool, here: bool) -> str:
    """Return a tick, a cross for what is needed and missing, a dash for what is optional and missing."""
    return ("✓" if here else "–") if good else "✗"  # noqa: RUF001 - a dash is what is meant
