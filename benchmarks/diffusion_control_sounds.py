"""The sounds of diffusion_control: a model and what it is told, what labels are called, real sound by label."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from diffusion_steps import sound_model
from diffusion_steps_sounds import AUDIBLE, Piece, wishes

from tritone.data.captions import words
from tritone.data.store import Dataset, Item
from tritone.families.diffusion.sound import SoundDiffusion
from tritone.nn.text import load_encoder

SHARE = 0.9
"""Share of a label's captions that hold the words by which the label is asked for."""
LEAST = 2
"""Training sounds without which a label does not count."""


@dataclass(frozen=True)
class Player:
    """A model, and what it is told."""

    path: Path
    model: SoundDiffusion
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Words by label; empty for a model without words."""
    sampling: Mapping[str, Any] = field(default_factory=dict)
    """Steps and guidance, where they are not the model's own."""

    @property
    def codec(self) -> str:
        """Equal for models of the same latents; empty for others."""
        config = self.model.config
        return f"{config.codec_from}: {config.codec}" if config.in_latents else ""

    def controls(self, item: Item) -> dict[str, Any]:
        """What the model is told of an item: tempo and label or, where it has no labels, words."""
        found = {**self.sampling, **wishes(self.model, item)}
        if "label" not in found and item.label in self.prompts:
            found["prompt"] = self.prompts[item.label]
        return found


def player(path: Path, dataset: Dataset, sampling: Mapping[str, Any], precision: str) -> Player:
    """The model of a run; ends the program where it is of another kind, or the data has another rate or channels."""
    model = sound_model(path, precision)
    forms = [f"{each.sample_rate} Hz in {each.channels} channel(s)" for each in (model, dataset)]
    if forms[0] != forms[1]:
        sys.exit(f"{path} makes sound at {forms[0]}, but {dataset.path} has {forms[1]}; prepare the same.")
    names = labels_of(dataset)
    if model.config.text:
        load_encoder(model.config.text)  # says at once where it is missing
    return Player(path, model, prompts(dataset, names) if model.config.text and names else {}, sampling)


def labels_of(dataset: Dataset) -> tuple[str, ...]:
    """Labels with enough training sounds."""
    counts = Counter(item.label for item in dataset.split("train"))
    return tuple(label for label in dataset.labels if counts[label] >= LEAST)


def prompts(dataset: Dataset, labels: Sequence[str]) -> dict[str, str]:
    """What each label is called in the captions of its training sounds: the words that nine in ten of them hold.

    Where these do not tell the labels apart, it is the words of the labels' own names.
    """
    texts: dict[str, list[str]] = {label: [] for label in labels}
    for item in dataset.split("train"):
        number = dataset.caption_numbers[item]
        if item.label in texts and number >= 0:
            texts[item.label].append(dataset.captions[number])
    found = {label: _shared(captions) for label, captions in texts.items()}
    if "" in found.values() or len(set(found.values())) < len(found):
        return {label: words(label) or label for label in labels}
    return found


def _shared(captions: Sequence[str]) -> str:
    """The words of nearly all captions, in the order in which they first come."""
    counts = Counter(word for text in captions for word in dict.fromkeys(_spoken(text)))
    return " ".join(word for word, count in counts.items() if count >= SHARE * len(captions))


def _spoken(text: str) -> list[str]:
    return [word for word in (each.strip(".,;:!?()\"'") for each in text.lower().split()) if word]


def labelled(dataset: Dataset, split: str, labels: Sequence[str], samples: int, most: int) -> list[Piece]:
    """At most `most` stretches of each label that can be heard, spread evenly; see `pieces` for how they are cut."""
    found: list[Piece] = []
    for label in labels:
        places = [
            (item, start)
            for item in dataset.split(split)
            if item.label == label
            for start in ([0] if item.loop else range(0, max(1, item.frames - samples + 1), samples))
        ]
        count = min(most, len(places))
        for item, start in (places[index * len(places) // count] for index in range(count)):
            audio = torch.from_numpy(dataset.read(item, start, samples).copy())
            if float(audio.abs().max()) > AUDIBLE:
                found.append(Piece(audio, item))
    return found


if __name__ == "__main__":
    sys.exit("diffusion_control_sounds.py is a part of the benchmarks; run diffusion_control.py.")
