"""What many photographs cost on many machines: each step's arithmetic, from what was measured and what is assumed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.table import Table
from mienkit.data.lots import LARGEST

PHOTOS = 1_000_000
MACHINES = (1, 8, 64)
READS_AT_THE_END = 3
"""Times that the driver opens what became of a lot, and its file, after the last lot was done."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What the bench measured on this machine."""

    rate: float
    """Faces a second of one process, where two work side by side."""
    start: float
    """Seconds until the first lot is begun: the cluster, programs and weights."""
    listing: float
    """Seconds to list a photograph, on a local disk."""
    handing: float
    """Seconds of the driver for a lot."""
    finishing: float
    """Seconds of the driver for a row, after the last lot."""
    photo: float
    """Bytes of a photograph."""
    row: float
    """Bytes of a row of the table."""


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """What was not measured: prices and networks differ."""

    cores: int = 16
    """Of a machine; each works as fast as one here."""
    price: float = 0.04
    """Of a core for an hour, in US dollars: rented for a while, neither reserved nor at an auction."""
    opening: float = 0.002
    """Seconds that a process waits until a shared file system has opened a file."""
    names: float = 20_000
    """Names that the shared file system lists in a second."""
    walks: int = 3
    """Times that the names are listed: what folders mean, how many files there are, and the samples."""
    files: float = 20_000
    """Files that the shared file system opens in a second, for all machines together."""
    server: float = 1.25e9
    """Bytes that it sends and takes in a second: 10 Gbit/s."""
    machine: float = 1.25e9
    """Bytes a second of a machine's network: 10 Gbit/s."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the way, in seconds for so many machines."""

    name: str
    arithmetic: str
    """Where M stands for the machines."""
    assumes: str
    seconds: Callable[[int], float]


def serial_steps(measured: Measured, assumed: Assumed, photos: int) -> list[Step]:
    """List what no further machine makes shorter; one comes after the other."""
    lots, each = photos / LARGEST, per_photo(measured, assumed)
    listing = photos * max(measured.listing, assumed.walks / assumed.names)
    finishing = photos * measured.finishing + lots * READS_AT_THE_END * assumed.opening
    return [
        Step(
            name="list the photographs",
            arithmetic=f"{photos:,} x the longer of {show(measured.listing)} s (measured) and "
            f"{assumed.walks} / {assumed.names:,.0f} s",
            assumes=f"names are listed {assumed.walks} times, so many a second",
            seconds=lambda _: listing,
        ),
        Step(
            name="start",
            arithmetic=f"{show(measured.start)} s (measured)",
            assumes="all machines at once; programs are installed on all of them",
            seconds=lambda _: measured.start,
        ),
        Step(
            name="wait for the last lot",
            arithmetic=f"{LARGEST} photographs x {show(each)} s",
            assumes="the worst: a whole lot is begun when the others end",
            seconds=lambda _: LARGEST * each,
        ),
        Step(
            name="duplicates and manifest",
            arithmetic=f"{photos:,} x {show(measured.finishing)} s (measured) + {lots:,.0f} lots x {READS_AT_THE_END} "
            f"files x {assumed.opening:g} s",
            assumes="few duplicates: each lot that holds one is written again",
            seconds=lambda _: finishing,
        ),
    ]


def shared_steps(measured: Measured, assumed: Assumed, photos: int) -> list[Step]:
    """List what goes on at once, so that only the slowest counts."""
    lots, traffic, each = photos / LARGEST, measured.photo + measured.row, per_photo(measured, assumed)
    bytes_moved = f"{photos:,} x ({measured.photo:,.0f} + {measured.row:,.0f}) bytes"
    return [
        Step(
            name="cores: read, decode, find, measure, cut, write",
            arithmetic=f"{photos:,} x (1 / {show(measured.rate)} + {assumed.opening:g}) s / ({assumed.cores} M)",
            assumes="cores as fast as here, and as fast with sixteen beside each other as with two",
            seconds=lambda machines: photos * each / (assumed.cores * machines),
        ),
        Step(
            name="network of a machine",
            arithmetic=f"{bytes_moved} / ({assumed.machine:.3g} M)",
            assumes="its full speed, reading and writing together",
            seconds=lambda machines: photos * traffic / (assumed.machine * machines),
        ),
        Step(
            name="network of the file system",
            arithmetic=f"{bytes_moved} / {assumed.server:.3g}",
            assumes="one server for all machines",
            seconds=lambda _: photos * traffic / assumed.server,
        ),
        Step(
            name="files opened by the file system",
            arithmetic=f"{photos:,} / {assumed.files:,.0f}",
            assumes="every photograph is a file of its own",
            seconds=lambda _: photos / assumed.files,
        ),
        Step(
            name="driver hands out lots",
            arithmetic=f"{lots:,.0f} lots x ({show(measured.handing)} (measured) + {assumed.opening:g}) s",
            assumes=f"lots of {LARGEST}, whose report the driver reads",
            seconds=lambda _: lots * (measured.handing + assumed.opening),
        ),
    ]


