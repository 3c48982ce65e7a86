"""What the documents promise is what the package does."""

import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from fences import read_fences
from PIL import Image
from typer.main import get_command

from mienkit import baselines as baselines
from mienkit import systems as systems
from mienkit.app.demo import example_photo
from mienkit.cli import main, program
from mienkit.core.config import build_config
from mienkit.core.model import MODELS
from mienkit.core.recipe import Recipe

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
GUIDES = [page for page in PAGES if read_fences(page, "sh tested") or read_fences(page, "python tested")]

SHORTER: Mapping[str, list[str]] = {
    "draw": ["--count", "24"],
    "train": ["--set", "pair_steps=2", "--set", "steps=2", "--set", "batch_size=4"],
}
"""Added to commands that would take minutes; the last value of an option counts."""
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
RECIPES = [name for name in MODELS if issubclass(MODELS[name], Recipe)]


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a user works, with a photo and a folder of photos."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    photo = tmp_path / "me.jpg"
    Image.fromarray(example_photo().pixels).save(photo, quality=95)
    (tmp_path / "photos").mkdir()
    shutil.copy(photo, tmp_path / "photos" / "me.jpg")
    return tmp_path


@pytest.mark.parametrize("page", GUIDES, ids=label)
def test_commands_of_a_page_run_one_after_the_other(page: Path, desk: Path) -> None:
    for line in "".join(read_fences(page, "sh tested")).splitlines():
        program, verb, *arguments = shlex.split(line, comments=True) or ["mien", "models"]
        assert program == "mien", f"'{line}' cannot be tested here"
        assert main([verb, *arguments, *SHORTER.get(verb, [])]) == 0, line
    for code in read_fences(page, "python tested"):
        exec(compile(code, label(page), "exec"), {})


def test_the_readme_shows_how_to_use_every_kind_of_command() -> None:
    shown = {line.split()[1] for code in read_fences(ROOT / "README.md", "sh tested") for line in code.splitlines()}
    assert {"edit", "measure", "draw", "train", "prepare"} <= shown


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_links_lead_to_files_that_exist(page: Path) -> None:
    inside = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    made = {f"{path.parent.name}.md" for path in (ROOT / "src" / "mienkit").glob("*/__init__.py")}
    wanted = [link for link in inside if not (page.parent.name == "reference" and link in made)]
    assert [link for link in wanted if not (page.parent / link).exists()] == []


def test_verbs_that_are_named_exist() -> None:
    verbs = set(get_command(program).commands)
    texts = [page.read_text(encoding="utf-8") for page in [*PAGES, *(ROOT / "src").rglob("*.py")]]
    named = {verb for text in texts for verb in re.findall(r"`mien ([a-z]+)", text)}
    assert "edit" in named
    assert named - verbs == set()


def test_pages_that_the_code_names_exist() -> None:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    named = {page for text in sources for page in re.findall(r"docs/[\w/.-]+\.md", text)}
    assert [page for page in sorted(named) if not (ROOT / page).is_file()] == []


def read_table(page: Path, *first: str) -> Iterator[dict[str, str]]:
    """Yield the rows of the table whose heading begins with these columns."""
    columns: list[str] = []
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            columns = []
        elif columns and not set(line) <= set("|-: "):
            yield dict(zip(columns, cells, strict=True))
        elif tuple(cells[: len(first)]) == first:
            columns = cells


def presets(name: str) -> dict[str, Mapping[str, object]]:
    """Return the presets that a page must describe; the one for tests is nobody's business."""
    shown = {preset: values for preset, values in MODELS[name].presets.items() if preset != "tiny"}
    return shown or {"default": {}}


def objective(name: str, differences: Mapping[str, object]) -> dict[tuple[str, str], float]:
    """Return (phase, term) -> weight of everything that a model's stages train on."""
    kind = MODELS[name]
    model = kind(build_config(kind.Config, differences, kind.presets["tiny"]))  # small; weights do not depend on size
    assert isinstance(model, Recipe)
    phases = [phase for stage in model.stages() for phase in stage.phases]
    return {(phase.name, term): weight for phase in phases for term, weight in phase.weights.items() if weight}


@pytest.mark.parametrize("name", RECIPES)
def test_the_objective_of_a_page_is_that_of_the_code(name: str) -> None:
    rows = list(read_table(ROOT / "docs" / "models" / f"{name}.md", "phase", "term"))
    for preset, differences in presets(name).items():
        told = {(row["phase"], row["term"]): float(row[preset]) for row in rows if row[preset]}
        assert told == pytest.approx(objective(name, differences)), preset


@pytest.mark.parametrize("name", RECIPES)
def test_the_settings_of_a_page_are_those_of_the_code(name: str) -> None:
    rows = list(read_table(ROOT / "docs" / "models" / f"{name}.md", "setting"))
    for preset, differences in presets(name).items():
        told = vars(build_config(MODELS[name].Config, {row["setting"]: row[preset] for row in rows}))
        assert rounded(told) == rounded(vars(build_config(MODELS[name].Config, differences))), preset
        assert {row["setting"] for row in rows} == set(told)


def rounded(settings: Mapping[str, object]) -> dict[str, object]:
    """Write numbers as a page does, with three digits."""
    return {name: f"{value:.3g}" if isinstance(value, float) else value for name, value in settings.items()}
