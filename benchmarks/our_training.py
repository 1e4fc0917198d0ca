"""Our training steps for the benchmarks: `tritone.training.trainer.Trainer` itself on a fixed batch."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

import torch
from acids import PRESETS, Name, our_config
from torch import Tensor, nn

from tritone.config import load_preset, make_config
from tritone.data.batch import Batch, plain_batch
from tritone.play.foreign.discriminator import discriminator_state
from tritone.play.foreign.names import carry
from tritone.play.foreign.shapes import read_shape
from tritone.training.machine import Machine
from tritone.training.trainer import Trainer


class OneBatch:
    """Sources that give the same batch at every step."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.sample_rate, self.channels = sample_rate, channels
        self.audio = torch.zeros(0, channels, 0)

    def batch(self, step: int, round: int, rounds: int) -> Batch:
        return plain_batch(self.audio, torch.arange(len(self.audio)) + step)

    def validation(self, count: int) -> Iterable[Batch]:
        return ()

    def analysis(self) -> Iterable[Batch]:
        return ()

    def summary(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        return None


class OurTraining:
    """Our preset of the same architecture in training, with its own optimisers and schedule."""

    def __init__(self, name: Name, precision: Literal["float32", "bf16"] = "float32") -> None:
        model = our_config(name)
        config = replace(make_config("vae", load_preset(PRESETS[name]), name=PRESETS[name]), model=model)
        self.sources = OneBatch(model.sample_rate, model.channels)
        self.trainer = Trainer(config, Machine(precision, "cpu"), self.sources)
        self.stage2 = model.stage1_steps + -model.stage1_steps % model.discriminator.every

    def carry(self, peer: nn.Module) -> None:
        """The peer's weights into ours, discriminators included."""
        tensors = peer.state_dict()
        carry(tensors, read_shape(tensors), self.trainer.synthesizer)  # type: ignore[arg-type]
        discriminators = self.trainer.family.helpers["discriminators"]
        discriminators.load_state_dict(discriminator_state(peer.discriminator.state_dict()))

    def stage1(self, audio: Tensor) -> None:
        """One step of stage 1 on `audio (batch, channels, time)`."""
        self._step(audio, 1, "generator")

    def generator(self, audio: Tensor) -> None:
        """One generator step of stage 2."""
        self._step(audio, self.stage2 + 1, "generator")

    def discriminator(self, audio: Tensor) -> None:
        """One discriminator step of stage 2."""
        self._step(audio, self.stage2, "discriminator")

    def _step(self, audio: Tensor, step: int, role: str) -> None:
        self.sources.audio = audio
        self.trainer.done = step
        scalars = self.trainer.update()
        if not all(name.startswith(role) for name in scalars):
            raise RuntimeError(f"step {step} was to train the {role}, but gave {', '.join(scalars)}")


if __name__ == "__main__":
    sys.exit("our_training.py is a part of the benchmarks; run vae_speed.py.")
