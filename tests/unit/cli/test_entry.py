"""From the shell and back."""

import subprocess
import sys

import pytest
import typer

from mienkit import __version__
from mienkit.cli.entry import INTERRUPTED, main
from mienkit.cli.program import program
from mienkit.core.errors import ConfigError

VERBS = ("edit", "measure", "demo", "prepare", "draw", "train", "models", "fetch", "doctor", "data")


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f" {verb} " in out for verb in VERBS)


def test_nothing_at_all_is_a_request_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "Usage: mien" in capsys.readouterr().out


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mienkit {__version__}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_help_page(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    assert f"Usage: mien {verb}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["edit"], "Missing"),
        (["edit", "me.jpg", "--smile", "-o", "x.png"], "No such option"),
        (["edit", "me.jpg", "--intensity", "much", "-o", "x.png"], "--intensity"),
        (["levitate"], "levitate"),
    ],
)
def test_arguments_that_make_no_sense_are_one_line_and_a_hint(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    error, hint = printed.err.splitlines()
    assert error.startswith("error: ")
    assert message in error
    assert "--help" in hint
    assert printed.out == ""


def test_a_deliberate_error_is_one_line_with_its_hints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = ConfigError("that will not do")
    error.add_note("do this instead")
    raising(monkeypatch, error)
    assert main(["models"]) == 2
    assert capsys.readouterr().err == "error: that will not do\nhint: do this instead\n"


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        main(["models"])


def test_ctrl_c_ends_without_a_traceback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, KeyboardInterrupt())
    assert main(["models"]) == INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err


def test_help_does_not_wait_for_torch() -> None:
    code = "import sys, mienkit.cli; mienkit.cli.main(['--help']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, mienkit; sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'typer', 'cv2')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_a_reader_that_closes_its_end_is_no_error() -> None:
    code = "import sys; from mienkit.cli import run; sys.argv = ['mien', '--help']; run()"
    shell = f"{sys.executable} -c {code!r} | true"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_every_option_is_explained() -> None:
    command = typer.main.get_command(program)
    groups = [command, *command.commands.values()]  # type: ignore[attr-defined]
    unexplained = [f"{one.name} {option.name}" for one in groups for option in one.params if not option.help]
    assert unexplained == []


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let ``mien models`` raise an error."""

    def fail() -> None:
        raise error

    monkeypatch.setattr("mienkit.app.models.list_models", fail)
