import json
import math

import pytest
import torch
from toys import Wgan, batches, new

from mienkit.core.recipe import Sample
from mienkit.training.health import LOOKS, PATHOLOGIES, HealthHook, Monitor, Signals
from mienkit.training.log import RunLog
from mienkit.training.loop import train
from mienkit.training.run import Run
from mienkit.training.samples import SampleHook


def sample(change: float, drift: float = 0.0) -> Sample:
    source = torch.zeros(2, 3, 4, 4)
    tint = torch.tensor([0.0, drift, 0.0])[:, None, None]
    return Sample(columns={"source": source, "edited": source + tint}, change=torch.full((2, 1, 4, 4), change))


def healthy_terms(look: int) -> dict[str, float]:
    """A WGAN-GP that opens a gap, closes it, and learns its units, with some noise."""
    wobble = 0.2 * math.sin(12.9898 * look)
    gap = 6 * math.exp(-((look - 15) ** 2) / 200) + 2
    error = 0.1 + math.exp(-look / 30)
    return {
        "critic/real": -gap / 2 + wobble,
        "critic/fake": -gap / 2 - wobble,
        "critic/aus": 0.08 + 0.5 * math.exp(-look / 15),
        "generator/aus": error * (1 + 0.1 * wobble),
    }


def watch(terms=healthy_terms, change=lambda look: 0.3, drift=lambda look: 0.02, looks: int = 120) -> list[str]:
    """Return the names of the episodes of a synthetic training."""
    monitor, names = Monitor(), []
    for look in range(looks):
        monitor.see_terms(terms(look))
        monitor.see_sample(sample(change(look), drift(look)))
        names += [pathology.name for pathology in monitor.findings()]
    return names


def test_healthy_training_is_left_alone():
    assert watch() == []


def test_every_pathology_has_one_sentence_of_advice():
    for pathology in PATHOLOGIES:
        assert pathology.advice.endswith(".")
        assert pathology.advice.count(". ") == 0


def test_attention_all_is_found():
    assert watch(change=lambda look: 0.97 if look > 50 else 0.4) == ["attention-all"]


def test_attention_none_is_found():
    assert watch(change=lambda look: 0.3 * math.exp(-look / 10)) == ["attention-none"]


def test_one_empty_change_map_is_no_finding():
    assert watch(change=lambda look: 0.001 if look == 60 else 0.3) == []


def test_critic_that_wins_is_found():
    def terms(look):
        gap = 2 + 0.5 * look
        return healthy_terms(look) | {"critic/real": -gap / 2, "critic/fake": -gap / 2}

    assert watch(terms) == ["critic-wins"]


def test_wide_gap_of_a_generator_that_follows_is_no_finding():
    def terms(look):
        gap = 2 + min(0.5 * look, 20)
        return healthy_terms(look) | {"critic/real": -gap - look, "critic/fake": look}

    assert watch(terms) == []


def test_shortcut_through_the_au_head_is_found():
    def terms(look):
        return healthy_terms(look) | {"generator/aus": 0.9 * math.exp(-look / 10) + 0.01, "critic/aus": 0.1}

    assert watch(terms, change=lambda look: 0.05) == ["au-shortcut"]


def test_low_au_error_of_faces_that_change_is_no_finding():
    assert watch(lambda look: healthy_terms(look) | {"generator/aus": math.exp(-look / 10)}) == []


def test_colour_drift_is_found():
    assert watch(drift=lambda look: -0.15 if look > 20 else 0.0) == ["colour-drift"]


def test_flat_term_is_found():
    flat = watch(lambda look: healthy_terms(look) | {"generator/aus": 1 + 0.02 * math.sin(7 * look)})
    assert flat == ["not-learning"]


def test_converged_term_is_no_finding():
    assert watch(lambda look: healthy_terms(look) | {"generator/aus": 0.1 + math.exp(-look / 5)}, looks=300) == []


def test_episode_is_reported_once_and_again_when_it_comes_back():
    def change(look):
        return 0.97 if look // 20 % 2 else 0.5

    assert watch(change=change, looks=80) == ["attention-all"] * 2


def test_flicker_belongs_to_the_same_episode():
    assert watch(change=lambda look: 0.97 if look % LOOKS == 0 else 0.5) == ["attention-all"]


def test_recipe_without_these_parts_is_not_watched():
    monitor = Monitor(Signals())
    for look in range(100):
        monitor.see_terms({"fit/l1": 1.0 + look})
        monitor.see_sample(Sample(columns={"rendered": torch.zeros(1, 3, 4, 4)}))
    assert monitor.findings() == []


def test_parts_can_have_other_names():
    monitor = Monitor(Signals(progress=("fit/l1",)))
    for _ in range(60):
        monitor.see_terms({"fit/l1": 1.0})
    assert [pathology.name for pathology in monitor.findings()] == ["not-learning"]


def test_hook_writes_findings_to_the_log_and_tells_the_callback(tmp_path):
    recipe = new(Wgan, Wgan.Config(steps=6))
    with torch.no_grad():
        recipe.generator.last.bias[3] = 50.0  # repaints everything
    told = []
    health = HealthHook(RunLog(tmp_path / "log.jsonl"), every=2, callback=lambda run, found: told.append(found.name))
    samples = SampleHook(tmp_path, next(batches(0)), every=2, viewers=[health.see])
    train(Run(recipe), batches, [health, samples])
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines[0] == {"step": 2, "health": "attention-all", "advice": PATHOLOGIES[0].advice}
    assert told == [line["health"] for line in lines]
    assert told.count("attention-all") == 1


@pytest.mark.parametrize("every", [1, 3])
def test_hook_remembers_terms_of_phases_that_pause(tmp_path, every):
    health = HealthHook(RunLog(tmp_path / "log.jsonl"), every=2)
    train(Run(new(Wgan, Wgan.Config(steps=6, every=every))), batches, [health])
    seen = health.monitor.history.term("generator/cycle")
    assert len(seen) == (3 if every == 1 else 2)
