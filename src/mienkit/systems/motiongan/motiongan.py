"""The recipe: a conditional WGAN whose samples are points of the sphere, seen by the critic in its tangent space."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.batch import CurveBatch
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.landmark import MEAN_SHAPE, NUM_LANDMARKS
from mienkit.core.model import MODELS
from mienkit.core.noise import normal, uniform
from mienkit.core.recipe import Phase, Recipe, Stage, Terms
from mienkit.core.schedule import falling_from
from mienkit.geometry.arc import resample_in_time
from mienkit.geometry.hypersphere import exp_map, geodesic_distance, inner, karcher_mean, log_map, to_sphere
from mienkit.geometry.preshape import PreShape, unflatten_shapes
from mienkit.geometry.srvf import to_curve, to_srvf
from mienkit.losses.adversarial import wasserstein_fake, wasserstein_real
from mienkit.losses.penalty import gradient_penalty
from mienkit.systems.motiongan.networks import CriticNorm, TangentCritic, TangentGenerator

SIX = ("anger", "disgust", "fear", "happiness", "sadness", "surprise")
NOISE_STREAM, CODE_STREAM, MIX_STREAM, REACH_STREAM = 0, 11, 12, 13
"""Of a sample's key: what a motion is made of, its label's code, the mixture for the penalty, how far it reaches."""
LOOKED_AT = 64
"""Batches of which the reference and the reaches are taken."""
WIDEST = 2.0
"""Standard deviations from the mean beyond which no reach is drawn."""
STRAIGHTEST = 0.3
"""Least distance of a way's ends, as a share of its length, that is believed; ways there and back stay short."""
SHORTEST = 1e-4
"""Length of a curve, in sizes of a face, below which it stands still."""
UNSEEN = -1.0
"""In place of the deviation of how far an emotion's motions reach, where no curve showed it; weights must be finite."""


SMALL: Mapping[str, object] = {
    "instants": 16, "contempt": True, "code_size": 1, "weakest": 0.5, "channels": 64, "critic_channels": 16,
    "critic_hidden": 64, "critic_norm": "none", "steps": 2_600, "batch_size": 16, "n_critic": 1, "learning_rate": 2e-3,
    "decay_from": 0.4, "directions": 32, "gp": 0.5, "spread": 4.0, "adversarial": 0.05,
}  # fmt: skip
"""What two cores train in minutes."""


