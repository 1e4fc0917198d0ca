"""A loop model so small that a step takes a tenth of a second, and loops for it to learn from."""

from dataclasses import fields, replace

import torch

from tritone.data.batch import Batch, plain_batch
from tritone.families.gan.config import Config, DiscriminatorConfig, GeneratorConfig
from tritone.nn.vocoders.config import VocoderConfig
from tritone.signal.mel_config import MelConfig

MEL = MelConfig(rate=16_000, mels=32, window=512, hop=128)
LITTLE = Config(
    sample_rate=16_000,
    mel=MEL,
    vocoder=VocoderConfig("vocos", mel=MEL, width=16, layers=2),
    generator=GeneratorConfig(z=8, w=16, mapping_layers=2, start=16, channels=(16, 16, 8)),
    discriminator=DiscriminatorConfig(networks=("musicnn-mtt",), mixed=8, width=16),
    labels=("house", "rock"),
    tempos=(90.0, 120.0, 150.0),
)
ORDINARY = replace(
    LITTLE,
    discriminator=DiscriminatorConfig(kind="stylegan2", width=8, most=16, beat_shift=0.0, gain_db=0.0),
    loss="logistic",
    weights={"generator": 1.0, "path_length": 2.0, "discriminator": 1.0, "r1": 10.0, "r2": 0.0},
    penalty_every=2,
    path_every=2,
)


def loops(count: int = 8, first: int = 0, channels: int = 1) -> Batch:
    """Noise bursts on the beats of a bar, of several tempos; loop i is always the same."""
    tempos = torch.tensor([90.0, 120.0, 150.0])[torch.arange(first, first + count) % 3]
    lengths = (60 / tempos * 4 * 16_000).round().long()
    audio = torch.zeros(count, channels, 42_667)
    for row, length in enumerate(lengths.tolist()):
        generator = torch.Generator().manual_seed(first + row)
        for beat in range(4):
            start = beat * length // 4
            burst = torch.randn(channels, 2000, generator=generator) * torch.linspace(1, 0, 2000) ** 2
            audio[row, :, start : start + 2000] += 0.3 * burst
    seeds = torch.arange(first, first + count) * 7_919 + 5
    labels = torch.arange(first, first + count) % 2
    return replace(plain_batch(audio, seeds), lengths=lengths, labels=labels, tempos=tempos)


def rows(batch: Batch, first: int, last: int) -> Batch:
    """Part of a batch."""
    return Batch(*(getattr(batch, field.name)[first:last] for field in fields(batch)))
