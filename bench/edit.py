"""How long an edit takes: the official network as its authors would run it, and every faster way that is at hand."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.runtime import Network, arrays, runtimes
from bench.table import Table
from bench.timing import milliseconds
from mienkit.app.editors import DEFAULT_EDITOR, load_editor
from mienkit.app.models import released_folder
from mienkit.core.action_unit import SIDED_UNITS, both_sides
from mienkit.core.config import build_config
from mienkit.core.errors import MienError
from mienkit.core.image import to_float
from mienkit.core.task import Edited, Editor
from mienkit.data.drawn import draw_faces, random_expressions
from mienkit.inference.speed import quicken
from mienkit.systems.ganimation import Ganimation
from mienkit.weights import build_model, read_weights

REFERENCE = "official, fp32 eager"
PARAMETERS = "8.47 M"
SHIPPED = ("ganimation", DEFAULT_EDITOR)

Edit = Callable[[Tensor, Tensor, Tensor], Edited]


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """One way to run a network."""

    name: str
    edit: Edit
    truth: str
    """The contestant whose pictures these should be."""


def bench_edits(batch: int, *, rounds: int = 9, size: int = 128, preset: str = "official", full: bool = True) -> Table:
    """Time edits of a batch of drawn faces, and compare every way's pictures with those of plain float32."""
    faces = draw_batch(batch, size)
    official = build_ganimation(preset, size)
    contestants = [*official_contestants(official, faces, full), *shipped_contestants(size)]
    pictures: dict[str, Edited] = {}
    with torch.inference_mode():
        for one in contestants:
            pictures[one.name] = one.edit(*faces)
        works = {one.name: (lambda edit=one.edit: edit(*faces)) for one in contestants}
        times = milliseconds(works, rounds, warm_up=1)  # once already, for the pictures
    rows = [describe(one, times, pictures, batch) for one in contestants]
    return Table(
        title=f"Edit of {size} px, batch {batch}",
        note=f"GANimation's generator of {PARAMETERS} parameters (random weights) and the shipped ones; "
        f"median of {rounds} rounds in turn. The error is that against the same weights in float32, in levels of 255.",
        columns=("network and way", "ms", "ms a face", "times faster", "largest error", "mean error"),
        rows=rows,
    )


def describe(
    one: Contestant, times: Mapping[str, float], pictures: Mapping[str, Edited], batch: int
) -> Sequence[object]:
    """Make the row of one contestant."""
    taken = times[one.name]
    row = [one.name, taken, taken / batch, times[REFERENCE] / taken]
    if one.truth == one.name:
        return [*row, None, None]
    error = 127.5 * (pictures[one.name].image.clamp(-1, 1) - pictures[one.truth].image.clamp(-1, 1)).abs()
    return [*row, error.max().item(), error.mean().item()]


def draw_batch(batch: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw faces, (B, 3, S, S), with what they show and what they should show, (B, 17)."""
    source, _ = random_expressions(batch, seed=1)
    target, _ = random_expressions(batch, seed=2)
    drawn = draw_faces(torch.arange(batch), source, size=size, seed=3)
    return to_float(drawn.images), torch.from_numpy(source), torch.from_numpy(target)


def build_ganimation(preset: str, size: int) -> Ganimation:
    """Build a GANimation with random weights; its critic, which no edit needs, is small."""
    torch.manual_seed(0)
    smaller = {"image_size": size, "critic_dim": 4, "critic_cap": 8, "critic_depth": 3}
    model = Ganimation(build_config(Ganimation.Config, Ganimation.presets[preset], smaller))
    return model.eval().requires_grad_(False)


def official_contestants(official: Ganimation, faces: tuple[Tensor, ...], full: bool) -> list[Contestant]:
    """List the ways to run the official network; ``full``: those, too, that take minutes to prepare."""
    last = deepcopy(official).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    ways: dict[str, Edit] = {
        REFERENCE: official.edit,
        "official, fp32 channels last": last.edit,
        "official, bf16": half(official),
        "official, bf16 channels last": half(last),
        "official, quick float32": quicken(official, torch.float32).edit,
        "official, quick bf16": quicken(official, torch.bfloat16).edit,
    }
    if full:
        ways |= {f"official, {name}": edit for name, edit in compiled(official).items()}
        others = runtimes(official.generator, [(faces[0], faces[2])])
        ways |= {f"official, {name}": blend(network) for name, network in others.items()}
    return [Contestant(name=name, edit=edit, truth=REFERENCE) for name, edit in ways.items()]


def blend(network: Network) -> Edit:
    """Make an edit from a network that returns colour and attention."""

    def edit(image: Tensor, source: Tensor, target: Tensor) -> Edited:
        colour, keep = map(torch.from_numpy, network(*arrays(image, target)))
        return Edited(image=(1 - keep) * colour + keep * image, change=1 - keep)

    return edit


def half(editor: Editor) -> Edit:
    """Run an editor in torch's mixed precision."""

    def edit(image: Tensor, source: Tensor, target: Tensor) -> Edited:
        with torch.autocast("cpu", torch.bfloat16):
            return editor.edit(image, source, target)

    return edit


def compiled(official: Ganimation) -> dict[str, Edit]:
    """Compile the network with torch.compile, where there is a compiler."""
    if not shutil.which("c++"):
        return {}
    model = deepcopy(official).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model.generator = torch.compile(model.generator)
    return {"torch.compile bf16": half(model)}


def shipped_contestants(size: int) -> list[Contestant]:
    """List the ways to run the shipped networks; GANimation's has random weights until there are others."""
    found = [(f"shipped {name}", *pair) for name in SHIPPED if (pair := load_shipped(name, size))]
    if not found:
        plain = build_ganimation("ours", size)
        found = [("ours, random weights", plain, quicken(plain))]
    return [
        Contestant(name=f"{label}, {way}", edit=spelt(editor), truth=f"{label}, fp32 eager")
        for label, plain, used in found
        for way, editor in (("fp32 eager", plain), ("as `mien edit` runs it", used))
    ]


def load_shipped(name: str, size: int) -> tuple[Editor, Editor] | None:
    """Return a shipped network, and what `mien edit` makes of it; None where there is none of that size."""
    try:
        folder = released_folder(name)
        plain = build_model(read_weights(folder)).requires_grad_(False) if folder else None
        if isinstance(plain, Editor) and plain.image_size == size:
            return plain, load_editor(name, device="cpu").editor
    except MienError:
        pass
    return None


def spelt(editor: Editor) -> Edit:
    """Tell an editor of both sides of a face what whole units show, if it asks for sides."""
    if editor.vocabulary != SIDED_UNITS:
        return editor.edit
    return lambda image, source, target: editor.edit(image, both_sides(source), both_sides(target))
