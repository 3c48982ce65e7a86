"""py-feat in a Python of its own, stood in for by made modules and made interpreters."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from mienkit.core.errors import MienError, MissingExtraError
from mienkit.evaluation import pyfeat_judge
from mienkit.evaluation.pyfeat_judge import PyFeatJudge

BRIGHT, DARK = (np.full((32, 32, 3), level, np.uint8) for level in (204, 0))
FEAT = '''
"""Stands in for py-feat: AU12 is how bright a picture is, and black is nobody."""
import numpy as np
from PIL import Image

print("libraries say much")
__version__ = "0.6.9"

class Row(dict):
    pass

class Fex:
    def __init__(self, rows):
        self.rows = rows
        self.columns = list(rows[0]) if rows else ["AU12"]
        self.iloc = rows
    def dropna(self, subset, how):
        return self
    def __len__(self):
        return len(self.rows)
    def __getitem__(self, name):
        rows = self.rows
        class Column:
            def to_numpy(self):
                return np.asarray([row[name] for row in rows])
        return Column()

class Detector:
    def __init__(self, device):
        print("and more")
    def METHOD(self, pictures, **more):
        bright = float(np.asarray(Image.open(pictures[0])).mean() / 255)
        if bright == 0:
            return Fex([])
        if bright > 0.95:
            raise RuntimeError("too bright")
        def row(value, width):
            places = {f"{axis}_{n}": 16.0 for n in range(68) for axis in "xy"}
            return {"AU12": value, "AU43": 0.25, "FaceRectWidth": width, **places}
        return Fex([row(0.0, 3.0), row(bright, 9.0)])
'''


@pytest.fixture(params=["detect_image", "detect"])
def python(request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter that has the made py-feat, of an older and of a newer kind."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "feat.py").write_text(FEAT.replace("METHOD", request.param))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    return Path(sys.executable)


def test_it_reads_units_by_their_names_and_the_largest_face(python: Path):
    judge = PyFeatJudge(python)
    look = judge.look(BRIGHT)
    assert judge.name == "py-feat 0.6.9"
    assert look.channels["AU12"] == pytest.approx(0.8, abs=0.01)
    assert look.channels["AU45"] == 0.25
    assert np.isnan(look.channels["AU1"])
    assert look.landmarks[0] == pytest.approx((0.5, 0.5))
    assert judge.look(DARK) is None
    assert judge.look(BRIGHT).channels["AU12"] == pytest.approx(0.8, abs=0.01)
    judge.close()
    assert judge.process.returncode == 0


def test_what_py_feat_says_when_it_fails_is_told_and_it_goes_on(python: Path):
    judge = PyFeatJudge(python)
    with pytest.raises(MienError, match="py-feat failed: RuntimeError: too bright"):
        judge.look(np.full((32, 32, 3), 255, np.uint8))
    assert judge.look(BRIGHT) is not None
    judge.close()


def script(folder: Path, text: str) -> Path:
    path = folder / "python"
    path.write_text(f"#!{sys.executable}\n{text}\n")
    path.chmod(0o755)
    return path


def test_without_an_environment_it_says_how_to_make_one():
    with pytest.raises(MissingExtraError, match=r"pip install py-feat.*--pyfeat-python"):
        PyFeatJudge(None)


def test_an_interpreter_that_is_not_there_says_so(tmp_path: Path):
    with pytest.raises(MissingExtraError, match=r"no Python that starts .*pip install py-feat"):
        PyFeatJudge(tmp_path / "nowhere")


@pytest.mark.skipif(os.name == "nt", reason="made interpreters are scripts")
def test_an_environment_without_py_feat_says_how_to_get_it(tmp_path: Path):
    missing = script(tmp_path, 'print(\'{"error": "ModuleNotFoundError: feat"}\')')
    with pytest.raises(MissingExtraError, match=r"ModuleNotFoundError: feat; .*pip install py-feat"):
        PyFeatJudge(missing)


@pytest.mark.skipif(os.name == "nt", reason="made interpreters are scripts")
def test_a_process_that_dies_is_told(tmp_path: Path):
    dying = script(tmp_path, 'print(\'{"ready": "py-feat 1"}\', flush=True); input()')
    judge = PyFeatJudge(dying)
    with pytest.raises(MienError, match="py-feat"):
        judge.look(BRIGHT)
    judge.close()


def test_this_python_has_no_py_feat_and_says_so():
    pytest.importorskip("torch")
    try:
        import feat  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtraError, match="ModuleNotFoundError: No module named 'feat'"):
            PyFeatJudge(Path(sys.executable))


READY = 'print(\'{"ready": "py-feat 1"}\', flush=True)'
ANSWER = 'print(\'{"aus": {"AU12": 0.5}}\', flush=True)'


@pytest.mark.skipif(os.name == "nt", reason="made interpreters are scripts")
def test_what_libraries_print_between_answers_is_passed_over(tmp_path: Path):
    noise = """import sys; sys.stdout.buffer.write(b"loading \\xff\\n[1, 2]\\n{}\\n"); sys.stdout.flush()"""
    chatty = script(tmp_path, f"{noise}\n{READY}\nfor line in sys.stdin:\n    {noise}\n    {ANSWER}")
    judge = PyFeatJudge(chatty)
    assert [judge.look(BRIGHT).channels["AU12"] for _ in range(3)] == [0.5] * 3
    judge.close()


@pytest.mark.skipif(os.name == "nt", reason="made interpreters are scripts")
def test_one_that_says_nothing_is_given_up_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pyfeat_judge, "ANSWER", 0.2)
    slow = script(tmp_path, f"{READY}\nimport time\ninput()\ntime.sleep(1)\n{ANSWER}\ninput()\n{ANSWER}")
    judge = PyFeatJudge(slow)
    with pytest.raises(MienError, match=r"py-feat failed: no answer for 0\.2 s"):
        judge.look(BRIGHT)
    assert judge.process.returncode is not None
    with pytest.raises(MienError, match="was ended; start the judge again"):
        judge.look(BRIGHT)
    assert not judge.folder.exists()


@pytest.mark.skipif(os.name == "nt", reason="made interpreters are scripts")
def test_a_start_that_takes_for_ever_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pyfeat_judge, "START", 0.2)
    with pytest.raises(MissingExtraError, match=r"does not start .*no answer for 0\.2 s"):
        PyFeatJudge(script(tmp_path, "input()"))


@pytest.mark.skipif(os.name == "nt", reason="made interpreters are scripts")
def test_a_slow_start_is_waited_for(tmp_path: Path):
    judge = PyFeatJudge(script(tmp_path, f"import time\ntime.sleep(0.5)\n{READY}\ninput()\n{ANSWER}"))
    assert judge.look(BRIGHT).channels["AU12"] == 0.5
    judge.close()


@pytest.mark.skipif(os.name == "nt", reason="made interpreters are scripts")
def test_the_environment_may_have_blanks_and_letters_of_any_kind_in_its_name(tmp_path: Path, monkeypatch):
    home = tmp_path / "my home, ä"
    (home / "py feat").mkdir(parents=True)
    script(home / "py feat", f"{READY}\ninput()\n{ANSWER}")
    monkeypatch.setenv("HOME", str(home))
    judge = PyFeatJudge(Path("~/py feat/python"))
    assert judge.look(BRIGHT).channels["AU12"] == 0.5
    judge.close()
