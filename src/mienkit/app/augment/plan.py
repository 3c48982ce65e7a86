"""How many rows of each class there are, are wanted and can be made."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mienkit.app.augment.census import Census
from mienkit.app.augment.request import AugmentRequest, FaceClass, classes_of
from mienkit.app.augment.tools import Tools
from mienkit.core.errors import DataError
from mienkit.data.faces import Indices


@dataclass(frozen=True, kw_only=True)
class ClassPlan:
    """What is planned for one emotion or unit."""

    name: str
    has: int
    """Training rows that show it."""
    wanted: int
    make: int
    """Rows that are to be made: what lacks, or less where there are too few people."""
    people: int
    """Whose faces can be changed."""

    @property
    def wanted_class(self) -> FaceClass:
        """The class."""
        return FaceClass(self.name)


def balanced_classes(request: AugmentRequest) -> list[FaceClass]:
    """Return all classes whose counts matter, also where only some of them are made."""
    return [one for sort in request.sorts for one in classes_of(sort)]


def make_plan(census: Census, request: AugmentRequest, tools: Tools) -> list[ClassPlan]:
    """Say what is to be made, the rarest first.

    Raises:
        ConfigError: a class cannot be asked of the editor, or not be seen by the judge.
        DataError: no row shows any of these classes, or there are enough already.
    """
    counts = {one: int(census.shows(one, request.shown).sum()) for one in balanced_classes(request)}
    plans = []
    for wanted in chosen_classes(request, counts, tools):
        commonest = max(count for one, count in counts.items() if one.is_emotion == wanted.is_emotion)
        share, number = request.goal
        plans.append(plan_class(census, wanted, request, counts[wanted], number or round(share * commonest)))
    if not any(counts.values()):
        what = " and ".join("emotion" if sort else "action unit" for sort in request.sorts)
        raise DataError(f"no training row of {census.table.folder} shows a known {what}; label it, or name a judge")
    if not any(plan.wanted > plan.has for plan in plans):
        raise DataError(
            f"every class has as many rows as are wanted ({', '.join(f'{p.name} {p.has}' for p in plans)}); "
            "ask for more with --to"
        )
    return sorted(plans, key=lambda plan: plan.has)


def chosen_classes(request: AugmentRequest, counts: dict[FaceClass, int], tools: Tools) -> list[FaceClass]:
    """Return the classes that are made: those that are named, or all that occur and that the judge can read.

    Raises:
        ConfigError: the editor cannot be asked for one, or the judge not see it.
    """
    able = frozenset(tools.judge.units)
    chosen = request.classes or tuple(
        one for one, count in counts.items() if count and (one.is_emotion or one.name in able)
    )
    for one in chosen:
        tools.check(one)
    return list(chosen)


def plan_class(census: Census, wanted: FaceClass, request: AugmentRequest, has: int, goal: int) -> ClassPlan:
    """Say what is to be made of one class."""
    people = Counter(census.subject[place] for place in candidates(census, wanted, request.shown).tolist())
    able = sum(min(rows, request.most_per_person) for rows in people.values())
    return ClassPlan(name=wanted.name, has=has, wanted=goal, make=min(max(goal - has, 0), able), people=len(people))


def candidates(census: Census, wanted: FaceClass, shown: float) -> Indices:
    """List the rows that may be changed and do not show a class yet."""
    return np.flatnonzero(census.changeable & ~census.shows(wanted, shown))


def counts_of(census: Census, plans: Sequence[ClassPlan], shown: float) -> dict[str, int]:
    """Count the training rows that show each class."""
    return {plan.name: int(census.shows(plan.wanted_class, shown).sum()) for plan in plans}
