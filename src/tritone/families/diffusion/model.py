"""From a configuration to a diffusion model: one class for each task."""

from importlib import import_module

from tritone.families.diffusion.config import Config
from tritone.families.diffusion.diffusion_model import DiffusionModel

TASKS = {
    "sound": ("sound", "SoundDiffusion"),
    "autoencoder": ("autoencoder", "DiffusionAutoencoder"),
    "vocoder": ("vocoder", "DiffusionVocoderModel"),
    "upsampler": ("upsampler", "DiffusionUpsampler"),
    "autoregressive": ("autoregressive", "AutoregressiveDiffusion"),
}
"""The module and the class of each task."""


def build(config: Config) -> DiffusionModel:
    """A diffusion model with fresh weights."""
    module, name = TASKS[config.task]
    made: DiffusionModel = getattr(import_module(f"tritone.families.diffusion.{module}"), name)(config)
    return made