def per_photo(measured: Measured, assumed: Assumed) -> float:
    """Return the seconds of one process for a photograph that lies on a shared file system."""
    return 1 / measured.rate + assumed.opening


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What it comes to on some machines."""

    seconds: float
    core_hours: float
    dollars: float
    use: float
    """Share of the cores' time in which they work on photographs."""
    limit: str
    """The step that takes longest."""


def bill(measured: Measured, assumed: Assumed, machines: int, photos: int = PHOTOS) -> Bill:
    """Add up the steps: the serial ones, and the slowest of the shared ones. All cores are paid for all the time."""
    serial = {step.name: step.seconds(machines) for step in serial_steps(measured, assumed, photos)}
    shared = {step.name: step.seconds(machines) for step in shared_steps(measured, assumed, photos)}
    slowest = max(shared, key=lambda name: shared[name])
    steps = {**serial, slowest: shared[slowest]}
    seconds = sum(steps.values())
    core_hours = seconds * assumed.cores * machines / 3600
    return Bill(
        seconds=seconds,
        core_hours=core_hours,
        dollars=core_hours * assumed.price,
        use=photos / measured.rate / 3600 / core_hours,
        limit=max(steps, key=lambda name: steps[name]),
    )


def cost_table(measured: Measured, assumed: Assumed, photos: int = PHOTOS, machines: Sequence[int] = MACHINES) -> Table:
    """Show each step in seconds, and what it comes to."""

    def line(step: Step, kind: str) -> tuple[object, ...]:
        return (f"{kind} {step.name}", step.arithmetic, step.assumes, *(step.seconds(count) for count in machines))

    bills = [bill(measured, assumed, count, photos) for count in machines]
    return Table(
        title=f"{photos:,} photographs on {', '.join(map(str, machines[:-1]))} and {machines[-1]} machines",
        note=f"Seconds of each step on M machines of {assumed.cores} cores. Steps marked + come one after the other. "
        "Those marked = go on at once, and only the slowest of them counts.",
        columns=("step", "arithmetic", "assumption", *(f"M = {count}" for count in machines)),
        rows=[
            *(line(step, "+") for step in serial_steps(measured, assumed, photos)),
            *(line(step, "=") for step in shared_steps(measured, assumed, photos)),
            ("**minutes**", "all + and the slowest =, / 60", "", *(one.seconds / 60 for one in bills)),
            ("**faces a second**", f"{photos:,} / seconds", "", *(photos / one.seconds for one in bills)),
            ("**core-hours**", f"seconds x {assumed.cores} M / 3,600", "paid from the first step to the last",
             *(one.core_hours for one in bills)),
            ("**US dollars**", f"core-hours x {assumed.price:g}", "the price; storage and traffic are free",
             *(f"{one.dollars:.2f}" for one in bills)),
            ("cores' time that works on faces", "photographs / rate / core-seconds", "",
             *(f"{one.use:.0%}" for one in bills)),
            ("longest step", "", "", *(one.limit for one in bills)),
        ],
    )  # fmt: skip


def figures_table(measured: Measured, assumed: Assumed) -> Table:
    """Show the numbers that the steps are computed from, and which of them are assumptions."""
    here, guess = "measured", "**assumed**"
    return Table(
        title="The numbers it is computed from",
        note="The assumed ones are changed with `python -m bench.scale --set price=0.02 --set cores=32`.",
        columns=("what", "value", "unit", ""),
        rows=[
            ("faces of a process, two side by side", measured.rate, "faces/s", here),
            ("start: cluster, programs, weights", measured.start, "s", here),
            ("list a photograph, local disk", 1e6 * measured.listing, "µs", here),
            ("hand out a lot", 1e3 * measured.handing, "ms", here),
            ("duplicates and manifest, a row", 1e6 * measured.finishing, "µs", here),
            ("a photograph", measured.photo / 1000, "kB", here),
            ("a row with its crop", measured.row / 1000, "kB", here),
            ("`cores` of a machine, each as fast as here", assumed.cores, "", guess),
            ("`price` of a core-hour", assumed.price, "US dollars", guess),
            ("`opening`: open a file on the shared file system", assumed.opening, "s", guess),
            ("`names` that it lists", f"{assumed.names:,.0f}", "a second", guess),
            ("`walks`: times they are listed", assumed.walks, "", "as the reader `folder` does"),
            ("`files` that it opens for all machines", f"{assumed.files:,.0f}", "a second", guess),
            ("`server`: its network", assumed.server / 1e6, "MB/s", guess),
            ("`machine`: network of a machine", assumed.machine / 1e6, "MB/s", guess),
        ],
    )


def show(value: float) -> str:
    """Write a number with three digits and no exponent."""
    return f"{value:.3g}" if value >= 1e-3 else f"{value:.2g}".replace("e-0", "e-")
