"""Recipes of a few weights, for tests of the loop and for the scripts that these start."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.optim import SGD, Adam

from mienkit.core.batch import FaceBatch
from mienkit.core.noise import uniform
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.losses.adversarial import wasserstein_fake, wasserstein_real
from mienkit.losses.penalty import gradient_penalty

SIDE = 8


def batches(start: int, size: int = 4) -> Iterator[FaceBatch]:
    """Stream random faces of 8 px; the n-th batch is always the same."""
    while True:
        rng = torch.Generator().manual_seed(start)
        image = torch.rand(size, 3, SIDE, SIDE, generator=rng) * 2 - 1
        code = torch.rand(2, size, 2, generator=rng)
        key = torch.randint(2**62, (size,), generator=rng)
        yield FaceBatch(key=key, image=image, source=code[0], target=code[1])
        start += 1


class Painter(nn.Module):
    """Maps a face and two numbers to a face and a change map."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(5, 8, 3, padding=1)
        self.last = nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, image: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        planes = target[:, :, None, None].expand(-1, -1, *image.shape[2:])
        out = self.last(torch.tanh(self.first(torch.cat([image, planes], 1)))).to(image.dtype)
        change = torch.sigmoid(out[:, 3:])
        return torch.lerp(image, torch.tanh(out[:, :3]), change), change


def new_critic() -> nn.Sequential:
    """Score faces in patches."""
    return nn.Sequential(nn.Conv2d(3, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 3, 1, 1))


class Wgan(Recipe):
    """WGAN-GP whose noise comes from the samples' keys."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        steps: int = 4
        every: int = 1
        """Of the generator."""
        times: int = 1
        """Of the critic."""
        rate: float = 1e-3

    source = "test"
    averaged = ("generator",)

    def __init__(self, config: Config | None = None) -> None:
        super().__init__()
        self.config = config or self.Config()
        self.generator, self.critic = Painter(), new_critic()

    def stages(self) -> Sequence[Stage]:
        c = self.config
        critic = Phase(
            name="critic",
            optimizer=Adam(self.critic.parameters(), lr=c.rate, betas=(0.5, 0.9)),
            terms=self.critic_terms,
            weights={"real": 1, "fake": 1, "gp": 10},
            times=c.times,
        )
        generator = Phase(
            name="generator",
            optimizer=Adam(self.generator.parameters(), lr=c.rate, betas=(0.5, 0.9)),
            terms=self.generator_terms,
            weights={"fake": -1, "cycle": 1},
            every=c.every,
        )
        return [Stage(name="joint", steps=c.steps, phases=[critic, generator])]

    def critic_terms(self, batch: FaceBatch) -> Terms:
        fake, _ = self.generator(batch.image, batch.target)
        return {
            "real": wasserstein_real(self.critic(batch.image)),
            "fake": wasserstein_fake(self.critic(fake)),
            "gp": gradient_penalty(self.critic, batch.image, fake, uniform(batch.key, 1, 1, 1)),
        }

    def generator_terms(self, batch: FaceBatch) -> Terms:
        fake, _ = self.generator(batch.image, batch.target)
        back, _ = self.generator(fake, batch.source)
        return {"fake": wasserstein_fake(self.critic(fake)), "cycle": l1_loss(back, batch.image)}

    def preview(self, batch: FaceBatch) -> Sample:
        edited, change = self.generator(batch.image, batch.target)
        return Sample(columns={"source": batch.image, "edited": edited, "change": change * 2 - 1}, change=change)


class Noisy(Recipe):
    """A regressor that draws from torch's own generator, as dropout does."""

    source = "test"

    def __init__(self, steps: int = 4) -> None:
        super().__init__()
        self.steps, self.network = steps, nn.Conv2d(3, 3, 3, padding=1)

    def stages(self) -> Sequence[Stage]:
        fit = Phase(name="fit", optimizer=Adam(self.network.parameters()), terms=self.terms, weights={"l1": 1})
        return [Stage(name="fit", steps=self.steps, phases=[fit])]

    def terms(self, batch: FaceBatch) -> Terms:
        return {"l1": l1_loss(self.network(batch.image + torch.randn_like(batch.image)), batch.image)}


class Cascade(Recipe):
    """Two stages, a lazy phase that shares an optimiser, a stage without steps, an averaged part in each."""

    source = "test"
    averaged = ("coarse", "fine")

    def __init__(self) -> None:
        super().__init__()
        self.coarse, self.fine = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def stages(self) -> Sequence[Stage]:
        fine = SGD(self.fine.parameters(), lr=0.1)
        first = Phase(name="coarse", optimizer=Adam(self.coarse.parameters()), terms=self.terms, weights={"l1": 1})
        second = Phase(name="fine", optimizer=fine, terms=self.terms, weights={"l1": 1})
        lazy = Phase(name="lazy", optimizer=fine, terms=self.terms, weights={"l1": 2}, every=2)
        return [
            Stage(name="first", steps=3, phases=[first]),
            Stage(name="empty", steps=0, phases=[first]),
            Stage(name="second", steps=4, phases=[second, lazy]),
        ]

    def terms(self, batch: FaceBatch) -> Terms:
        return {"l1": l1_loss(self.fine(self.coarse(batch.image)), batch.image)}


def new(kind: type[Recipe], *args: object) -> Recipe:
    """Build a recipe with the same weights every time."""
    torch.manual_seed(0)
    return kind(*args)
