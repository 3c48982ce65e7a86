"""From whom weights learned."""

import json

import pytest

from mienkit.core.errors import WeightsError
from mienkit.weights.people import PEOPLE, hash_person, read_people, write_people


def test_people_are_known_by_the_list_and_not_named_in_it(tmp_path):
    write_people(tmp_path, ["portraits/ann", "portraits/bob", "portraits/ann"])
    knows = read_people(tmp_path)
    assert [knows(name) for name in ("portraits/ann", "portraits/bob", "portraits/cleo")] == [True, True, False]
    assert len(json.loads((tmp_path / PEOPLE).read_text())["people"]) == 2
    assert "ann" not in (tmp_path / PEOPLE).read_text()


def test_the_order_of_names_is_forgotten(tmp_path):
    write_people(tmp_path, ["a", "b"])
    first = (tmp_path / PEOPLE).read_bytes()
    write_people(tmp_path, ["b", "a"])
    assert (tmp_path / PEOPLE).read_bytes() == first


def test_a_hash_is_the_same_for_ever():
    assert hash_person("ann") == "5592530ebde2c52e"


def test_weights_without_a_list_know_nobody(tmp_path):
    assert not read_people(tmp_path)("ann")


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 2, "people": []}', '{"format": 1, "people": [1]}'])
def test_a_list_that_cannot_be_read_is_no_empty_list(tmp_path, text):
    (tmp_path / PEOPLE).write_text(text)
    with pytest.raises(WeightsError, match=r"people\.json"):
        read_people(tmp_path)
