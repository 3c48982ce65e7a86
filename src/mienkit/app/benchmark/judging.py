"""Who judges: judges by name, as each protocol needs them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mienkit.app.benchmark.entrant import check_weights
from mienkit.app.judges import JUDGES, judge_folder, load_judge, others
from mienkit.app.models import load_model
from mienkit.core.config import require
from mienkit.core.model import Model
from mienkit.core.naming import unknown_name
from mienkit.core.task import Measurer
from mienkit.evaluation.looker import Looker, nobody
from mienkit.evaluation.network_judge import NetworkJudge
from mienkit.face.meter import BLIND, NAME
from mienkit.weights.folder import TENSORS, digest, released
from mienkit.weights.people import PEOPLE, read_people

WHOLE = ("judge", "meter")
"""Judges that read whole faces, emotions too: drawn faces and clips need one."""
LEARNED_FROM = "trainings know its opinion: it is, or taught, the meter that editors are trained by"


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A network of ours that judges by all that it reads."""

    measurer: Measurer
    name: str
    teacher: bool
    knows: Callable[[str], bool] = nobody
    """Tells of whom it learned, by the column ``subject``."""

    @property
    def marks(self) -> tuple[str, ...]:
        """What a table should say of it."""
        return (LEARNED_FROM,) if self.teacher else ()


def default_judge(*, photographs: bool) -> str:
    """Name the judge where nobody chose one: the second meter, if it is there."""
    if released("judge") is not None:
        return "judge"
    return "mediapipe" if photographs else "meter"


def reads_whole_faces(word: str) -> bool:
    """Tell whether a judge can judge drawn faces and clips."""
    return word.partition("=")[0] in WHOLE


def load_reader(word: str) -> Reader:
    """Make a judge of whole faces ready: ``judge``, ``meter``, and both with ``=FOLDER``.

    Raises:
        ConfigError: it does not read whole faces.
        WeightsError: its weights are missing, corrupt or another model's.
    """
    name, _, given = word.partition("=")
    require(name in WHOLE, f"the judge {name} reads no emotions; drawn faces and clips need judge or meter")
    own = Path(given).expanduser() if given else None
    folder = own or (judge_folder() if name == "judge" else released(NAME))
    assert folder is not None
    built: Model = load_model(name, folder)[1].eval().requires_grad_(False)
    assert isinstance(built, Measurer)
    return Reader(
        measurer=built,
        name=f"{name} {digest(folder / TENSORS)[:8]}",
        teacher=name == "meter" and is_released(folder),
        knows=read_people(folder),
    )


def is_released(folder: Path) -> bool:
    """Tell whether weights are those of the meter that comes with the package, wherever they lie."""
    ours = released(NAME)
    return ours is not None and digest(folder / TENSORS) == digest(ours / TENSORS)


def check_judges(words: Sequence[str]) -> None:
    """Make sure, before anybody works for hours, that judges exist and that their files are there.

    Raises:
        UnknownNameError: there is no such judge.
        ConfigError: one needs a file, takes none, or comes twice.
        WeightsError: a folder holds other weights.
        DataError: OpenFace's file cannot be used.
    """
    require(len(set(words)) == len(words), "a judge comes twice; name each one once")
    for word in words:
        name, equals, given = word.partition("=")
        known = [judge.partition("=")[0] for judge in JUDGES]
        if name not in known:
            raise unknown_name("judge", name, known)
        require(not equals or bool(given), f"--judge {word} names no file")
        if given and name in WHOLE:
            check_weights(Path(given).expanduser(), name)
        elif given or name == "openface":
            load_judge(word)


def load_looker(word: str, *, units_only: bool = False) -> Looker:
    """Make a judge of photographs ready: any of ``app.judges``, or ``meter=FOLDER``.

    Args:
        word: its name.
        units_only: nobody will ask for landmarks or identity.

    Raises:
        MienError: as ``app.judges.load_judge``.
    """
    name, _, given = word.partition("=")
    if not (name == "meter" and given):
        return load_judge(word, units_only=units_only)
    reader = load_reader(word)
    return NetworkJudge(
        reader.measurer, reader.name, teacher=reader.teacher, blind=BLIND, knows=reader.knows, **others(units_only)
    )


def seal_of(word: str) -> str:
    """Return SHA-256 of what decides a judge's opinion and its name does not tell: whom it knows, OpenFace's files."""
    name, _, given = word.partition("=")
    place = Path(given).expanduser() if given else released(name)
    if place is None:
        return ""
    if name == "openface":
        paths = [place] if place.is_file() else sorted(place.glob("*.csv"))
    else:
        paths = [path for path in [place / PEOPLE] if path.is_file()]
    return " ".join(map(digest, paths))


def meter_seal() -> str:
    """Return SHA-256 of the meter that reads photographs before they are edited, whoever judges."""
    meter = released(NAME)
    return digest(meter / TENSORS) if meter else ""


def marks_of(judge: Looker) -> Sequence[str]:
    """What a table should say of a judge of photographs."""
    return (LEARNED_FROM,) if judge.teacher else ()
