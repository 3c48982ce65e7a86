"""``mien new``: a model that is begun passes every test as it is, and nothing is replaced."""

from pathlib import Path

import pytest

from mienkit.app.new_model import class_name, with_line, write_model
from mienkit.cli import main
from mienkit.core.errors import ConfigError, OutputError, UnknownNameError

PACKAGE = '"""What systems are compared with."""\n\nfrom mienkit.baselines import copy as copy\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one baseline."""
    for kind in ("baselines", "systems"):
        folder = tmp_path / "src" / "mienkit" / kind
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(PACKAGE, encoding="utf-8")
    (tmp_path / "docs" / "models").mkdir(parents=True)
    return tmp_path


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_verb_writes_the_file_the_line_and_the_page(checkout, capsys):
    assert main(["new", "baseline", "two_tints", "--repository", str(checkout)]) == 0
    baselines = checkout / "src" / "mienkit" / "baselines"
    assert "class TwoTints(Recipe):" in (baselines / "two_tints.py").read_text(encoding="utf-8")
    assert (baselines / "__init__.py").read_text(encoding="utf-8") == (
        f"{PACKAGE}from mienkit.baselines import two_tints as two_tints\n"
    )
    assert (checkout / "docs" / "models" / "two_tints.md").read_text(encoding="utf-8").startswith("# two_tints\n")
    assert "two_tints.md" in capsys.readouterr().out


def test_a_system_goes_to_the_systems(checkout):
    new = write_model("system", "tint", checkout)
    assert new.model == checkout / "src" / "mienkit" / "systems" / "tint.py"
    assert "from mienkit.systems import tint as tint" in new.line.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "there", ["src/mienkit/baselines/tint.py", "src/mienkit/systems/tint/__init__.py", "docs/models/tint.md"]
)
def test_what_is_there_is_never_replaced(checkout, there):
    (checkout / there).parent.mkdir(exist_ok=True)
    (checkout / there).write_text("mine", encoding="utf-8")
    before = files(checkout)
    with pytest.raises(OutputError, match="is there already; choose another name"):
        write_model("baseline", "tint", checkout)
    assert files(checkout) == before


@pytest.mark.parametrize("name", ["Tint", "2tints", "class", "a-b", "../tint", "", "two__tints"])
def test_what_cannot_be_a_module_is_refused(checkout, name):
    with pytest.raises(ConfigError, match="cannot be a model's name"):
        write_model("baseline", name, checkout)


def test_the_name_of_another_model_is_refused(checkout):
    with pytest.raises(ConfigError, match="a model is called 'warp' already"):
        write_model("baseline", "warp", checkout)


def test_names_that_say_nothing_are_refused(checkout):
    with pytest.raises(ConfigError, match="'utils' says nothing"):
        write_model("baseline", "utils", checkout)


def test_a_wrong_kind_is_answered_by_the_right_ones(checkout):
    with pytest.raises(UnknownNameError, match="did you mean 'baseline'"):
        write_model("baselines", "tint", checkout)


def test_a_folder_that_is_no_checkout_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="is no checkout of mienkit"):
        write_model("baseline", "tint", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_checkout_that_cannot_be_written_is_told(checkout, monkeypatch):
    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("mienkit.app.new_model.write_text", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_model("baseline", "tint", checkout)


def test_lines_stand_in_the_order_of_the_alphabet():
    assert with_line(PACKAGE, "baselines", "blend").splitlines()[2:] == [
        "from mienkit.baselines import blend as blend",
        "from mienkit.baselines import copy as copy",
    ]


def test_a_class_is_called_as_its_file():
    assert class_name("landmark_transfer") == "LandmarkTransfer"


def test_the_same_model_is_begun_only_once(checkout):
    write_model("baseline", "tint", checkout)
    with pytest.raises(OutputError, match=r"tint\.py is there already"):
        write_model("baseline", "tint", checkout)
