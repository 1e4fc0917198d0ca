"""Loops for gan_loops: those that a run makes, those it learned from, and recorded ones; each with its beats."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sounds import shipped_loops
from torch import Tensor

from tritone.data.store import Dataset, Item
from tritone.families.gan.model import LoopGAN
from tritone.signal.loops import tempo_from_name

RATE = 44_100


@dataclass(frozen=True)
class Sound:
    """A loop `(channels, time)`; `beats` is 0 where the tempo is not known."""

    audio: Tensor
    rate: int
    beats: int

    def mono(self) -> Tensor:
        """`(1, 1, time)`."""
        return self.audio.mean(0)[None, None]


@dataclass(frozen=True)
class Sets:
    """New loops, loops that the model learned from, and loops of the same data that were held out."""

    made: list[Sound]
    known: list[Sound]
    held_out: list[Sound]


def evenly(items: Sequence[Item], count: int) -> list[Item]:
    """At most `count` of the items, spread evenly."""
    count = min(count, len(items))
    return [items[index * len(items) // count] for index in range(count)]


def data_sounds(dataset: Dataset, items: Sequence[Item], beats: int) -> list[Sound]:
    """Whole loops of a dataset."""
    audio = (torch.from_numpy(dataset.read(item, 0, item.frames).copy()) for item in items)
    return [Sound(one, dataset.sample_rate, beats) for one in audio]


def recorded_sounds() -> list[Sound]:
    """The recorded loops that ship with the package."""
    found = []
    for name, audio in shipped_loops().items():
        bpm = tempo_from_name(name)
        found.append(Sound(audio, RATE, round(audio.shape[-1] / RATE * bpm / 60) if bpm else 0))
    return found


class Maker:
    """New loops of a model, with the labels and tempos of training loops, so that these differ in neither."""

    def __init__(self, model: LoopGAN, like: Sequence[Item]) -> None:
        self.model, self.like = model, like

    def controls(self, index: int) -> dict[str, object]:
        """Label and tempo of loop `index`."""
        item = self.like[index % len(self.like)]
        return {"label": item.label if item.label in self.model.labels else "", "bpm": item.bpm}

    def sounds(self, seeds: Sequence[int]) -> list[Sound]:
        """The loops of some seeds."""
        model, found = self.model, []
        for index, seed in enumerate(seeds):
            controls = self.controls(index)
            styles = model.styles([seed], **controls)
            audio = model.render(styles, [seed], bars=model.bars, bpm=controls["bpm"])[0]
            found.append(Sound(audio, model.sample_rate, model.beats))
        return found

    @torch.no_grad()
    def spectrogram(self, index: int, seed: int) -> Tensor:
        """What one of them is rendered from, `(1, channels, mels, frames)`."""
        return self.model.spectrograms(self.model.styles([seed], **self.controls(index)), [seed])


@torch.no_grad()
def measured(model: LoopGAN, sounds: Sequence[Sound]) -> Tensor:
    """Log-mel spectrograms `(count, channels, mels, frames)` on the model's grid, of made and real loops alike."""
    return torch.cat(
        [
            model.spectrogram.on_grid(one.audio[None], torch.tensor([one.audio.shape[-1]]), model.config.frames)
            for one in sounds
        ]
    )


def beats_per_bar(model: LoopGAN) -> int:
    """Beats in one bar."""
    return round(model.beats / model.bars)


def p95(values: Sequence[float]) -> float:
    """95th percentile."""
    return float(np.percentile(values, 95))


def spread(sides: Sequence[Sequence[float]]) -> str:
    """Median and range of ours and of the peer's."""
    return " | ".join(f"{np.median(side):.3g} ({min(side):.3g} to {max(side):.3g})" for side in sides)


if __name__ == "__main__":
    sys.exit("gan_loop_sounds.py is a part of the benchmarks; run gan_loops.py.")
