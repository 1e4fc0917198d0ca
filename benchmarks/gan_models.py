"""GAN presets as the benchmarks build them: with a vocoder of fresh weights, in training on a fixed batch."""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import torch

from tritone.config import RunConfig, load_preset, make_config
from tritone.data.batch import Batch
from tritone.nn.vocoders.config import VocoderConfig
from tritone.signal.loops import loop_length
from tritone.training.machine import Machine
from tritone.training.trainer import Trainer

BPM = 120.0
MELGAN = {"architecture": "melgan", "width": 32, "layers": 3, "ratios": (5, 4, 4, 2)}
"""The vocoder of pjloop-gan: a hop of 160 samples at 16 kHz."""
VOCOS = {"architecture": "vocos"}


def run_config(preset: str, **model: Any) -> RunConfig:
    """The run of a preset at 120 BPM without labels, its vocoder built fresh; `model` overrides settings."""
    plain = make_config("gan", load_preset(preset)).model
    kind = MELGAN if plain.sample_rate == 16_000 else VOCOS
    vocoder = VocoderConfig(channels=plain.channels, mel=plain.mel, **kind)
    said = {"vocoder_from": "", "vocoder": asdict(vocoder), "tempos": [BPM] * 3, **model}
    return make_config("gan", load_preset(preset), {"model": said}, name=preset)


class FixedSources:
    """Sources that give one batch of noisy hits at every step, whole bars of 120 BPM."""

    def __init__(self, config: RunConfig, batch: int) -> None:
        model = config.model
        self.sample_rate, self.channels = model.sample_rate, model.channels
        samples = loop_length(model.bars, BPM, model.sample_rate)
        generator = torch.Generator().manual_seed(0)
        decay = torch.exp(-(torch.arange(samples) % (samples // 8)) / (0.03 * model.sample_rate))
        self.audio = 0.3 * torch.randn(batch, model.channels, samples, generator=generator) * decay

    def batch(self, step: int, round: int, rounds: int) -> Batch:
        count, samples = len(self.audio), self.audio.shape[-1]
        lengths, labels = torch.full((count,), samples), torch.zeros(count, dtype=torch.int64)
        return Batch(self.audio, torch.arange(count) + 100 * step, lengths, labels, torch.full((count,), BPM))

    def validation(self, count: int) -> Iterable[Batch]:
        return ()

    def analysis(self) -> Iterable[Batch]:
        return ()

    def summary(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        return None


def trainer(config: RunConfig, batch: int) -> Trainer:
    """A trainer on `FixedSources`."""
    return Trainer(config, Machine(config.training.precision, "cpu"), FixedSources(config, batch))


if __name__ == "__main__":
    sys.exit("gan_models.py is a part of the benchmarks; run gan_speed.py.")
