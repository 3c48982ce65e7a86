"""The fastest safe way to run an editor on this machine's CPU; its pictures stay the same but for rounding."""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from mienkit.core.emotion import EMOTIONS
from mienkit.core.task import Edited, Editor, Staged
from mienkit.inference.quick_generator import QuickGenerator, fits
from mienkit.inference.quick_layer import quicken_layers


def quicken(editor: Editor, dtype: torch.dtype | None = None) -> Editor:
    """Return an editor that gives the same pictures in less time on the CPU; the one given is left as it is.

    Its outputs are float32. In bf16 they differ by a level of 255 or so; docs/guides/speed.md has the numbers.

    Args:
        editor: in evaluation mode; one that is no network comes back as it is.
        dtype: bf16 or float32; None takes bf16 where the processor multiplies it in hardware.
    """
    if not isinstance(editor, nn.Module):
        return editor
    chosen = dtype or fastest_dtype()
    generator = getattr(editor, "generator", None)
    if not fits(generator, editor.image_size):
        kind = QuickStagedEditor if isinstance(editor, Staged) else QuickEditor
        return cast(Editor, kind(editor, chosen))
    rebuilt = copy(editor)  # shares its other networks
    rebuilt._modules = {**editor._modules, "generator": QuickGenerator(cast(Any, generator), chosen)}
    return rebuilt


def fastest_dtype() -> torch.dtype:
    """Choose bf16 where the processor has instructions for it; elsewhere torch imitates it, slowly."""
    found = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return torch.bfloat16 if found.get("avx512_bf16") or found.get("amx_bf16") else torch.float32


class QuickEditor(nn.Module):
    """An editor whose layers are channels last and compute in another type."""

    def __init__(self, editor: Editor, dtype: torch.dtype) -> None:
        super().__init__()
        assert isinstance(editor, nn.Module)
        self.editor, self.dtype = quicken_layers(editor, dtype), dtype
        self.image_size, self.vocabulary = editor.image_size, editor.vocabulary
        self.emotions = getattr(editor, "emotions", EMOTIONS)

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        with self.autocast():
            edited = cast(Editor, self.editor).edit(image, source, target)
        return replace(edited, image=edited.image.float(), change=edited.change.float())

    def autocast(self) -> torch.autocast:
        """Compute in this editor's type for a while."""
        return torch.autocast("cpu", self.dtype, enabled=self.dtype == torch.bfloat16)


class QuickStagedEditor(QuickEditor):
    """The same for an editor that shows its stages."""

    def stages_of(self, image: Tensor, source: Tensor, target: Tensor) -> Mapping[str, Mapping[str, Tensor]]:
        with self.autocast():
            stages = cast(Staged, self.editor).stages_of(image, source, target)
        return {name: {title: shown.float() for title, shown in stage.items()} for name, stage in stages.items()}
