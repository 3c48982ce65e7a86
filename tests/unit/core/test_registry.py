import pytest

from mienkit.core.errors import UnknownNameError
from mienkit.core.registry import Registry


class Thing:
    pass


def make_class(module: str) -> type[Thing]:
    return type("Made", (Thing,), {"__module__": module})


@pytest.fixture
def registry() -> Registry[Thing]:
    return Registry("thing")


def test_a_class_is_registered_under_its_files_name(registry: Registry[Thing]) -> None:
    made = registry.register(make_class("mienkit.things.lamp"))
    assert registry["lamp"] is made
    assert registry.name_of(made) == "lamp"


def test_names_come_sorted_and_are_counted(registry: Registry[Thing]) -> None:
    for name in ("b", "c", "a"):
        registry.register(make_class(f"mienkit.things.{name}"))
    assert list(registry) == ["a", "b", "c"]
    assert len(registry) == 3
    assert "a" in registry
    assert "d" not in registry


def test_a_name_cannot_be_taken_twice(registry: Registry[Thing]) -> None:
    registry.register(make_class("mienkit.things.lamp"))
    with pytest.raises(ValueError, match="thing 'lamp' is already Made"):
        registry.register(make_class("mienkit.others.lamp"))


def test_an_unknown_name_suggests_the_nearest_one_and_lists_all(registry: Registry[Thing]) -> None:
    for name in ("lamp", "chair"):
        registry.register(make_class(f"mienkit.things.{name}"))
    with pytest.raises(UnknownNameError) as caught:
        registry["lmp"]
    assert str(caught.value) == "no thing is called 'lmp'; did you mean 'lamp'? choose one of chair, lamp"
    with pytest.raises(UnknownNameError, match="no thing is called 'zzz'; choose one of"):
        registry["zzz"]
