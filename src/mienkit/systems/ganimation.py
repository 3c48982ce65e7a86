"""GANimation: one generator driven by action units, with an attention mask and a colour mask.

Source: Pumarola et al. 2018, "GANimation: Anatomically-aware Facial Animation from a Single Image" (ECCV).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.action_unit import ACTION_UNITS, NUM_AUS
from mienkit.core.batch import FaceBatch, PairBatch
from mienkit.core.config import require
from mienkit.core.model import MODELS
from mienkit.core.noise import uniform
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.task import Edited
from mienkit.losses.adversarial import wasserstein_fake, wasserstein_real
from mienkit.losses.attention import attention_mean, attention_norm, total_variation, total_variation_l1_sum
from mienkit.losses.pair import changed_region_l1
from mienkit.losses.penalty import gradient_penalty


@MODELS.register
class Ganimation(Recipe):
    """Edits action units: WGAN-GP, an AU regressor inside the critic, a cycle, and a sparse attention mask."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 128
        conv_dim: int = 64
        """Channels of the generator's first layer."""
        repeat: int = 6
        """Residual blocks."""
        stem: Literal["full", "folded"] = "full"
        """``folded``: the outer layers work on 2 x 2 blocks of pixels at half the side, an eighth of the work."""
        condition: Literal["target", "change"] = "target"
        """What the generator is told: the wanted intensities, or wanted minus present ones."""
        entry: Literal["planes", "modulation"] = "planes"
        """Where it is told: as constant planes beside the image, which the instance norm behind the first convolution
        removes but for the border; or as scale and shift of the residual blocks' norms."""
        colour: Literal["absolute", "residual"] = "absolute"
        """``residual``: the colour image is the input plus what the network adds."""
        critic_dim: int = 64
        critic_cap: int = 2048
        """Most channels of a critic's layer."""
        critic_depth: int = 6
        steps: int = 240_000  # 30 epochs of 200,000 images at batch 25
        batch_size: int = 25
        n_critic: int = 5
        """Critic updates per generator update."""
        pair_steps: int = 0
        """Steps of a first stage in which the generator learns from exact results alone."""
        learning_rate: float = 1e-4
        beta1: float = 0.5
        beta2: float = 0.999
        decay_from: float = 2 / 3  # the last 10 of 30 epochs
        """Share of the steps after which the rates fall linearly to 0."""
        adversarial: float = 1.0
        gp: float = 10.0
        gp_step: Literal["joint", "separate"] = "joint"
        """``separate``: the penalty takes an optimiser step of its own, as in the official code."""
        aus: float = 4000.0
        aus_form: Literal["norm", "official", "mean"] = "norm"
        """``norm``: squared L2 norm, mean over the batch (paper); ``official``: mean square / batch size."""
        cycle: float = 10.0
        attention: float = 0.1
        attention_form: Literal["norm", "mean"] = "norm"
        tv: float = 1e-4
        tv_form: Literal["squares", "l1-sum"] = "squares"
        pair: float = 0.0
        """Weight of the error to the exact result, where a table has one."""
        pair_focus: float = 4.0
        """How much more a pixel that changes counts than one that stays."""
        average: bool = False
        """Release the moving average of the generator's weights."""

        def __post_init__(self) -> None:
            require(self.image_size % 4 == 0, f"image_size={self.image_size} must be a multiple of 4")
            require(self.image_size >> self.critic_depth >= 1, f"critic_depth={self.critic_depth} is too deep for "
                    f"image_size={self.image_size}; at most {self.image_size.bit_length() - 1}")  # fmt: skip
            require(0 <= self.decay_from < 1, f"decay_from={self.decay_from} must be in [0, 1)")
            require(
                min(self.steps, self.batch_size, self.n_critic) >= 1, "steps, batch_size, n_critic must be positive"
            )

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "paper": {},
        "official": {  # albertpumarola/GANimation: see docs/models/ganimation.md for each. Its tv of 1e-5 is a sum over
            # the batch of 25, ours a mean.
            "aus_form": "official", "attention_form": "mean", "tv": 25e-5, "tv_form": "l1-sum", "gp_step": "separate",
        },
        "ours": {
            "conv_dim": 16, "repeat": 5, "stem": "folded", "condition": "change", "entry": "modulation",
            "colour": "residual", "critic_dim": 32, "critic_cap": 128,
            "critic_depth": 5, "pair_steps": 7_500, "steps": 800, "batch_size": 16, "n_critic": 1,
            "learning_rate": 5e-4, "beta1": 0.9, "beta2": 0.99, "decay_from": 0.5, "adversarial": 0.02,
            "aus_form": "mean", "aus": 0.2, "attention_form": "mean", "attention": 0.01, "tv": 1e-5, "cycle": 0.0,
            "pair": 1.0, "average": True,
        },
        "tiny": {
            "image_size": 32, "conv_dim": 4, "repeat": 1, "critic_dim": 4, "critic_cap": 16, "critic_depth": 3,
            "steps": 3, "batch_size": 4, "n_critic": 2, "average": True,
        },
    }  # fmt: skip
    source = "Pumarola et al. 2018 (ECCV)"
    vocabulary: ClassVar[tuple[str, ...]] = ACTION_UNITS

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        self.generator = build_generator(config)
        self.critic = Critic(config.image_size, config.critic_dim, config.critic_cap, config.critic_depth)
        self.averaged = ("generator",) if config.average else ()
        if config.pair > 0:
            self.batch = PairBatch

    def stages(self) -> Sequence[Stage]:
        c = self.config
        critic_weights = {"real": c.adversarial, "fake": c.adversarial, "gp": c.adversarial * c.gp, "aus": c.aus}
        critic_adam, generator_adam = self._adam(self.critic), self._adam(self.generator)
        generator_weights = {
            "fake": -c.adversarial, "aus": c.aus, "cycle": c.cycle,
            "attention": c.attention, "tv": c.tv, "pair": c.pair,
        }  # fmt: skip
        phases = [
            Phase(
                name="critic",
                optimizer=critic_adam,
                terms=self.critic_terms,
                weights=critic_weights,
                learning_rate=self._rate,
            ),
            Phase(
                name="generator",
                optimizer=generator_adam,
                terms=self.generator_terms,
                weights={name: weight for name, weight in generator_weights.items() if weight},
                every=c.n_critic,
                learning_rate=self._rate,
            ),
        ]
        if c.gp_step == "separate":
            phases[0].weights.pop("gp")  # type: ignore[attr-defined]
            phases.insert(1, Phase(name="penalty", optimizer=critic_adam, terms=self.penalty_terms,
                                   weights={"gp": c.adversarial * c.gp}, learning_rate=self._rate))  # fmt: skip
        joint = Stage(name="joint", steps=c.steps, phases=phases)
        if not c.pair_steps:
            return [joint]
        pairs = Phase(
            name="pairs",
            optimizer=self._adam(self.generator),
            terms=self.pair_terms,
            weights={"pair": c.pair, "attention": c.attention, "tv": c.tv},
            learning_rate=self._warm_up,
        )
        return [Stage(name="pairs", steps=c.pair_steps, phases=[pairs]), joint]

    def _adam(self, network: nn.Module) -> Adam:
        return Adam(network.parameters(), lr=self.config.learning_rate, betas=(self.config.beta1, self.config.beta2))

    def _rate(self, progress: float) -> float:
        start = self.config.decay_from
        return 1.0 if progress < start else (1 - progress) / (1 - start)

    def _warm_up(self, progress: float) -> float:
        return min(1.0, 50 * progress + 0.02) * min(1.0, 2 - 1.6 * progress)

    def pair_terms(self, batch: PairBatch) -> Terms:
        fake, keep = self.synthesize(batch.image, batch.source, batch.target)
        return {
            "pair": self._pair(fake, batch),
            "attention": self._attention(keep),
            "tv": self._variation(keep),
        }

    def critic_terms(self, batch: FaceBatch) -> Terms:
        real, labelled, label, known = critic_data(batch)
        fake, _ = self.synthesize(batch.image, batch.source, batch.target)
        terms = {
            "real": wasserstein_real(self.critic(real)[0]),
            "fake": wasserstein_fake(self.critic(fake)[0]),
            "aus": self._au_error(self.critic(labelled)[1], label, known),
        }
        return terms if self.config.gp_step == "separate" else terms | self._penalty(real, fake, batch.key)

    def penalty_terms(self, batch: FaceBatch) -> Terms:
        fake, _ = self.synthesize(batch.image, batch.source, batch.target)
        return self._penalty(critic_data(batch)[0], fake, batch.key)

    def _penalty(self, real: Tensor, fake: Tensor, key: Tensor) -> Terms:
        mix = uniform(key, 1, 1, 1).to(real)
        return {"gp": gradient_penalty(lambda image: self.critic(image)[0], real, fake, mix)}

    def generator_terms(self, batch: FaceBatch) -> Terms:
        fake, keep = self.synthesize(batch.image, batch.source, batch.target)
        realness, aus = self.critic(fake)
        terms = {
            "fake": wasserstein_fake(realness),
            "aus": self._au_error(aus, batch.target, torch.ones_like(batch.target)),
            "attention": self._attention(keep),
            "tv": self._variation(keep),
        }
        if self.config.cycle:
            back, keep_back = self.synthesize(fake, batch.target, batch.source)
            terms["cycle"] = F.l1_loss(back, batch.image)
            terms["attention"] = terms["attention"] + self._attention(keep_back)
            terms["tv"] = terms["tv"] + self._variation(keep_back)
        if isinstance(batch, PairBatch):
            terms["pair"] = self._pair(fake, batch)
        return terms

    def _pair(self, fake: Tensor, batch: PairBatch) -> Tensor:
        return changed_region_l1(fake, batch.result, batch.image, batch.paired, self.config.pair_focus)

    def _au_error(self, predicted: Tensor, wanted: Tensor, known: Tensor) -> Tensor:
        square = (predicted - wanted).square() * known
        if self.config.aus_form == "norm":
            return square.sum(1).mean()
        mean = square.sum() / known.sum().clamp(min=1)
        return mean / self.config.batch_size if self.config.aus_form == "official" else mean

    def _attention(self, keep: Tensor) -> Tensor:
        # In our data the identity costs nothing (A = 1 everywhere), so `ours` pays for change instead of for keeping.
        if self.config.condition == "change":
            return attention_mean(1 - keep)
        return attention_norm(keep) if self.config.attention_form == "norm" else attention_mean(keep)

    def _variation(self, keep: Tensor) -> Tensor:
        if self.config.tv_form == "l1-sum":
            return total_variation_l1_sum(keep)
        return total_variation(keep) * keep[0].numel()  # the paper sums over the pixels

    def synthesize(self, image: Tensor, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the edited faces, (B, 3, H, W), and the attention A, (B, 1, H, W); A = 1 keeps the pixel."""
        condition = target - source if self.config.condition == "change" else target
        colour, keep = self.generator(image, condition)
        return (1 - keep) * colour + keep * image, keep

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        edited, keep = self.synthesize(image, source, target)
        return Edited(image=edited, change=1 - keep)

    def preview(self, batch: FaceBatch) -> Sample:
        edited, keep = self.synthesize(batch.image, batch.source, batch.target)
        columns = {"source": batch.image, "edited": edited, "change": (1 - keep).expand(-1, 3, -1, -1) * 2 - 1}
        if isinstance(batch, PairBatch):
            columns["exact"] = batch.result
        return Sample(columns=columns, change=1 - keep)

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)


def critic_data(batch: FaceBatch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return what the critic learns from: real faces, labelled faces, their AUs, and which of these are known."""
    if isinstance(batch, PairBatch):
        return batch.real, batch.labelled, batch.label, batch.label_known
    return batch.image, batch.image, batch.source, torch.ones_like(batch.source)


def build_generator(config: Ganimation.Config) -> "Generator | FoldedGenerator":
    """Choose the paper's generator or ours.

    Raises:
        ConfigError: the settings do not go together.
    """
    ours = {config.stem == "folded", config.entry == "modulation", config.colour == "residual"}
    require(len(ours) == 1, "stem=folded, entry=modulation and colour=residual belong together: all of them or none")
    return (FoldedGenerator if True in ours else Generator)(config.conv_dim, config.repeat)


class Generator(nn.Module):
    """Maps a face and 17 numbers to a colour image and an attention mask.

    Source: Pumarola et al. 2018, fig. 3; layer table of the official code (zero padding, no biases in convolutions).
    """

    def __init__(self, conv_dim: int = 64, repeat: int = 6) -> None:
        super().__init__()
        wide, widest = 2 * conv_dim, 4 * conv_dim
        self.encoder = nn.Sequential(
            *convolution(3 + NUM_AUS, conv_dim, 7, 1),
            *convolution(conv_dim, wide, 4, 2),
            *convolution(wide, widest, 4, 2),
        )
        self.residual = nn.Sequential(*(ResidualBlock(widest) for _ in range(repeat)))
        self.decoder = nn.Sequential(*upsampling(widest, wide), *upsampling(wide, conv_dim))
        self.colour = nn.Conv2d(conv_dim, 3, 7, 1, 3, bias=False)
        self.attention = nn.Conv2d(conv_dim, 1, 7, 1, 3, bias=False)
        self.apply(initialise)

    def forward(self, image: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return colour, (B, 3, H, W) in [-1, 1], and attention, (B, 1, H, W) in [0, 1]."""
        planes = condition[:, :, None, None].expand(-1, -1, *image.shape[2:])
        features = self.decoder(self.residual(self.encoder(torch.cat([image, planes.to(image)], 1))))
        return torch.tanh(self.colour(features).float()), torch.sigmoid(self.attention(features).float())


class FoldedGenerator(nn.Module):
    """The same task for a laptop: only the middle of the crop, and the outer layers on 2 x 2 blocks of pixels.

    The face is encoded without the condition, which modulates the residual blocks; a skip connection carries detail
    around them; the colour image is the input plus a residual. What each change is worth is in
    docs/models/ganimation.md.

    Source: ours, after Pumarola et al. 2018; modulation after Dumoulin et al. 2017 (conditional instance norm).
    """

    def __init__(self, conv_dim: int = 16, repeat: int = 5) -> None:
        super().__init__()
        wide, widest = 2 * conv_dim, 4 * conv_dim
        self.fold = nn.PixelUnshuffle(2)
        self.outer = nn.Sequential(*convolution(12, wide, 3, 1))
        self.inner = nn.Sequential(*convolution(wide, widest, 4, 2))
        self.blocks = nn.ModuleList(ModulatedBlock(widest) for _ in range(repeat))
        self.style = nn.Sequential(nn.Linear(NUM_AUS, 64), nn.ReLU(), nn.Linear(64, 2 * widest * repeat))
        self.decoder = nn.Sequential(*upsampling(widest, wide))
        self.joint = nn.Sequential(*convolution(2 * wide, wide, 3, 1))
        self.heads, self.unfold = nn.Conv2d(wide, 16, 3, 1, 1), nn.PixelShuffle(2)
        self.apply(initialise)
        with torch.no_grad():
            self.heads.bias[12:] = 1.0  # type: ignore[index]  # begin by keeping most of the picture

    def forward(self, image: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return colour, (B, 3, H, W) in [-1, 1], and attention, (B, 1, H, W) in [0, 1]."""
        top, bottom, left, right = field_of(*image.shape[2:])
        heads = self.edit_field(image[..., top:bottom, left:right], condition)
        change = torch.sigmoid(-heads[:, 3:]) * feather(bottom - top, right - left, heads.device)
        around = (left, image.shape[3] - right, top, image.shape[2] - bottom)
        colour = image + F.pad(2 * torch.tanh(heads[:, :3]), around)
        return colour.clamp(-1, 1), 1 - F.pad(change, around)

    def edit_field(self, image: Tensor, condition: Tensor) -> Tensor:
        """Return three channels of colour and one of attention, before their non-linearities, (B, 4, h, w)."""
        outer = self.outer(self.fold(image).contiguous(memory_format=torch.channels_last))
        features = self.inner(outer)
        styles = self.style(condition.to(image)).chunk(len(self.blocks), 1)
        for block, style in zip(self.blocks, styles, strict=True):
            features = block(features, style)
        joint = self.joint(torch.cat([self.decoder(features), outer], 1))
        return self.unfold(self.heads(joint)).float()


def field_of(height: int, width: int) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of where expressions happen in an aligned crop, in multiples of 4 pixels.

    Brows and an opened jaw are inside for 95 % of people (template of ``face.align``).
    """
    return tuple(4 * round(share / 4) for share in (0.19 * height, 0.97 * height, 0.125 * width, 0.875 * width))  # type: ignore[return-value]


def feather(height: int, width: int, device: torch.device, pixels: int = 4) -> Tensor:
    """Return weights that rise from 0 at the border to 1 over some pixels, (height, width)."""

    def ramp(count: int) -> Tensor:
        place = torch.arange(count, device=device) + 0.5
        return (torch.minimum(place, count - place) / pixels).clamp(max=1)

    return ramp(height)[:, None] * ramp(width)


class ResidualBlock(nn.Module):
    """Two convolutions beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*convolution(channels, channels, 3, 1), *convolution(channels, channels, 3, 1)[:2])

    def forward(self, features: Tensor) -> Tensor:
        return features + self.body(features)


class ModulatedBlock(nn.Module):
    """A residual block whose first norm is scaled and shifted by the condition."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.norm, self.activate = convolution(channels, channels, 3, 1)
        self.second = nn.Sequential(*convolution(channels, channels, 3, 1)[:2])

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        scale, shift = style[:, :, None, None].chunk(2, 1)
        return features + self.second(self.activate(self.norm(self.first(features)) * (1 + scale) + shift))


class Critic(nn.Module):
    """Judges patches as real or not, and reads action units.

    No normalisation: it would tie the samples of a batch together in the gradient penalty.

    Source: Pumarola et al. 2018, section 4; layer table of the official code.
    """

    def __init__(self, image_size: int = 128, conv_dim: int = 64, cap: int = 2048, depth: int = 6) -> None:
        super().__init__()
        widths = [3] + [min(conv_dim * 2**i, cap) for i in range(depth)]
        self.body = nn.Sequential(
            *(layer for i, o in pairwise(widths)
              for layer in (nn.Conv2d(i, o, 4, 2, 1), nn.LeakyReLU(0.01)))
        )  # fmt: skip
        self.realness = nn.Conv2d(widths[-1], 1, 3, 1, 1, bias=False)
        self.aus = nn.Conv2d(widths[-1], NUM_AUS, image_size >> depth, bias=False)
        self.apply(initialise)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return patch scores, (B, 1, h, w), and AU intensities, (B, 17)."""
        features = self.body(image)
        return self.realness(features).float(), self.aus(features).flatten(1).float()


def convolution(channels: int, out: int, kernel: int, stride: int) -> list[nn.Module]:
    """Convolve, normalise, rectify."""
    padding = (kernel - 1) // 2
    return [nn.Conv2d(channels, out, kernel, stride, padding, bias=False), nn.InstanceNorm2d(out, affine=True),
            nn.ReLU(inplace=True)]  # fmt: skip


def upsampling(channels: int, out: int) -> list[nn.Module]:
    """Double the side."""
    return [nn.ConvTranspose2d(channels, out, 4, 2, 1, bias=False), nn.InstanceNorm2d(out, affine=True),
            nn.ReLU(inplace=True)]  # fmt: skip


def initialise(module: nn.Module) -> None:
    """Draw convolution weights from N(0, 0.02) and zero the biases, as in the official code."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
