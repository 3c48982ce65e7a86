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
        ("anna.jpg: {expires: 2030-02-31}", "a day that does not exist"),
        ("anna.jpg: {expires: 2030-01-31 12:00:00}", "expires should be a day"),
        ("anna.jpg: {expires: 31.01.2030}", "expires should be a day"),
        ("photos/anna.jpg: {may_modify: false}", "no photograph is called 'photos/anna.jpg'"),
        ("- anna.jpg", "by name"),
    ],
)
def test_a_file_that_could_be_misread_is_refused(anna: Path, text: str, message: str) -> None:
    write(anna, text)
    with pytest.raises(ConfigError, match=message):
        read_rights(anna)


@pytest.mark.parametrize("name", ["rights.yml", "Rights.yaml", "rights.txt"])
def test_a_file_under_a_wrong_name_is_refused_and_not_passed_over(anna: Path, name: str) -> None:
    anna.with_name(name).write_text("anna.jpg: {may_modify: false}")
    with pytest.raises(ConfigError, match=r"is not read under this name; call it rights\.yaml"):
        read_rights(anna)


def test_a_path_in_the_file_does_not_leave_a_photograph_unprotected(anna: Path) -> None:
    (anna.parent / "deep").mkdir()
    (anna.parent / "deep" / "carl.jpg").write_bytes(b"")
    write(anna, "deep/carl.jpg: {may_modify: false}")
    with pytest.raises(ConfigError, match=r"deep/carl\.jpg"):
        read_rights(anna)


@pytest.mark.parametrize(("told", "file"), [("Anna.JPG", "anna.jpg"), ("Jos\u00e9.jpg", "Jose\u0301.jpg")])
def test_capitals_and_the_spelling_of_accents_do_not_matter(tmp_path: Path, told: str, file: str) -> None:
    photo = tmp_path / file
    photo.write_bytes(b"")
    write(photo, f"{told}: {{may_modify: false}}")
    assert not read_rights(photo).may_modify


def test_of_two_names_that_differ_in_capitals_alone_each_has_its_own_rights(tmp_path: Path) -> None:
    for name in ("a.jpg", "A.jpg"):
        (tmp_path / name).write_bytes(b"")
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("this file system does not tell capitals apart")
    write(tmp_path / "a.jpg", "a.jpg: {may_modify: false}\nA.jpg: {may_modify: true}")
    assert [read_rights(tmp_path / name).may_modify for name in ("a.jpg", "A.jpg")] == [False, True]


def test_a_link_does_not_lead_around_the_rights_of_a_photograph(anna: Path, tmp_path: Path) -> None:
    write(anna, "anna.jpg: {may_modify: false, expires: 2030-01-31, note: form 12}")
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "somebody.jpg"
    try:
        link.symlink_to(anna)
    except OSError:
        pytest.skip("no links here")
    assert read_rights(link) == Rights(may_modify=False, expires=date(2030, 1, 31), note="form 12")
    write(link, "'*': {may_publish: false, expires: 2029-01-31, note: form 7}")
    wanted = Rights(may_modify=False, may_publish=False, expires=date(2029, 1, 31), note="form 7; form 12")
    assert read_rights(link) == wanted


def test_a_link_to_lost_rights_is_refused(anna: Path) -> None:
    try:
        anna.with_name("rights.yaml").symlink_to(anna.with_name("gone.yaml"))
    except OSError:
        pytest.skip("no links here")
    with pytest.raises(ConfigError, match="cannot read"):
        read_rights(anna)


def test_rights_that_are_written_anew_count_at_once(anna: Path) -> None:
    for word, value in (("true;", True), ("false", False)):
        write(anna, f"anna.jpg: {{may_modify: {word.strip(';')}}}")
        assert read_rights(anna).may_modify is value
