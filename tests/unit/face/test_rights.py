"""``rights.yaml`` beside photographs."""

from datetime import date
from pathlib import Path

import pytest

from mienkit.core.errors import ConfigError, DataError
from mienkit.face.rights import Rights, read_rights

TODAY = date(2026, 5, 1)


@pytest.fixture
def anna(tmp_path: Path) -> Path:
    for name in ("anna.jpg", "ben.jpg"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path / "anna.jpg"


def write(photo: Path, text: str) -> None:
    photo.with_name("rights.yaml").write_text(text)


def test_without_a_file_everything_is_allowed_and_nobody_said_so(anna: Path) -> None:
    assert read_rights(anna) == Rights(told=False)
    write(anna, "ben.jpg: {may_modify: false}")
    assert read_rights(anna) == Rights(told=False)


def test_what_is_said_of_a_file_comes_before_what_is_said_of_all(anna: Path) -> None:
    write(anna, '"*": {may_publish: false, may_modify: false, note: form 12}\nanna.jpg: {may_modify: true}')
    assert read_rights(anna) == Rights(may_publish=False, may_modify=True, note="form 12")
    assert not read_rights(anna.with_name("ben.jpg")).may_modify


def test_a_photograph_that_may_not_be_modified_is_refused_by_name_and_reason(anna: Path) -> None:
    write(anna, "anna.jpg: {may_modify: false, note: withdrawn}")
    with pytest.raises(DataError, match=r"anna\.jpg may not be modified.*withdrawn.*leave it out"):
        read_rights(anna).check_modify(anna, TODAY)


def test_a_permission_holds_on_its_last_day_and_not_on_the_next(anna: Path) -> None:
    write(anna, "anna.jpg: {expires: 2026-05-01}")
    read_rights(anna).check_modify(anna, TODAY)
    with pytest.raises(DataError, match="ended on 2026-05-01"):
        read_rights(anna).check_modify(anna, date(2026, 5, 2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("anna.jpg: {may_modfy: false}", "did you mean 'may_modify'"),
        ("ana.jpg: {may_modify: false}", "did you mean 'anna.jpg'"),
        ("anna.jpg: {may_modify: perhaps}", "may_modify should be true or false"),
        ("anna.jpg: {expires: soon}", "expires should be a day such as 2030-01-31"),
        ("anna.jpg: false", "should say may_modify"),
        ("anna.jpg: {may_modify: true}\nanna.jpg: {may_modify: false}", "twice"),
        ("anna.jpg: [", "no YAML"),
        ("- anna.jpg", "by name"),
    ],
)
def test_a_file_that_could_be_misread_is_refused(anna: Path, text: str, message: str) -> None:
    write(anna, text)
    with pytest.raises(ConfigError, match=message):
        read_rights(anna)
