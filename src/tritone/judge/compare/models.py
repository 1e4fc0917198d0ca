"""A trained model as one of the systems that are compared: the sound that it makes of wishes and of other sound."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tritone.families.base import Synthesizer
from tritone.judge.clips import Clip
from tritone.judge.compare.wishes import Wish
from tritone.play.generate import sound_seed
from tritone.play.reconstruct import sound_seeds
from tritone.play.sound import Sound, as_it_came
from tritone.play.windows import extent
from tritone.signal.channels import mix
from tritone.signal.loops import FASTEST, SLOWEST
from tritone.signal.periodic import resample_periodic
from tritone.signal.resample import resample
from tritone.signal.windows import in_windows

Audio = NDArray[np.float32]


@dataclass(frozen=True)
class Knows:
    """What a model can be told, as its configuration says."""

    labels: tuple[str, ...]
    tempo: bool

    @classmethod
    def of(cls, config: Any) -> "Knows":
        """Of the configuration of a family's model."""
        labels = tuple(getattr(config, "labels", None) or ())
        return cls(labels, bool(getattr(config, "by_tempo", False)))


def trained_by(model: Synthesizer) -> frozenset[str]:
    """The frozen feature networks by which a model was trained, as its facts name them."""
    said = str(model.facts().get("judged_by", "none"))
    return frozenset() if said == "none" else frozenset(name.strip() for name in said.split(","))


def is_loop(model: Synthesizer, wish: Wish) -> bool:
    """Whether what the model makes of a wish leads from its end into its beginning."""
    return "loop" in model.capabilities() or (wish.real.loop and "loop" in model.controls)


def new_sound(model: Synthesizer, knows: Knows, wish: Wish, rate: int) -> torch.Tensor:
    """New sound `(channels, time)` at the model's rate, as long as the wish's real sound, which is at `rate`.

    A model of loops that has none of this length gives the nearest number of its bars at the wish's tempo.
    """
    seconds = wish.real.audio.shape[-1] / rate
    bpm = wish.real.bpm if wish.real.bpm is not None and SLOWEST <= wish.real.bpm <= FASTEST else None
    label = wish.real.label if wish.real.label in knows.labels else ""
    if "loop" in model.capabilities():
        return _loop(model, wish.seed, seconds, bpm, label)
    asked: dict[str, Any] = {}
    if label and "label" in model.controls:
        asked["label"] = label
    if bpm is not None and knows.tempo and "bpm" in model.controls:
        asked["bpm"] = bpm
    if wish.real.loop and "loop" in model.controls:
        asked["loop"] = True
    return model.generate(1, seconds, [sound_seed(wish.seed, 0)], **asked)[0].float().cpu()


def _loop(model: Synthesizer, seed: int, seconds: float, bpm: float | None, label: str) -> torch.Tensor:
    if bpm is None:
        return model.generate(1, seconds, [seed], label=label)[0].float().cpu()
    bars, beats = float(getattr(model, "bars")), int(getattr(model, "beats"))  # noqa: B009 (only loop models have them)
    repeats = max(1, round(seconds * bpm / 60 / beats))
    exact = repeats * beats * 60 / seconds
    tempo = exact if abs(exact / bpm - 1) < 0.01 else bpm
    return model.generate(1, None, [seed], bars=repeats * bars, bpm=tempo, label=label)[0].float().cpu()


def through(model: Synthesizer, clip: Clip, rate: int, seed: int) -> Audio:
    """A clip, which is at `rate`, gone through a model and back, of its length and channels."""
    channels, samples = clip.audio.shape
    fitted = torch.from_numpy(np.ascontiguousarray(resample(clip.audio, rate, model.sample_rate)))
    batch = fitted[None] if channels == model.channels else fitted[:, None].expand(-1, model.channels, -1)
    size, context = extent(model)
    device = next(model.parameters()).device

    def process(part: torch.Tensor, window: int) -> torch.Tensor:
        return model.reconstruct(part, noise_seeds=sound_seeds(seed, window, len(part))).cpu()

    output = in_windows(process, batch.contiguous().to(device), size, context)
    return as_it_came(Sound(clip.name, batch, rate, samples, channels), output, model.sample_rate)


def fitted(audio: torch.Tensor, own: int, rate: int, channels: int, samples: int, loop: bool) -> Audio:
    """Sound `(channels, time)` of a model at the rate and with the channels of the report; a loop stays a period.

    It gets exactly `samples` where it misses these by no more than rounding does.
    """
    wanted = round(audio.shape[-1] * rate / own)
    wanted = samples if abs(wanted - samples) <= 2 else wanted
    mixed = mix(audio.numpy(), channels)
    if loop:
        return resample_periodic(torch.from_numpy(mixed)[None], wanted)[0].numpy()
    whole = resample(mixed, own, rate)[:, :wanted]
    return np.pad(whole, ((0, 0), (0, wanted - whole.shape[-1])))
