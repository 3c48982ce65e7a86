"""A model is one file and one line: CONTRIBUTING's own example, followed to the letter on a copy of the package."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fences import read_fences

from mienkit.app.draw import DrawRequest, draw_table
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
