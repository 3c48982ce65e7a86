"""How LGP-GAN is trained, as a cascade or end to end.

The paper's full text could not be had. Known are the cascade from eyes and mouth to the whole face, a colour and an
attention mask from each of three similar generators, three patch critics that also read the emotion, and a facial mask
between the stages. Everything else is reconstructed, and marked so.

Source: Xia et al. 2022 (TCSVT), abstract and index terms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.batch import FaceBatch, TransferBatch
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.model import MODELS
from mienkit.core.noise import uniform
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.task import Edited
from mienkit.losses.adversarial import wasserstein_fake, wasserstein_real
from mienkit.losses.attention import attention_mean, total_variation
from mienkit.losses.pair import changed_region_l1
from mienkit.losses.penalty import gradient_penalty
from mienkit.nn.moving import REACH, MovingUNet
from mienkit.nn.translator import LabelCritic, MaskedTranslator
from mienkit.systems.lgpgan.beginning import begin_as_ganimation
from mienkit.systems.lgpgan.painting import Painted, motion_of, paint_face, paint_part
from mienkit.systems.lgpgan.regions import Region, facial_regions

LOCAL = ("eyes", "mouth")
WHOLE = ("face",)
Faces: TypeAlias = FaceBatch | TransferBatch


@MODELS.register
class Lgpgan(Recipe):
    """Edits emotions: networks for eyes and mouth first, then one for the whole face; a critic for each."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        """All values are reconstructed; where they come from is in docs/models/lgpgan.md."""

        image_size: int = 128
        training: Literal["cascade", "joint"] = "cascade"
        """Local networks first and the global one on their results, or all of them together."""
        base: Literal["image", "composite"] = "image"
        """What the global attention keeps: the photograph, or it with the local results laid in."""
        network: Literal["masked", "moving"] = "masked"
        """``moving``: networks that move their part and paint over it (``nn/moving.py``); ours."""
        begin: Literal["nothing", "ganimation"] = "nothing"
        """What moving networks begin as."""
        conv_dim: int = 64
        """Channels of the global generator's first layer."""
        repeat: int = 6
        """Its residual blocks."""
        decoder_norm: bool = True
        """Whether its decoder normalises. Little of a whole face is left to change when eyes and mouth are done."""
        local_dim: int = 32
        local_repeat: int = 4
        critic_dim: int = 64
        critic_cap: int = 2048
        """Most channels of a critic's layer."""
        feather: float = 1 / 16
        """Over which share of the crop's side a local result fades out at its border."""
        local_steps: int = 90_000  # as many as the global stage
        """Of the cascade's first stage."""
        steps: int = 90_000  # 200 epochs of 90 % of RaFD at batch 16
        """Of the cascade's second stage, or of all of them together."""
        batch_size: int = 16
        n_critic: int = 5
        """Critic updates per generator update."""
        learning_rate: float = 1e-4
        local_rate: float = 0.0
        """Factor on the local networks' rate in the cascade's second stage; 0 = they are frozen."""
        beta1: float = 0.5
        beta2: float = 0.999
        decay_from: float = 0.5
        """Share of a stage's steps after which the rates fall linearly to 0."""
        adversarial: float = 1.0
        gp: float = 10.0
        """Relative to ``adversarial``."""
        emotion: float = 1.0
        """Weight of the cross-entropy of the emotion."""
        cycle: float = 10.0
        attention: float = 0.1
        tv: float = 1e-4
        """On the sum over the pixels."""
        consistency: float = 0.0
        """Weight of the L1 distance of the whole face to the composite inside the facial mask."""
        pair: float = 0.0
        """Weight of the error to the exact result; needs a table in which people show several emotions."""
        pair_focus: float = 4.0
        """How much more a pixel that changes counts than one that stays."""
        pair_threshold: float = 0.1
        """Mean absolute difference over the channels from which a pixel changes."""
        average: bool = False
        """Release the moving average of the generators' weights."""

        def __post_init__(self) -> None:
            require(self.image_size % 8 == 0 and self.image_size >= 32,
                    f"image_size={self.image_size} must be a multiple of 8, and at least 32")  # fmt: skip
            require(0 <= self.decay_from < 1, f"decay_from={self.decay_from} must be in [0, 1)")
            require(0 <= self.local_rate <= 1, f"local_rate={self.local_rate} must be in [0, 1]")
            moving, boxes = self.network == "moving", facial_regions(self.image_size).values()
            require(moving or self.begin == "nothing", f"begin={self.begin} is for network=moving")
            require(not moving or self.base == "composite", "network=moving needs base=composite")
            require(not moving or not any(side % 8 for box in boxes for side in box.size),
                    f"image_size={self.image_size}: network=moving needs boxes of whole 8 pixels; try 128")  # fmt: skip
            require(0 < self.feather <= 0.15, f"feather={self.feather} must be in (0, 0.15]; boxes are no larger")
            require(
                min(self.steps, self.local_steps, self.batch_size, self.n_critic) >= 1,
                "steps, local_steps, batch_size, n_critic must be positive",
            )

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "reconstructed": {},
        "ours": {
            "base": "composite", "network": "moving", "begin": "ganimation", "conv_dim": 32, "repeat": 2,
            "local_dim": 32, "local_repeat": 2, "critic_dim": 16, "critic_cap": 128, "local_steps": 3_500, "steps": 900,
            "batch_size": 8, "n_critic": 1, "learning_rate": 7e-4, "local_rate": 0.2, "adversarial": 0.02,
            "emotion": 0.02, "cycle": 0.0, "attention": 0.01, "pair": 0.3, "pair_focus": 15.0, "average": True,
        },
        "small": {
            "image_size": 64, "base": "composite", "decoder_norm": False, "conv_dim": 8, "repeat": 3,
            "local_dim": 16, "local_repeat": 3, "critic_dim": 8, "critic_cap": 64, "local_steps": 1_500, "steps": 500,
            "n_critic": 1, "learning_rate": 1e-3, "adversarial": 0.02, "emotion": 0.02, "cycle": 0.0,
            "attention": 0.01, "pair": 0.3, "pair_focus": 30.0, "pair_threshold": 0.02, "average": True,
        },
        "tiny": {
            "image_size": 32, "network": "masked", "begin": "nothing", "conv_dim": 4, "repeat": 1, "local_dim": 4,
            "local_repeat": 1, "critic_dim": 4, "critic_cap": 16, "local_steps": 2, "steps": 2, "batch_size": 4,
            "n_critic": 1, "local_rate": 0.1, "average": True,
        },
    }  # fmt: skip
    source = "Xia et al. 2022 (TCSVT), reconstructed"
    vocabulary: ClassVar[tuple[str, ...]] = EMOTIONS

    def __init__(self, config: Config) -> None:
        super().__init__()
        c = self.config = config
        self.image_size, self.regions = c.image_size, facial_regions(c.image_size)
        labels = len(EMOTIONS)
        self.generators = nn.ModuleDict(self._networks(labels))
        sizes = {name: region.size for name, region in self.regions.items()} | {"face": (c.image_size, c.image_size)}
        self.critics = nn.ModuleDict({
            name: LabelCritic(size, c.critic_dim, c.critic_cap, critic_depth(size), labels, "emotion")
            for name, size in sizes.items()
        })  # fmt: skip
        # Each for itself: the average of a network that begins late must not remember how it began.
        self.compiled = tuple(f"generators.{name}" for name in self.generators)
        self.averaged = self.compiled if c.average else ()
        if c.pair > 0:
            self.batch = TransferBatch

    def _networks(self, labels: int) -> dict[str, nn.Module]:
        c = self.config
        if c.network == "masked":
            local: dict[str, nn.Module] = {n: MaskedTranslator(3 + labels, c.local_dim, c.local_repeat) for n in LOCAL}
            return local | {"face": MaskedTranslator(6 + labels, c.conv_dim, c.repeat, c.decoder_norm)}
        moving = {name: MovingUNet(labels, c.local_dim, c.local_repeat) for name in LOCAL}
        moving["face"] = MovingUNet(labels, c.conv_dim, c.repeat, 6)
        if c.begin == "ganimation":
            for network in moving.values():
                begin_as_ganimation(network)
        return dict(moving)

    def stages(self) -> Sequence[Stage]:
        c = self.config
        if c.training == "joint":
            return [Stage(name="joint", steps=c.steps, phases=self._phases("", LOCAL + WHOLE, LOCAL + WHOLE))]
        return [
            Stage(name="local", steps=c.local_steps, phases=self._phases("local_", LOCAL)),
            Stage(name="global", steps=c.steps, phases=self._phases("", WHOLE)),
        ]

    def _phases(self, prefix: str, parts: Sequence[str], moved: Sequence[str] = ()) -> list[Phase]:
        """Let the critics of some parts learn, then their generators."""
        c = self.config
        critic = {"real": c.adversarial, "fake": c.adversarial, "gp": c.adversarial * c.gp, "emotion": c.emotion}
        generator = {"fake": -c.adversarial, "emotion": c.emotion, "cycle": c.cycle,
                     "attention": c.attention, "tv": c.tv, "pair": c.pair}  # fmt: skip
        weights = {f"{part}_{term}": weight for part in parts for term, weight in generator.items() if weight}
        if "face" in parts and c.consistency:
            weights["face_consistency"] = c.consistency
        groups = [{"params": list(self.generators[part].parameters())} for part in parts]
        if parts == WHOLE and c.local_rate:
            slow = [weight for part in LOCAL for weight in self.generators[part].parameters()]
            groups.append({"params": slow, "lr": c.local_rate * c.learning_rate})
        return [
            Phase(
                name=f"{prefix}critic",
                optimizer=self._adam([{"params": list(self.critics[part].parameters())} for part in parts]),
                terms=partial(self.critic_terms, parts=parts),
                weights={f"{part}_{term}": weight for part in parts for term, weight in critic.items()},
                learning_rate=self._rate,
            ),
            Phase(
                name=f"{prefix}generator",
                optimizer=self._adam(groups),
                terms=partial(self.generator_terms, parts=parts),
                weights=weights,
                every=c.n_critic,
                learning_rate=self._rate,
            ),
        ]

    def _adam(self, groups: list[dict[str, Any]]) -> Adam:
        return Adam(groups, lr=self.config.learning_rate, betas=(self.config.beta1, self.config.beta2), fused=True)

    def _rate(self, progress: float) -> float:
        start = self.config.decay_from
        return 1.0 if progress < start else (1 - progress) / (1 - start)

    def critic_terms(self, batch: Faces, parts: Sequence[str]) -> Terms:
        terms: Terms = {}
        made = self.make(batch.image, batch.target, parts)
        for stream, part in enumerate(parts):
            critic, real = self.critics[part], self.view(part, batch.image)
            realness, emotion = critic(real)
            mix = uniform(batch.key, 1, 1, 1, stream=stream).to(real)
            terms |= {
                f"{part}_real": wasserstein_real(realness),
                f"{part}_fake": wasserstein_fake(critic(made[part].image)[0]),
                f"{part}_gp": gradient_penalty(partial(realness_of, critic), real, made[part].image, mix),
                f"{part}_emotion": F.cross_entropy(emotion, batch.source),
            }
        return terms

    def generator_terms(self, batch: Faces, parts: Sequence[str]) -> Terms:
        terms: Terms = {}
        made = self.make(batch.image, batch.target, parts)
        for part in parts:
            named = self._part_terms(batch, part, made[part])
            terms |= {f"{part}_{name}": value for name, value in named.items()}
        return terms

    def _part_terms(self, batch: Faces, part: str, made: Painted) -> Terms:
        c, image = self.config, self.view(part, batch.image)
        realness, emotion = self.critics[part](made.image)
        terms = {
            "fake": wasserstein_fake(realness),
            "emotion": F.cross_entropy(emotion, batch.target),
            "attention": attention_mean(made.keep),
            "tv": summed_variation(made.keep),
        }
        if c.cycle:
            back = self.redraw(part, made.image, batch.source)
            terms["cycle"] = F.l1_loss(back.image, image)
            terms["attention"] = terms["attention"] + attention_mean(back.keep)
            terms["tv"] = terms["tv"] + summed_variation(back.keep)
        if c.pair and isinstance(batch, TransferBatch):
            result = self.view(part, batch.result)
            terms["pair"] = changed_region_l1(made.image, result, image, batch.paired, c.pair_focus, c.pair_threshold)
        if c.consistency and made.composite is not None:
            mask = self.facial_mask(image.device)
            terms["consistency"] = ((made.image - made.composite).abs().mean(1) * mask).mean() / mask.mean()
        return terms

    def view(self, part: str, image: Tensor) -> Tensor:
        """Return what a network sees of pictures, (B, 3, H, W)."""
        return self.regions[part].cut(image) if part in self.regions else image

    def make(self, image: Tensor, target: Tensor, parts: Sequence[str]) -> dict[str, Painted]:
        """Let the networks of some parts work on faces, (B, 3, H, W); the whole face needs all of them."""
        needed = LOCAL if "face" in parts else parts
        made = {
            name: paint_part(self.generators[name], self.regions[name], image, target, image, self._reach)
            for name in needed
        }
        if "face" in parts:
            made["face"] = paint_face(
                self.generators["face"], made, self.regions, self._feather, image, target,
                keeps_composite=self.config.base == "composite", reach=self._reach,
            )  # fmt: skip
        return made

    def redraw(self, part: str, image: Tensor, target: Tensor) -> Painted:
        """Give one part alone, (B, 3, h, w), the expressions, (B, 8)."""
        if part == "face":
            return self.make(image, target, WHOLE)["face"]
        alone = Region(0, image.shape[2], 0, image.shape[3])
        return paint_part(self.generators[part], alone, image, target, image, self._reach)

    @property
    def _reach(self) -> float:
        return REACH * self.image_size / 128

    @property
    def _feather(self) -> int:
        return max(1, round(self.config.feather * self.image_size))

    def facial_mask(self, device: torch.device) -> Tensor:
        """Return where local results are laid in, (H, W) in [0, 1]."""
        side = self.image_size
        masks = [region.spread(region.mask(self._feather, device), side, side) for region in self.regions.values()]
        return torch.stack(masks).sum(0).clamp(max=1)

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        face = self.redraw("face", image, target)
        assert face.change is not None
        motion = motion_of(image, face.made_by) if face.made_by else None
        return Edited(image=face.image, change=face.change, motion=motion)

    def stages_of(self, image: Tensor, source: Tensor, target: Tensor) -> Mapping[str, Mapping[str, Tensor]]:
        """Return what each network made, for people to look at; see ``core.task.Staged``."""
        made = self.make(image, target, WHOLE)
        shown: dict[str, Mapping[str, Tensor]] = {"input": {"face": image}}
        for name in (*LOCAL, "face"):
            part = made[name]
            first = {} if part.composite is None else {"composite": part.composite}
            maps = {"colour": part.colour, "attention": part.keep * 2 - 1, "result": part.image}
            shown[name] = {**first, **maps}
        return shown

    def preview(self, batch: Faces) -> Sample:
        face = self.redraw("face", batch.image, batch.target)
        assert face.composite is not None
        assert face.change is not None
        columns = {"source": batch.image, "local": face.composite, "edited": face.image,
                   "change": face.change.expand(-1, 3, -1, -1) * 2 - 1}  # fmt: skip
        if isinstance(batch, TransferBatch):
            columns["exact"] = batch.result
        return Sample(columns=columns, change=face.change)

    def released_state(self) -> Mapping[str, Any]:
        return self.generators.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generators.load_state_dict(state)


def critic_depth(size: tuple[int, int]) -> int:
    """Return how often a critic halves a picture: until its shorter side is 2 or 3."""
    return min(size).bit_length() - 2


def realness_of(critic: nn.Module, image: Tensor) -> Tensor:
    """Return a critic's patch scores."""
    scores: Tensor = critic(image)[0]
    return scores


def summed_variation(keep: Tensor) -> Tensor:
    """Return the total variation of a mask as a sum over its pixels, as GANimation's paper weighs it."""
    return total_variation(keep) * keep[0].numel()
