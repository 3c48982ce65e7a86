import pytest

from mienkit.core.task import TASKS, Edited, Editor, tasks_of


class Both:
    image_size = 64
    vocabulary = ("AU1",)

    def edit(self, image, source, target):
        return Edited(image=image, change=image[:, :1])

    def measure(self, image):
        return None


def test_tasks_are_told_by_what_a_model_can_do():
    assert tasks_of(Both) == ("edit", "measure")
    assert tasks_of(Both()) == ("edit", "measure")
    assert tasks_of(object()) == ()


def test_a_name_that_is_no_method_is_no_task():
    assert tasks_of(type("Odd", (), {"edit": "yes"})) == ()


def test_a_protocol_asks_for_its_attributes_too():
    assert isinstance(Both(), Editor)
    assert not isinstance(type("Half", (), {"edit": Both.edit})(), Editor)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_called_like_its_method(task):
    assert callable(getattr(TASKS[task], task))
