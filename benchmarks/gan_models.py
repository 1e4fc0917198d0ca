"""GAN presets as the benchmarks build them: with a vocoder of fresh weights, in training on a fixed batch."""

import sys
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

import torch

from tritone.config import RunConfig, load_preset, make_config
from tritone.data.batch import Batch, plain_batch
from tritone.signal.loops import loop_length
from tritone.training.machine import Machine
from tritone.training.trainer import Trainer

BPM = 120.0
VOCODERS = {16_000: "vocoder-melgan"}
"""Preset of the vocoder by sample rate: pjloop-gan's MelGAN, else the kind that ships."""
SHIPPED_KIND = "vocoder-vocos"


def run_config(preset: str, **model: Any) -> RunConfig:
    """The run of a preset at 120 BPM without labels, its vocoder built fresh; `model` overrides settings."""
    rate = make_config("gan", load_preset(preset)).model.sample_rate
    vocoder = make_config("vocoder", load_preset(VOCODERS.get(rate, SHIPPED_KIND))).model
    network = {**asdict(vocoder.network), "channels": vocoder.channels}
    said = {"vocoder_from": None, "vocoder": network, "mel": network["mel"], "tempos": [BPM] * 3, **model}
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
        count = len(self.audio)
        plain = plain_batch(self.audio, torch.arange(count) + 100 * step)
        return replace(plain, labels=torch.zeros(count, dtype=torch.int64), tempos=torch.full((count,), BPM))

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
