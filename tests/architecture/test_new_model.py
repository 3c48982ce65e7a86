"""A model is one file and one line, when it comes and when it goes: tried on copies of the package.

CONTRIBUTING's own example is followed to the letter, a model is begun by ``mien new``, and one is deleted.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fences import read_fences

from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.new_model import write_model
from mienkit.weights import read_weights

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, to which the model was added, and a table."""
    folder = tmp_path_factory.mktemp("copied")
    skipped = shutil.ignore_patterns("__pycache__", "*.safetensors")
    shutil.copytree(ROOT / "src" / "mienkit", folder / "mienkit", ignore=skipped)
    model, line = read_fences(ROOT / "CONTRIBUTING.md", "python")
    baselines = folder / "mienkit" / "baselines"
    (baselines / "tint.py").write_text(model, encoding="utf-8")
    with (baselines / "__init__.py").open("a", encoding="utf-8") as package:
        package.write(line)
    draw_table(folder / "drawn.table", DrawRequest(count=24, size=32))
    return folder


def mien(folder: Path, *arguments: str) -> str:
    """Run ``mien`` of the copied package."""
    code = "import sys, mienkit.cli; print(mienkit.__file__); sys.exit(mienkit.cli.main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(folder)), "the copy was not used"
    return done.stdout


def test_one_file_and_one_line_list_a_new_model(copied: Path) -> None:
    (line,) = [line for line in mien(copied, "models").splitlines() if line.startswith("tint")]
    assert "edit" in line
    assert "Adds a colour for every action unit that changes." in line


def test_one_file_and_one_line_train_a_new_model(copied: Path) -> None:
    mien(copied, "train", "tint", "--preset", "tiny", "--table", "drawn.table")
    weights = read_weights(copied / "runs" / "tint-tiny-0" / "weights", "tint")
    assert weights.state["colours.weight"].shape == (3, 17)
    assert weights.config["steps"] == 3


ALL_IMPORTS = """
import pkgutil, mienkit
from mienkit.cli import main
for module in pkgutil.walk_packages(mienkit.__path__, "mienkit."):
    __import__(module.name)
main(["models"])
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the repository without weights."""
    skipped = shutil.ignore_patterns("__pycache__", "*.safetensors")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=skipped)
    shutil.copytree(ROOT / "docs" / "models", tmp_path / "docs" / "models")
    return tmp_path


def run_in(checkout: Path, *arguments: str) -> str:
    """Run Python with the package of a checkout."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": f"{checkout / 'src'}{os.pathsep}{checkout / 'tests'}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_model_that_is_begun_keeps_every_contract(checkout: Path) -> None:
    write_model("baseline", "new_tint", checkout)
    shutil.copytree(ROOT / "tests", checkout / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", checkout)
    tests = ["tests/contract/test_recipes.py", "tests/architecture/test_documents.py"]
    told = run_in(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "new_tint or registered", *tests)
    assert "failed" not in told
    assert int(re.findall(r"(\d+) passed", told)[0]) >= 15


def test_a_model_that_goes_takes_nothing_along(checkout: Path) -> None:
    package = checkout / "src" / "mienkit" / "baselines" / "__init__.py"
    lines = package.read_text(encoding="utf-8").splitlines(keepends=True)
    package.write_text("".join(line for line in lines if "stargan" not in line), encoding="utf-8")
    (package.parent / "stargan.py").unlink()
    listed = run_in(checkout, "-c", ALL_IMPORTS)
    assert "attgan" in listed
    assert "stargan" not in listed
