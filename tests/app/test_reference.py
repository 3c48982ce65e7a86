"""The API reference, and the names that ``import mienkit`` offers."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

import mienkit

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """The script behind ``make docs``."""
    spec = importlib.util.spec_from_file_location("build_reference", REPOSITORY / "docs" / "reference" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_package_has_a_page_that_describes_its_functions(build: ModuleType, tmp_path: Path) -> None:
    written = {path.name: path.read_text() for path in build.main(tmp_path)}
    packages = {path.parent.name for path in (REPOSITORY / "src" / "mienkit").glob("*/__init__.py")}
    assert set(written) == {f"{name}.md" for name in packages} | {"README.md"}
    assert "### `edit_photo`" in written["inference.md"]
    assert "Give one face of a photo another expression." in written["inference.md"]
    assert "- `unchanged: float` Share of the photo's pixels" in written["inference.md"]


def test_the_first_page_is_up_to_date(build: ModuleType, tmp_path: Path) -> None:
    build.main(tmp_path)
    committed = (REPOSITORY / "docs" / "reference" / "README.md").read_text()
    assert committed == (tmp_path / "README.md").read_text(), "run `make docs`"


def test_the_public_names_are_these() -> None:
    assert dir(mienkit) == ["__version__", "edit", "load_workshop", "measure"]
    assert all(callable(getattr(mienkit, name)) for name in dir(mienkit)[1:])


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="animate"):
        mienkit.animate  # noqa: B018
