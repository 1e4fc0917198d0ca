"""An engine: a streaming VAE in one runtime, with its state, behind plain arrays."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from tritone.families.base import Stream
from tritone.play.inference.runners import Runner
from tritone.play.inference.style import begin_anew
from tritone.play.live import FrameNoise

EngineName = Literal["torch", "onnx", "openvino"]
EnginePrecision = Literal["float32", "bf16", "int8"]


@dataclass(frozen=True)
class StreamFacts:
    """Sizes of a streaming model, without its weights."""

    sample_rate: int
    channels: int
    ratio: int
    dims: int
    encoder_lag: int
    latency_samples: int
    noise_bands: int
    noise_rate: int
    beside: int

    @classmethod
    def of(cls, model: Stream) -> "StreamFacts":
        """Those of `model`."""
        return cls(**{name: int(getattr(model, name)) for name in cls.__dataclass_fields__})


@dataclass
class LiveEngine:
    """Encodes and decodes blocks of always the same size, a whole number of latent frames. For one thread at a time.

    `decode(encode(block))` is what `Synthesizer.reconstruct` gives, `latency_samples` later. `measured` holds what was
    measured where engines were compared at the start: milliseconds and decibels by name.
    """

    facts: StreamFacts
    block: int
    name: EngineName
    precision: EnginePrecision
    threads: int
    encoder: Runner
    decoder: Runner
    seed: int = 0
    styles: tuple[list[int], list[int]] = ([], [])
    """Which tensors of the states of encoder and decoder hold styles (`tritone.play.inference.style`)."""
    measured: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reset()

    @property
    def latency_samples(self) -> int:
        """By how many samples `decode(encode(...))` comes later than what the model gives offline."""
        return self.facts.latency_samples

    def encode(self, audio: np.ndarray) -> np.ndarray:
        """Sound `(channels, block)` to latents `(dims, frames)` along the axes of the latent."""
        return self.encoder.run(audio[None])[0]

    def decode(self, latent: np.ndarray, noise: np.ndarray | None = None) -> np.ndarray:
        """Latents `(dims, frames)` to sound `(channels, block)`.

        `noise` `(noise_bands, frames * noise_rate)`, uniform in [-1, 1), is what the noise branch shapes; where it is
        not given, and the model was opened with noise, it follows from `seed`, as in `tritone.play.live.LiveStream`;
        `seed` may be changed between blocks.
        """
        self._noise.seed, self._beside.seed = self.seed, self.seed + 1
        heard = []
        if self.facts.noise_bands:
            heard.append(self._noise(latent.shape[-1]).numpy() if noise is None else noise[None])
        if self.facts.beside:
            heard.append(self._beside(latent.shape[-1]).numpy())
        return self.decoder.run(latent[None], *heard)[0]

    def reset(self) -> None:
        """Forget the blocks before; what was learned of styles is kept."""
        facts = self.facts
        begin_anew(self.encoder, self.encoder.spec.start, self.styles[0])
        position, *memories = self.decoder.spec.start
        begin_anew(self.decoder, (position - facts.encoder_lag, *memories), self.styles[1])
        self._noise = FrameNoise(self.seed, (1, facts.noise_bands, facts.noise_rate), normal=False)
        self._beside = FrameNoise(self.seed + 1, (1, facts.beside, 1), normal=True)

    def describe(self) -> dict[str, Any]:
        """What runs here, in plain words and numbers."""
        return {
            "engine": self.name, "precision": self.precision, "block": self.block, "threads": self.threads,
            "latency_samples": self.latency_samples, **self.measured,
        }  # fmt: skip
