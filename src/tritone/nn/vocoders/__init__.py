"""From mel spectrograms to sound. `build_vocoder` makes what a configuration describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tritone.nn.vocoders.base import Vocoder
    from tritone.nn.vocoders.config import VocoderConfig


def build_vocoder(config: VocoderConfig) -> Vocoder:
    """A vocoder with fresh weights (griffin-lim has none)."""
    from tritone.nn.vocoders.diffusion import DiffusionVocoder
    from tritone.nn.vocoders.griffin_lim import GriffinLim
    from tritone.nn.vocoders.melgan import MelGAN
    from tritone.nn.vocoders.vocos import Vocos

    kinds: dict[str, type[Vocoder]] = {
        "vocos": Vocos, "melgan": MelGAN, "griffin-lim": GriffinLim, "diffusion": DiffusionVocoder
    }  # fmt: skip
    return kinds[config.architecture](config)
