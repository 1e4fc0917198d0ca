"""Who learns in diffusion_quality, each in a process of its own, by the CPU time that its training takes."""

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from gan_data import RATE
from torch import Tensor

from tritone.config import RunConfig, load_preset, make_config
from tritone.data.loader import Loader
from tritone.data.store import Dataset
from tritone.families import complete
from tritone.training.folder import RunFolder
from tritone.training.loop import STREAMS
from tritone.training.machine import Machine
from tritone.training.sources import DataSources
from tritone.training.trainer import Trainer

SAMPLES = 2**16
"""Length of training crops and of new sound: the peer's network takes only multiples of its ratio."""
CODEC_SHARE = 0.5
"""Share of the time in which the latent system trains its codec, a vae-nano; its minutes count."""
PEER = {
    "channels": [16, 32, 64, 128, 256, 256], "factors": [1, 4, 4, 4, 4, 2], "items": [1, 1, 1, 1, 2, 2],
    "attentions": [0, 0, 0, 0, 1, 1], "attention_heads": 4, "attention_features": 64, "modulation_features": 256,
}  # fmt: skip
"""audio-diffusion-pytorch at nano size: its README's ladder, of about as many parameters as ours."""
PEER_STEPS = 50
BATCH = 8
EMA = 0.998


class Contestant(ABC):
    """A system in training. `seconds` is the CPU time that learning has taken."""

    def __init__(self) -> None:
        self.seconds, self.steps = 0.0, 0

    def train_until(self, seconds: float) -> None:
        """Train until its clock shows so many seconds; the step that passes the mark is finished."""
        while self.seconds < seconds:
            begun = time.process_time()
            self.step(seconds)
            self.seconds += time.process_time() - begun
            self.steps += 1

    @abstractmethod
    def step(self, until: float) -> None:
        """One training step (or one that goes on until the clock shows so much)."""

    @abstractmethod
    def make(self, seeds: list[int]) -> Tensor:
        """New sounds `(count, 1, SAMPLES)`."""

    @abstractmethod
    def parameters(self) -> int:
        """Of what makes the sound."""


class Ours(Contestant):
    """A preset of ours, through the Trainer of `tritone train`."""

    def __init__(self, config: RunConfig) -> None:
        super().__init__()
        config = replace(config, model=complete(config.family, config.model, Dataset.open(config.data)))
        self.config = config
        self.sources = DataSources(config, rank=0, world=1)
        self.trainer = Trainer(config, Machine(config.training.precision, "cpu"), self.sources)
        self.trainer.reseed(0, STREAMS + 1)
        with torch.no_grad():
            batches = map(self.trainer.to_device, self.sources.analysis())
            self.trainer.family.analyse(self.trainer.played, batches, 0)

    def step(self, until: float) -> None:
        self.trainer.update()

    @torch.no_grad()
    def make(self, seeds: list[int]) -> Tensor:
        played = self.trainer.played.eval()
        return torch.cat([played.generate(1, SAMPLES / RATE, [seed]) for seed in seeds])

    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.trainer.played.parameters())


class OursOfLatents(Contestant):
    """vae-nano for a share of the time, then diffusion-latent-nano on its latents; encoding the data counts too."""

    def __init__(self, data: Path, seed: int, folder: Path, seconds: float) -> None:
        super().__init__()
        self.data, self.seed, self.folder, self.codec_seconds = data, seed, folder, CODEC_SHARE * seconds
        self.codec = Ours(_config("vae", "vae-nano", data, seed, crop=32_768))
        self.latent: Ours | None = None

    def step(self, until: float) -> None:
        if self.latent is None and self.seconds < self.codec_seconds:
            self.codec.step(until)
            return
        if self.latent is None:
            self._save_codec()
            over = {"codec_from": str(self.folder / "codec")}
            self.latent = Ours(
                _config("diffusion", "diffusion-latent-nano", self.data, self.seed, crop=64 * 1024, **over)
            )
        self.latent.step(until)

    def make(self, seeds: list[int]) -> Tensor:
        if self.latent is None:
            played = self.codec.trainer.played.eval()
            return torch.cat([played.generate(1, SAMPLES / RATE, [seed]) for seed in seeds])
        return self.latent.make(seeds)

    def parameters(self) -> int:
        return (self.latent or self.codec).parameters()

    def _save_codec(self) -> None:
        codec, place = self.codec, self.folder / "codec"
        place.mkdir(parents=True, exist_ok=True)
        trainer = codec.trainer
        with torch.no_grad():
            trainer.family.analyse(trainer.played, codec.sources.analysis(), trainer.done)
        folder = RunFolder(place, codec.config, True)
        training = {**trainer.state(), "best": {}, "history": [], "seconds": self.seconds}
        folder.save(trainer.done, trainer.played.state_dict(), training, {}, codec.sources.summary())
        folder.close()


