"""Sources and runs for the tests: crops of noise that are a pure function of (seed, step, slot)."""

import sys
from pathlib import Path

import torch

from tritone import families
from tritone.config import make_config
from tritone.data.batch import plain_batch
from tritone.training.display import Quiet
from tritone.training.loop import train
from tritone.training.trainer import mixed_seed

SAMPLES = 64


class NoiseSources:
    sample_rate, channels = 8000, 1

    def __init__(self, config, rank, world):
        self.seed, self.size = config.training.seed, config.training.batch
        self.rank, self.world = rank, world

    def crops(self, stream, step, first, count):
        seeds = [mixed_seed(self.seed, step, stream * 1000 + slot) for slot in range(first, first + count)]
        audio = [torch.randn(1, SAMPLES, generator=torch.Generator().manual_seed(seed)) * 0.3 for seed in seeds]
        return plain_batch(torch.stack(audio).cumsum(-1).tanh(), torch.tensor(seeds))

    def batch(self, step, round, rounds):
        count = self.size // (self.world * rounds)
        return self.crops(0, step, (self.rank * rounds + round) * count, count)

    def validation(self, count):
        return (self.crops(1, 0, first, min(3, count - first)) for first in range(0, count, 3))

    def analysis(self):
        return (self.crops(2, step, 0, 4) for step in range(2))

    def summary(self):
        return {"seconds": 1.0}

    def close(self):
        pass


def toy_config(model=None, **training):
    families.FAMILIES["toy"] = "toyfamily"
    base = {
        "steps": 20, "batch": 4, "crop_samples": 256, "validate_every": 7, "validation_crops": 4, "previews": 0,
        "log_every": 3, "checkpoint_minutes": 60.0,
    }  # fmt: skip
    return make_config("toy", {"model": model or {}, "training": {**base, **training}}, data="noise", version="test")


def run(out, config, minutes=None, open_sources=NoiseSources, device="cpu"):
    torch.set_num_threads(1)
    return train(config, out, minutes=minutes, show=Quiet(), open_sources=open_sources, device=device)


if __name__ == "__main__":
    settings = {"batch": int(sys.argv[2]), "accumulate": int(sys.argv[3]), "clip": 0.5, "ema": 0.9}
    run(Path(sys.argv[1]), toy_config(**settings), device="auto")