@MODELS.register
class Motiongan(Recipe):
    """Moves landmarks from rest to an emotion: a conditional WGAN on the hypersphere of curves."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 64
        """Of the pictures of a table; nothing of them is used."""
        dimensions: int = 2
        """Of landmarks: 2 or 3; a model of 3 moves landmarks of 2 as well."""
        instants: int = 32  # 30 in the released 3-D system
        """Values of a curve's square-root velocity."""
        directions: int = 0
        """Principal directions of the real tangents in which samples lie; 0 = anywhere. Landmarks that go together stay
        together (not in the paper)."""
        contempt: bool = False
        """Learn contempt, too (not in the paper: six emotions)."""
        code_size: int = 3  # the authors' code
        """Numbers of a label's code for each emotion."""
        weakest: float = 0.0
        """Their least size, up to 1: at 0 the emotion cannot be told."""
        noise_size: int = 128
        channels: int = 1024
        """Of the generator's first layer."""
        critic_channels: int = 64
        critic_hidden: int = 1024
        critic_norm: CriticNorm = "batch"
        steps: int = 80_000  # 8000 epochs of 600 clips
        batch_size: int = 64
        n_critic: int = 4
        """Critic updates on each batch, after the generator's."""
        learning_rate: float = 1e-4  # sibling code of the authors; reconstructed
        beta1: float = 0.5
        beta2: float = 0.9
        decay_from: float = 1.0
        """Share of the steps after which the rates fall linearly to 0; 1 = never, as in the authors' code."""
        gp: float = 10.0
        tangent: float = 10.0
        """Weight of the L1 distance between tangents of a sample and of a real curve with its label."""
        geodesic: float = 10.0  # the released 3-D code; not in the 2-D paper
        """Weight of the geodesic distance between the two."""
        spread: float = 0.0
        """Weight of how much samples of one label differ less than real curves do (not in the paper)."""
        adversarial: float = 1.0

        def __post_init__(self) -> None:
            require(self.dimensions in (2, 3), f"dimensions={self.dimensions} must be 2 or 3")
            most = self.instants * self.dimensions * NUM_LANDMARKS
            require(0 <= self.directions <= most, f"directions={self.directions} must be 0 to {most}")
            require(0 <= self.weakest < 1, f"weakest={self.weakest} must be in [0, 1)")
            require(self.instants >= 8, f"instants={self.instants} must be at least 8")
            require(self.channels >= 32, f"channels={self.channels} must be at least 32")
            require(self.critic_channels >= 4, f"critic_channels={self.critic_channels} must be at least 4")
            least = min(self.steps, self.batch_size, self.n_critic, self.code_size, self.noise_size, self.critic_hidden)
            falling_from(self.decay_from)
            require(least >= 1, "steps, sizes and n_critic must be positive")

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "paper": {},
        "released3d": {"dimensions": 3, "instants": 30},
        "ours": {**SMALL, "dimensions": 3},
        "small": SMALL,
        "tiny": {
            "instants": 8, "contempt": True, "noise_size": 4, "code_size": 1, "channels": 32, "critic_channels": 8,
            "critic_hidden": 16, "steps": 3, "batch_size": 4, "n_critic": 2,
        },
    }  # fmt: skip
    source = "Otberdout et al. 2022 (TPAMI); networks from the authors' code of CVPR 2022"
    batch = CurveBatch

    reference: Tensor
    directions: Tensor
    reach: Tensor
    rest: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        c = self.config = config
        self.image_size, self.dimensions = c.image_size, c.dimensions
        self.emotions = tuple(name for name in EMOTIONS if name in SIX or (c.contempt and name == "contempt"))
        coordinates, code = NUM_LANDMARKS * c.dimensions, len(self.emotions) * c.code_size
        self.generator = TangentGenerator(c.noise_size, code, c.instants, coordinates, c.channels)
        self.critic = TangentCritic(
            code, c.instants, coordinates, channels=c.critic_channels, hidden=c.critic_hidden, norm=c.critic_norm
        )
        self.register_buffer("reference", to_sphere(torch.ones(c.instants, coordinates)))
        self.register_buffer("directions", torch.zeros(c.directions, c.instants, coordinates))
        self.register_buffer("reach", torch.zeros(len(self.emotions), 2))
        self.register_buffer("rest", resting_shape(c.dimensions))

    def begin(self, batches: Iterator[CurveBatch]) -> None:
        """Take the reference point, how far motions reach, and the mean face from real curves.

        The reference is the Karcher mean of their square-root velocities. The logarithm of how far a motion's end lies
        from its beginning is taken for normal, with a mean and a deviation of each emotion: not that of its length,
        which a blink on the way doubles. Emotions that none of the curves shows stay unknown.
        """
        looked_at = list(islice(batches, LOOKED_AT))
        curve = torch.cat([batch.curve for batch in looked_at]).double()
        number = self.number_of(torch.cat([batch.label for batch in looked_at]))
        srvf = to_srvf(curve)
        logarithm = (curve[:, -1] - curve[:, 0]).norm(dim=1).clamp(min=SHORTEST).log()
        for emotion in range(len(self.emotions)):
            some = logarithm[number == emotion]
            shown = torch.stack([some.mean(), some.std(correction=0)]) if len(some) else some.new_tensor([0, UNSEEN])
            self.reach[emotion] = shown
        points = srvf.points[srvf.length > SHORTEST]
        self.reference.copy_(karcher_mean(points))
        if len(self.directions):
            tangents = log_map(self.reference.double(), points)
            self.directions.copy_(principal_directions(tangents, len(self.directions)))
        self.rest.copy_(unflatten_shapes(curve[:, 0].mean(0), self.config.dimensions))

    def stages(self) -> Sequence[Stage]:
        c = self.config
        decay = falling_from(c.decay_from)
        critic = Phase(
            name="critic",
            optimizer=self._adam(self.critic),
            terms=self.critic_terms,
            weights={"real": c.adversarial, "fake": c.adversarial, "gp": c.gp},
            learning_rate=decay,
        )
        generator = Phase(
            name="generator",
            optimizer=self._adam(self.generator),
            terms=self.generator_terms,
            weights={"fake": -c.adversarial, "tangent": c.tangent, "geodesic": c.geodesic, "spread": c.spread},
            learning_rate=decay,
        )
        return [Stage(name="joint", steps=c.steps, phases=[generator, *[critic] * c.n_critic])]

    def _adam(self, network: nn.Module) -> Adam:
        c = self.config
        return Adam(network.parameters(), lr=c.learning_rate, betas=(c.beta1, c.beta2), fused=True)

    def critic_terms(self, batch: CurveBatch) -> Terms:
        label = self.code(batch.label, batch.key)
        real, fake = self.tangents(batch), log_map(self.reference, self.sample_points(batch.key, label))
        mix = uniform(batch.key, 1, 1, stream=MIX_STREAM)
        return {
            "real": wasserstein_real(self.critic(real, label)),
            "fake": wasserstein_fake(self.critic(fake, label)),
            "gp": gradient_penalty(lambda tangent: self.critic(tangent, label), real, fake, mix),
        }

    def generator_terms(self, batch: CurveBatch) -> Terms:
        label = self.code(batch.label, batch.key)
        real, made = to_srvf(batch.curve).points, self.sample_points(batch.key, label)
        fake = log_map(self.reference, made)
        return {
            "fake": wasserstein_fake(self.critic(fake, label)),
            "tangent": (log_map(self.reference, real) - fake).abs().mean(),
            "geodesic": geodesic_distance(made, real).mean(),
            "spread": lost_spread(made, real, batch.label),
        }

    def tangents(self, batch: CurveBatch) -> Tensor:
        """Return the curves as tangents at the reference, (B, T, D)."""
        return log_map(self.reference, to_srvf(batch.curve).points)

    def sample_points(self, key: Tensor, label: Tensor) -> Tensor:
        """Draw points of the sphere, (B, T, D), for codes of labels."""
        noise = normal(key, self.config.noise_size, stream=NOISE_STREAM).to(label)
        tangent = self.generator(noise, label)
        if len(self.directions):
            share = inner(tangent[:, None], self.directions[None])
            tangent = torch.einsum("bk,ktd->btd", share, self.directions)
        return exp_map(self.reference, tangent)

    def code(self, emotion: Tensor, key: Tensor) -> Tensor:
        """Write emotions, (B,), as codes: numbers of chance size, positive for the emotion and negative for the others.

        Source: Ding et al. 2018 (ExprGAN); the authors' code.
        """
        least = self.config.weakest
        size = least + (1 - least) * uniform(key, self.config.code_size, stream=CODE_STREAM).to(self.reference)
        sign = 2 * torch.nn.functional.one_hot(self.number_of(emotion), len(self.emotions)) - 1
        return (sign[:, :, None] * size[:, None]).flatten(1)

    def number_of(self, emotion: Tensor) -> Tensor:
        """Number emotions, indices into EMOTIONS, among those that the model knows; 0 for neutral.

        Raises:
            ConfigError: it does not know one.
        """
        asked = [EMOTIONS[index] for index in emotion.tolist()]
        unknown = sorted({name for name in asked if name != "neutral" and name not in self.emotions})
        require(not unknown, f"this model does not know {', '.join(unknown)}; it knows {', '.join(self.emotions)}")
        known = [self.emotions.index(name) if name != "neutral" else 0 for name in asked]
        return torch.tensor(known, device=emotion.device)

    @property
    def known_emotions(self) -> tuple[str, ...]:
        """Those of the emotions that the curves showed from which these weights were learned."""
        seen = (self.reach[:, 1] != UNSEEN).tolist()
        return tuple(name for name, known in zip(self.emotions, seen, strict=True) if known)

    def motion(self, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        """Draw how landmarks leave their places at rest, in sizes of a face, at equal distances along the way.

        Returns:
            (B, frames, 68, D), 0 in the first; 0 throughout for neutral.

        Raises:
            ConfigError: the model, or its weights, do not know an emotion.
        """
        self._check_known(emotion)
        points = self.sample_points(key, self.code(emotion, key))
        mean, deviation = self.reach[self.number_of(emotion)].unbind(1)
        chance = normal(key, 1, stream=REACH_STREAM)[:, 0].to(mean).clamp(-WIDEST, WIDEST)
        reach = (mean + deviation * chance).exp() * (emotion != EMOTIONS.index("neutral"))
        way = to_curve(points, torch.ones_like(reach))
        away = way[:, -1].norm(dim=1).clamp(min=STRAIGHTEST)
        places = torch.linspace(0, 1, frames, device=points.device).expand(len(points), -1)
        moved = resample_in_time(way * (reach / away)[:, None, None], places)
        return unflatten_shapes(moved, self.config.dimensions)

    def _check_known(self, emotion: Tensor) -> None:
        asked = {EMOTIONS[index] for index in emotion.tolist()} & set(self.emotions)
        unseen = ", ".join(sorted(asked - set(self.known_emotions)))
        require(not unseen, f"these weights saw no {unseen}; they know {', '.join(self.known_emotions)}")

    def move(self, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        """Return landmark clips, (B, T, 68, 2), that start at (B, 68, 2) and go to emotions, (B,), at even speed.

        Raises:
            ConfigError: the model does not know an emotion.
        """
        shape = PreShape.of(landmarks)
        seen = self.motion(emotion, key, frames)[..., :2] / self.rest[..., :2].norm()
        return landmarks[:, None] + shape.size[:, None] * seen.to(landmarks)

    def released_state(self) -> Mapping[str, Any]:
        return {name: value for name, value in self.state_dict().items() if not name.startswith("critic.")}

    def load_released(self, state: Mapping[str, Any]) -> None:
        own = {name: value for name, value in self.state_dict().items() if name.startswith("critic.")}
        self.load_state_dict({**own, **state})


def principal_directions(tangents: Tensor, count: int) -> Tensor:
    """Return the directions, (K, T, D) of norm 1, in which tangents at one point, (N, T, D), lie most.

    Where there are fewer tangents than directions, the rest are 0.
    """
    _, _, rows = torch.linalg.svd(tangents.flatten(1), full_matrices=False)
    found = rows[:count].unflatten(1, tangents.shape[1:]) * math.sqrt(tangents.shape[1])
    return torch.cat([found, found.new_zeros(count - len(found), *tangents.shape[1:])])


def lost_spread(made: Tensor, real: Tensor, label: Tensor) -> Tensor:
    """Say by how much samples of one label are nearer to each other than real curves are: at least 0.

    Args:
        made: (B, T, D) on the sphere.
        real: the same.
        label: (B,).

    Source: ours. An L1 distance to any real curve of the label has its minimum at their median, whatever the noise.
    """
    alike = torch.triu(label[:, None] == label[None], 1)
    if not alike.any():
        return made.new_zeros(())
    first, second = alike.nonzero().unbind(1)
    among = [geodesic_distance(points[first], points[second]).mean() for points in (made, real)]
    return (among[1] - among[0]).clamp(min=0)


def resting_shape(dimensions: int) -> Tensor:
    """Return the mean face at rest as a pre-shape, (68, D); flat where there is a third dimension."""
    shape = PreShape.of(torch.tensor(MEAN_SHAPE)).points
    return torch.cat([shape, torch.zeros(NUM_LANDMARKS, dimensions - 2)], 1)
