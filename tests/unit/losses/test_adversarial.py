import pytest
import torch

from mienkit.losses import adversarial as adv


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (adv.wasserstein_real, -0.5),
        (adv.wasserstein_fake, 0.5),
        (adv.hinge_real, (0 + 0 + 0.5 + 2 + 1.5) / 5),
        (adv.hinge_fake, (4 + 2 + 1.5 + 0 + 0.5) / 5),
        (adv.least_squares_real, (4 + 0 + 0.25 + 4 + 2.25) / 5),
        (adv.least_squares_fake, (9 + 1 + 0.25 + 1 + 0.25) / 5),
    ],
)
def test_loss_has_its_closed_form(loss, expected):
    score = torch.tensor([3.0, 1.0, 0.5, -1.0, -0.5])
    score = score + (0.5 - score.mean()) if "wasserstein" in loss.__name__ else score
    assert loss(score).item() == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["wasserstein", "hinge", "least_squares"])
def test_critic_is_told_to_raise_real_and_lower_fake(kind):
    score = torch.zeros(2, 1, 3, 3, requires_grad=True)
    real, fake = getattr(adv, f"{kind}_real"), getattr(adv, f"{kind}_fake")
    (slope,) = torch.autograd.grad(real(score), score)
    assert (slope < 0).all()
    (slope,) = torch.autograd.grad(fake(score + 0.5), score)
    assert (slope > 0).all()