class Peer(Contestant):
    """audio-diffusion-pytorch 0.1.3 with the optimiser of its trainer, on crops from our loader.

    Its own moving average samples from the online weights (a copy shares them); here one is kept by hand and loaded
    while it is judged, so that it has what its authors meant.
    """

    def __init__(self, data: Path, seed: int, learning_rate: float) -> None:
        from audio_diffusion_pytorch import DiffusionModel, UNetV0, VDiffusion, VSampler

        super().__init__()
        torch.manual_seed(seed)
        self.model = DiffusionModel(
            net_t=UNetV0, in_channels=1, diffusion_t=VDiffusion, sampler_t=VSampler, **PEER
        )  # fmt: skip
        self.own = dict(self.model.net.named_parameters())
        self.average = {name: value.detach().clone() for name, value in self.own.items()}
        self.optimizer = torch.optim.AdamW(
            self.own.values(), learning_rate, betas=(0.95, 0.999), eps=1e-6, weight_decay=1e-3
        )
        self.loader = Loader(Dataset.open(data), "train", SAMPLES, seed=seed, augment=None, batch=BATCH)

    def step(self, until: float) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        self.model(self.loader.batch(self.steps).audio).backward()
        self.optimizer.step()
        decay = min(EMA, (1 + self.steps) / (10 + self.steps))
        for name, value in self.own.items():
            self.average[name].lerp_(value.detach(), 1 - decay)

    @torch.no_grad()
    def make(self, seeds: list[int]) -> Tensor:
        online = {name: value.detach().clone() for name, value in self.own.items()}
        self._load(self.average)
        sounds = []
        for seed in seeds:
            noise = torch.randn(1, 1, SAMPLES, generator=torch.Generator().manual_seed(seed))
            sounds.append(self.model.sample(noise, num_steps=PEER_STEPS))
        self._load(online)
        return torch.cat(sounds)

    def parameters(self) -> int:
        return sum(value.numel() for value in self.own.values())

    @torch.no_grad()
    def _load(self, weights: dict[str, Tensor]) -> None:
        for name, value in self.own.items():
            value.copy_(weights[name])


SYSTEMS: dict[str, tuple[str, Callable[[Path, int, Path, float], Contestant]]] = {
    "latent": (
        "ours, latents (vae-nano trained in half of the time)",
        lambda data, seed, folder, seconds: OursOfLatents(data, seed, folder, seconds),
    ),
    "wave": (
        "ours, waveforms (diffusion-wave-nano)",
        lambda data, seed, folder, seconds: Ours(_config("diffusion", "diffusion-wave-nano", data, seed, crop=SAMPLES)),
    ),
    "peer": (
        "audio-diffusion-pytorch, its trainer's learning rate 1e-4",
        lambda data, seed, folder, seconds: Peer(data, seed, 1e-4),
    ),
    "peer-fast": (
        "audio-diffusion-pytorch, our learning rate 5e-4",
        lambda data, seed, folder, seconds: Peer(data, seed, 5e-4),
    ),
}
"""What each is, and how it is built."""


def _config(family: str, preset: str, data: Path, seed: int, *, crop: int, **model: Any) -> RunConfig:
    training = {"seed": seed, "crop_samples": crop}
    return make_config(family, load_preset(preset), {"model": model, "training": training}, name=preset, data=str(data))


if __name__ == "__main__":
    sys.exit("diffusion_contestants.py is a part of the benchmarks; run diffusion_quality.py.")
