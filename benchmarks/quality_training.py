"""The two that are compared in quality, each trained by its own code on the same prepared loops, by the clock."""

import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path

import torch
from acids import Name
from acids_training import PeerTraining
from torch import Tensor
from torch.nn import functional

from tritone.config import load_preset, make_config
from tritone.data.config import AugmentConfig
from tritone.data.loader import Loader
from tritone.data.store import Dataset
from tritone.training.machine import Machine
from tritone.training.sources import DataSources
from tritone.training.trainer import Trainer

PEER: Name = "v2_small"
PEER_BATCH = 8
PEER_RATIO = 512
"""Samples of one of its latent frames."""
BANK_DELAY = 16
"""By so many samples the round trip of the peer's filter bank is late."""


class Contestant(ABC):
    """A model in training; `seconds` counts the time of its training steps, reading of data included."""

    def __init__(self) -> None:
        self.seconds, self.steps = 0.0, 0

    def train_until(self, seconds: float) -> None:
        """Train until its clock shows so many seconds (the step that passes the mark is finished)."""
        while self.seconds < seconds:
            begun = time.perf_counter()
            self.step()
            self.seconds += time.perf_counter() - begun
            self.steps += 1

    @abstractmethod
    def step(self) -> None:
        """One training step."""

    @abstractmethod
    def reconstruct(self, audio: Tensor) -> list[Tensor]:
        """Candidates, of which the best counts, for the deterministic reconstruction of `audio (1, 1, time)`."""

    @abstractmethod
    def close(self) -> None:
        """Stop reading."""


class Ours(Contestant):
    """A preset of ours through the Trainer of `tritone train`, on the sound that it would read there."""

    def __init__(self, data: Path, preset: str = "vae-nano") -> None:
        super().__init__()
        config = make_config("vae", load_preset(preset), name=preset, data=str(data))
        self.sources = DataSources(config, rank=0, world=1)
        self.trainer = Trainer(config, Machine(config.training.precision, "cpu"), self.sources)
        training = config.training
        self.about = f"{preset}, crops of {training.crop_samples}, batch {training.batch}, {training.precision}"

    def step(self) -> None:
        self.trainer.update()

    def reconstruct(self, audio: Tensor) -> list[Tensor]:
        played = self.trainer.played.eval()
        noise = None if played.decoder.noise_branch is None else [0]
        return [played.reconstruct(audio, noise_seeds=noise)]

    def close(self) -> None:
        self.sources.close()


class Peer(Contestant):
    """acids-rave's v2_small through its own training step, on crops from our loader with our phase rotation."""

    def __init__(self, data: Path, crop_samples: int) -> None:
        super().__init__()
        self.training = PeerTraining(PEER)
        dataset = Dataset.open(data)
        self.loader = Loader(dataset, "train", crop_samples, seed=0, augment=AugmentConfig(), batch=PEER_BATCH)
        self.crop_samples = crop_samples
        self.about = f"{PEER}, crops of {crop_samples}, batch {PEER_BATCH}, float32"

    def step(self) -> None:
        self.training.step(self.loader.batch(self.steps).audio)

    @torch.no_grad()
    def reconstruct(self, audio: Tensor) -> list[Tensor]:
        """As it comes, and without the delay of its filter bank: whichever is better."""
        peer = self.training.peer.eval()
        samples = audio.shape[-1]
        whole = -(-(samples + BANK_DELAY) // PEER_RATIO) * PEER_RATIO
        padded = functional.pad(audio, (0, whole - samples))
        output = peer.decode(peer.encode(padded).chunk(2, 1)[0])
        peer.train()
        return [output[..., :samples], output[..., BANK_DELAY : BANK_DELAY + samples]]

    def close(self) -> None:
        self.loader.close()


if __name__ == "__main__":
    sys.exit("quality_training.py is a part of the benchmarks; run vae_quality.py.")
