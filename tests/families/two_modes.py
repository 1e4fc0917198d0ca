"""Sound of two kinds, a diffusion model of it that learns in seconds, and a student of that."""

from dataclasses import asdict, fields, replace
from math import pi

import torch

from tritone import families
from tritone.config import make_config
from tritone.data.batch import Batch, plain_batch
from tritone.nn.noise import sample_normal, sample_uniform
from tritone.schema import deep_merge
from tritone.training.display import Quiet
from tritone.training.loop import train
from tritone.training.run import Run
from tritone.training.trainer import mixed_seed

TIME, RATE, LEVEL = 64, 8_000, 0.1
LITTLE = {
    "model": {
        "sample_rate": RATE, "channels": 1, "learning_rate": 2e-3, "warmup_steps": 20,
        "network": {
            "unet": {
                "channels": [32, 48], "factors": [4, 2], "items": [1, 1], "attentions": [0, 0],
                "heads": 2, "head_features": 8, "features": 32, "groups": 4,
            }
        },
    },
    "training": {
        "batch": 64, "crop_samples": 256, "ema": 0.98, "validate_every": 1_000_000, "validation_crops": 8,
        "previews": 0, "checkpoint_minutes": 100.0,
    },
}  # fmt: skip
"""A waveform U-Net for sounds of 64 samples."""


def sounds(seeds):
    """`(batch, 1, 64)`: one bent line or its mirror image, and noise; a sound follows from its seed."""
    seeds = torch.as_tensor(seeds)
    sign = sample_uniform(seeds ^ 77, (1, 1)).sign()
    line = 1 + 0.5 * torch.sin(4 * pi * torch.arange(TIME) / TIME)
    return LEVEL * (sign * line + 0.2 * sample_normal(seeds, (1, TIME)))


def batch_of(seeds, **told):
    seeds = torch.as_tensor(seeds)
    return replace(plain_batch(sounds(seeds), seeds), **told)


def rows(batch, first, last):
    """Part of a batch."""
    return Batch(*(getattr(batch, field.name)[first:last] for field in fields(batch)))


class TwoModes:
    """The sources of a run that learns them."""

    sample_rate, channels = RATE, 1

    def __init__(self, config, rank, world):
        self.training, self.rank, self.world = config.training, rank, world

    def batch(self, step, round, rounds):
        share = self.training.batch // (self.world * rounds)
        first = (self.rank * rounds + round) * share
        return batch_of([mixed_seed(self.training.seed, step, first + slot) for slot in range(share)])

    def validation(self, count):
        yield batch_of(torch.arange(count) + 10**6)

    def analysis(self):
        yield batch_of(torch.arange(64) + 10**7)

    def summary(self):
        return {}

    def close(self):
        pass


def run(out, config, sources=TwoModes):
    """Trains `config` into `out`; why it ended."""
    return train(config, out, show=Quiet(), open_sources=sources, device="cpu")


def teacher_config(steps, **changes):
    return make_config("diffusion", deep_merge(LITTLE, {"training": {"steps": steps}, **changes}))


def student_config(teacher, steps, distil=None, model=None, training=None):
    """A student of the run `teacher`, as `tritone distil` makes it, but of these sounds."""
    source = Run(teacher)
    config, learned = source.config, source.checkpoints.steps()[-1]
    own = {
        "model": families.student("diffusion", config.model, str(teacher), learned),
        "training": asdict(config.training),
    }
    told = {
        "model": {
            "distil": {"warmup_steps": 100, "steps": 8, **(distil or {})},
            "sampling": {"sampler": "ping-pong", "steps": 4, "sigma_max": 8.0, "sigma_min": 0.3},
            "learning_rate": 1e-3, "betas": [0.5, 0.99], **(model or {}),
        },
        "training": {"steps": steps, "ema": 0.95, **(training or {})},
    }  # fmt: skip
    return make_config("diffusion", deep_merge(own, told))


def sliced_wasserstein(one, other, directions=64):
    """Mean Wasserstein-1 distance of two sets of equally many sounds along some directions, in units of their level."""
    axes = torch.randn(TIME, directions, generator=torch.Generator().manual_seed(0))
    axes[:, 0] = 1.0
    axes = axes / axes.norm(dim=0)
    first, second = ((each.flatten(1) @ axes).sort(0).values for each in (one, other))
    return float((first - second).abs().mean()) / LEVEL
