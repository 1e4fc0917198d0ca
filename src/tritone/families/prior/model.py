"""The prior as a model that plays: new sound of any length, and sound that goes on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from tritone.data.batch import Batch
from tritone.errors import UserError
from tritone.families.base import Capability, Precision, Synthesizer
from tritone.families.prior.config import Config
from tritone.families.prior.frames import LatentFrames
from tritone.families.prior.heads import MixtureHead
from tritone.families.prior.networks import CausalNetwork
from tritone.families.prior.streaming import StreamingPrior
from tritone.nn.noise import sample_normal
from tritone.schema import nearest
from tritone.signal.splice import FADE_SECONDS, splice

Seeds = Sequence[int] | Tensor
Show = Callable[[int, int], None]

NOISE_FRAMES = 64
"""Noise is drawn for so many frames at a time, so that a longer sound of a seed begins as a shorter one."""
PIECE = 0x2545F4914F6CDD1D
"""From piece to piece the seeds of the noise go on by this."""
HEARD = 0x2B7E1516
"""What seeds are crossed with for the codec, so that its noise has nothing in common with that of the latent."""
PAST = 0x5041_5354
"""What seeds are crossed with for the noise on frames that are given."""
PREVIEW = 0x70726576
"""What the seeds of previews are crossed with, so that they meet no noise of training."""


def build(config: Config) -> "Prior":
    """A prior with fresh weights; those of its codec come with training or with a checkpoint."""
    return Prior(config)


class Prior(Synthesizer):
    """What may come next in the latents of another model, frame by frame, and that model, which makes them sound.

    A sound follows from its own seed and the controls alone, however many are made; a longer one begins as a shorter
    one. Sounds that would peak beyond full scale are turned down to it.
    """

    controls = ("temperature", "label", "show")

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.sample_rate, self.channels = config.sample_rate, config.channels
        self.frames = LatentFrames(config)
        dims = self.frames.dims
        self.network = CausalNetwork(dims, config.width, config.kernel, config.dilations, config.dropout)
        self.head = MixtureHead(self.network.says, dims, config.components, config.least_deviation)
        self.labels = nn.Embedding(len(config.labels) + 1, config.width)
        nn.init.normal_(self.labels.weight, std=0.1)

    @property
    def codec(self) -> Synthesizer:
        """The model whose latents these are."""
        return self.frames.codec

    def capabilities(self) -> frozenset[Capability]:
        """New sound, and how a sound may go on."""
        return frozenset({"generate", "continue"})

    def use_precision(self, precision: Precision) -> None:
        """Play in float32, or with the codec and the network's blocks in bf16. Rounded weights stay so."""
        self.frames.use_precision(precision)
        self.network.use_precision(precision)

    def said(self, frames: Tensor, labels: Tensor) -> Tensor:
        """What the frames before each say of it, `(batch, frames, says)`; `labels (batch,)`, -1 for none."""
        return self.network(frames, self.told(labels))

    def told(self, labels: Tensor) -> Tensor:
        """Labels `(batch,)`, -1 for none, as the network is told them `(batch, width)`."""
        told: Tensor = self.labels(torch.where(labels < 0, len(self.config.labels), labels))
        return told

    def streaming(self, label: str = "") -> StreamingPrior:  # type: ignore[override]  # frames, and no sound, go through
        """The prior one frame at a time, with its state in and out; scriptable. It shares this model's weights."""
        told = self.told(torch.tensor([self._label(label)], device=self.labels.weight.device)).detach()
        frames, noise = self.frames, self.config.input_noise
        return StreamingPrior(self.network, self.head, told, frames.mean, frames.std, input_noise=noise)

    @torch.no_grad()
    def generate(
        self,
        count: int,
        seconds: float,
        seeds: Seeds,
        temperature: float = 1.0,
        label: str = "",
        show: Show = lambda done, total: None,
    ) -> Tensor:
        """New sounds `(count, channels, seconds * rate)`.

        `temperature` scales how far a frame strays from what is likeliest; `label` is one of the model's, or none.
        """
        if count != len(seeds):
            raise UserError(f"seeds must name one seed for each of the {count} sounds, not {len(seeds)}.")
        samples, stream = self._samples(seconds, temperature), self.streaming(label)
        sounds = [torch.empty(0, self.channels, samples)]
        for index, seed in enumerate(int(seed) for seed in seeds):
            frames = self._drawn(stream, self.frames.count(samples), seed, temperature, _part(show, index, count))
            sounds.append(_within_scale(self.frames.leave(frames, samples, seed ^ HEARD)).cpu())
        return torch.cat(sounds)

    @torch.no_grad()
    def continue_from(
        self,
        audio: Tensor,
        seconds: float,
        seeds: Seeds,
        temperature: float = 1.0,
        label: str = "",
        show: Show = lambda done, total: None,
    ) -> Tensor:
        """`audio (1 | count, channels, time)` bit by bit, and how it goes on, `seconds` in all, one for each seed.

        UserError where `seconds` is no longer than that sound.
        """
        samples, before = self._samples(seconds, temperature), audio.shape[-1]
        if len(audio) not in (1, len(seeds)):
            raise UserError(f"The sound must be (1 or {len(seeds)}, channels, time), not {tuple(audio.shape)}.")
        if samples <= before:
            raise UserError(
                f"seconds is the whole length and must be more than the {before / self.sample_rate:.2f} s that are "
                f"given, not {seconds:g}."
            )
        given, stream = self.fitting(audio).expand(len(seeds), -1, -1), self.streaming(label)
        sounds = [torch.empty(0, self.channels, samples)]
        for index, seed in enumerate(int(seed) for seed in seeds):
            part = _part(show, index, len(seeds))
            sounds.append(self._continued(stream, given[index : index + 1], samples, seed, temperature, part).cpu())
        return torch.cat(sounds)

    @torch.no_grad()
    def preview(self, batch: Batch) -> Mapping[str, list[Tensor]]:
        """Held-out sounds, as the codec gives them back ("real"), and new ones of the same labels ("new")."""
        frames, made = self.frames.read(batch.audio), []
        samples = (frames.shape[1] - self.frames.shape.extra) * self.frames.ratio
        names = ("", *self.config.labels)
        for seed, label in zip((batch.seeds ^ PREVIEW).tolist(), batch.labels.tolist(), strict=True):
            name = names[label + 1] if self.config.labels else ""
            made += list(self.generate(1, samples / self.sample_rate, [seed], label=name))
        seeds = batch.seeds.tolist()
        real = [self.frames.leave(row[None], samples, seed)[0] for row, seed in zip(frames, seeds, strict=True)]
        return {"real": real, "new": made}

    def facts(self) -> dict[str, Any]:
        """Sizes and rates in plain numbers. It makes sound in windows of its own (`own_windows`)."""
        frames = self.frames
        codec = type(frames.codec).__name__
        return {
            "sample_rate": self.sample_rate,
            "channels": self.channels,
            "codec": codec,
            "codec_parameters": _parameters(frames.codec),
            "ratio": frames.ratio,
            "latent_rate": self.sample_rate / frames.ratio,
            "dims": frames.dims,
            "of_dims": frames.shape.width,
            "parameters": _parameters(self) - _parameters(frames.codec),
            "hears_frames": self.network.reach + 1,
            "hears_seconds": (self.network.reach + 1) * frames.ratio / self.sample_rate,
            "components": self.config.components,
            "labels": ", ".join(self.config.labels),
            "own_windows": True,
        }

    def _drawn(
        self, stream: StreamingPrior, count: int, seed: int, temperature: float, show: Show, heard: Tensor | None = None
    ) -> Tensor:
        """`count` new frames `(1, count, dims)` after those `heard (1, frames, dims)`, if any."""
        state, frame = stream.initial_state(1), torch.zeros_like(self.frames.mean)[None]
        made: list[Tensor] = []
        with torch.autocast(frame.device.type, enabled=False):
            past = [] if heard is None else heard.unbind(1)
            for given, noise in zip(past, self._noise(seed ^ PAST, len(past), stream.noise_width), strict=True):
                _, state = stream.listen(frame, state, temperature, noise[None])
                frame = given
            for noise in self._noise(seed, count, stream.noise_width):
                if len(made) % NOISE_FRAMES == 0:
                    show(len(made), count)
                frame, state = stream.advance(frame, state, temperature, noise[None])
                made.append(frame)
        show(count, count)
        return torch.stack(made, 1)

    def _noise(self, seed: int, count: int, width: int) -> Iterator[Tensor]:
        """The noise of frames 0 to `count` - 1 of a seed, each `(width,)`."""
        for first in range(0, count, NOISE_FRAMES):
            piece = (seed + first // NOISE_FRAMES * PIECE) % (1 << 63)
            rows = sample_normal([piece], (NOISE_FRAMES, width), self.frames.mean.device)[0]
            yield from rows[: count - first]

    def _continued(
        self, stream: StreamingPrior, given: Tensor, samples: int, seed: int, temperature: float, show: Show
    ) -> Tensor:
        """One sound `(1, channels, samples)` that begins with `given`."""
        frames, before = self.frames, given.shape[-1]
        whole = before // frames.ratio
        first = max(0, whole - self.network.reach - 1 - 2 * frames.context)
        heard = frames.enter(given[..., first * frames.ratio :]) if whole else None
        new = self._drawn(stream, frames.count(samples) - whole, seed, temperature, show, heard)
        tail = new if heard is None else torch.cat([heard[:, -frames.context :], new], 1)
        start = (whole - (tail.shape[1] - new.shape[1])) * frames.ratio
        made = torch.zeros(1, self.channels, samples, device=given.device)
        made[..., start:] = frames.leave(tail, samples - start, seed ^ HEARD)
        made[..., :before] = given
        keep = torch.arange(samples, device=given.device)[None, None] < before
        made[..., before:] = _within_scale(made[..., before:])
        return splice(made, made, keep, round(FADE_SECONDS * self.sample_rate))

    def _samples(self, seconds: float, temperature: float) -> int:
        """How many samples are asked for; UserError for less than one, and for a temperature below 0."""
        samples = round(seconds * self.sample_rate)
        if samples < 1:
            raise UserError(f"seconds must hold at least one sample, 1/{self.sample_rate}, not {seconds:g}.")
        if not 0 <= temperature < float("inf"):
            raise UserError(f"temperature must be a number of at least 0, not {temperature:g}.")
        return samples

    def _label(self, label: str) -> int:
        """The number of a label, -1 for none; UserError for one that is not there."""
        known = self.config.labels
        if not label:
            return -1
        if label not in known:
            there = f"it knows {', '.join(known)}{nearest(label, known)}" if known else "it was told none in training."
            raise UserError(f"This model knows no label {label!r}; {there}")
        return known.index(label)


def _within_scale(audio: Tensor) -> Tensor:
    """Each sound turned down where its peak lies beyond full scale."""
    return audio / audio.abs().amax((1, 2), keepdim=True).clamp(min=1.0)


def _part(show: Show, index: int, count: int) -> Show:
    """`show` for one of several equal shares of the work."""
    return lambda done, total: show(index * total + done, count * total)


def _parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
