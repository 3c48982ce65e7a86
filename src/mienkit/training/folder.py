"""The folder of a run: what it was asked to do, its log, samples and checkpoints."""

import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mienkit.core.errors import ConfigError, OutputError
from mienkit.core.version import __version__
from mienkit.training.checkpoint import load_checkpoint
from mienkit.training.log import RunLog
from mienkit.training.run import Run
from mienkit.weights.atomic import write_text

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

PACKAGES = ("torch", "numpy", "pyarrow", "lightning", "safetensors")


class RunFolder:
    """Where a run lives on disk; use as a context manager.

    ``config.json`` (settings and what made it), ``log.jsonl``, ``samples/``, ``tensorboard/``, ``checkpoints/``.
    """

    def __init__(self, path: Path, settings: Mapping[str, object], leads: bool = True) -> None:
        """Open a new folder or one with the same settings; its config is on disk before this returns.

        Args:
            path: made if it is missing.
            settings: JSON-able: model, preset, resolved config, seed, fingerprint of the data, ...
            leads: this process writes; the others only read checkpoints.

        Raises:
            ConfigError: the folder is of a run with other settings (the message lists the differences), or another
                training is using it.
            OutputError: it cannot be written to.
        """
        self.path, self.leads = path, leads
        self.log = RunLog(path / "log.jsonl")
        self.checkpoints, self.samples = path / "checkpoints", path / "samples"
        self._board: SummaryWriter | None = None
        self._step = 0
        self._lock: Any = None
        if leads:
            try:
                path.mkdir(parents=True, exist_ok=True)
                self._lock = lock(path / ".lock")
                settle(path / "config.json", settings)
            except OSError as error:
                self.close()
                raise OutputError(f"cannot write to the run folder {path}: {error.strerror}") from None
            except ConfigError:
                self.close()
                raise

    def resume(self, run: Run) -> bool:
        """Continue from the last checkpoint, if there is one, and drop what the log says of later steps.

        Raises:
            TrainingError: no checkpoint can be read, or it is of another recipe.
        """
        state = load_checkpoint(self.checkpoints)
        if state is not None:
            run.load_state_dict(state)
        self._step = run.step
        if self.leads:
            self.log.drop_after(run.step)
        return state is not None

    @property
    def board(self) -> "SummaryWriter":
        """TensorBoard's writer, opened when first asked for; what it has of steps after ``resume`` is hidden."""
        if self._board is None:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(self.path / "tensorboard"), purge_step=self._step + 1)
        return self._board

    def close(self) -> None:
        """Finish the files and let others use the folder."""
        if self._board is not None:
            self._board.close()
            self._board = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def settle(path: Path, settings: Mapping[str, object]) -> None:
    """Write the config of a new run, or compare it with the one that is there.

    Raises:
        ConfigError: the settings differ, or the file is not readable.
    """
    wanted = json.loads(json.dumps(settings))
    if not path.is_file():
        write_text(path, json.dumps({"settings": wanted, "made_by": describe_environment()}, indent=2) + "\n")
        return
    try:
        there = json.loads(path.read_text(encoding="utf-8"))["settings"]
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"{path} is not the config of a run; choose another folder") from None
    changes = differences(there, wanted)
    if changes:
        raise ConfigError(f"{path.parent} is a run with other settings: {'; '.join(changes)}; choose another folder")


def differences(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """List the settings that differ, nested ones as ``config.n_critic``."""
    old, new = flatten(there), flatten(wanted)
    return [
        f"{name} was {old.get(name, 'not set')}, now {new.get(name, 'not set')}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Turn nested mappings into one with dotted names."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= flatten(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat


def lock(path: Path) -> Any:
    """Claim a file until it is closed or the process dies; nothing is claimed where the system has no such locks.

    Raises:
        ConfigError: another process has it.
    """
    file = path.open("w", encoding="utf-8")
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise ConfigError(
                f"another training is using {path.parent}; wait for it or choose another folder"
            ) from None
    return file


def describe_environment() -> dict[str, object]:
    """Say what computes: versions, platform and, in a checkout, the git commit."""
    return {
        "mienkit": __version__,
        "git_commit": git_commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: found for name in PACKAGES if (found := installed(name))},
    }


def installed(package: str) -> str | None:
    """Return a package's version, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def git_commit() -> str | None:
    """Return the commit of the checkout that this package runs from, with ``+changes`` if there are any."""
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return None
    try:
        commit = run_git(root, "rev-parse", "HEAD")
        return f"{commit}+changes" if run_git(root, "status", "--porcelain") else commit
    except (OSError, subprocess.SubprocessError):
        return None


def run_git(root: Path, *arguments: str) -> str:
    """Ask git something about a checkout."""
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
