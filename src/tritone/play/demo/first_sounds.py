"""The first sounds of every model that ships: files to hear while all else goes on."""

from dataclasses import dataclass

import numpy as np
import torch

from tritone.families.base import Synthesizer
from tritone.judge.clips import Clip
from tritone.judge.compare.models import Audio
from tritone.judge.compare.sounds import TARGET, gain_to, loudness_of
from tritone.play.demo.examples import plain
from tritone.play.demo.material import Material, Show
from tritone.play.demo.place import Place
from tritone.play.load import load
from tritone.report.page import Clip as Player
from tritone.signal.files import write_wav
from tritone.signal.resample import resample

DRUMS = ("demo:gan-drums", "demo:diffusion-drums-fast", "demo:diffusion-drums", "demo:vae-drums")
GUITAR = "demo:vae-guitar"
EACH = 3
"""New sounds of each model."""
SECONDS = 2.0


@dataclass(frozen=True)
class Pair:
    """A sound and what a model made of it, as a page plays them."""

    before: Player
    after: Player


@dataclass(frozen=True)
class FirstSounds:
    """What was heard before the training."""

    guitar: tuple[Pair, ...]
    files: int


def first_sounds(place: Place, material: Material, guitar: tuple[Clip, ...], seed: int, show: Show) -> FirstSounds:
    """New sound, or held-out sound gone through, of each model that ships, as files of `place`; `guitar` is what the
    guitar is given.
    """
    total, done = len(DRUMS) * EACH + len(guitar), 0
    for name in DRUMS:
        model = load(name)
        for number in range(EACH):
            show(done, total)
            real = material.held_out[number * len(material.held_out) // EACH]
            sound = _sound(model, real, material.rate, seed + number)
            path = place.first_sound(f"{name.removeprefix('demo:')}-{number + 1}.wav")
            write_wav(path, _level(sound, model.sample_rate), model.sample_rate, "PCM_16")
            done += 1
    model, pairs = load(GUITAR), []
    for number, clip in enumerate(guitar):
        show(done, total)
        after = through(model, clip, material.rate, seed)
        write_wav(
            place.first_sound(f"vae-guitar-{number + 1}.wav"), _level(after, model.sample_rate), model.sample_rate
        )
        name = plain(clip.name)
        pairs.append(
            Pair(
                Player("what went in", _level(clip.audio, material.rate), material.rate, clip.loop, group=name),
                Player("as a guitar", _level(after, model.sample_rate), model.sample_rate, clip.loop, group=name),
            )
        )
        done += 1
    show(total, total)
    return FirstSounds(tuple(pairs), total)


def through(model: Synthesizer, clip: Clip, rate: int, seed: int) -> Audio:
    """A clip at `rate` gone through a model, `(1, time)` at the model's rate."""
    sound = resample(clip.audio.mean(0, keepdims=True), rate, model.sample_rate)
    return model.reconstruct(torch.from_numpy(sound)[None], noise_seeds=[seed])[0].numpy()


def _sound(model: Synthesizer, real: Clip, rate: int, seed: int) -> Audio:
    if "loop" in model.capabilities():
        return model.generate(1, None, [seed])[0].numpy()
    if "reconstruct" in model.capabilities():
        return through(model, real, rate, seed)
    return model.generate(1, SECONDS, [seed], loop=True)[0].numpy()


def _level(audio: Audio, rate: int) -> Audio:
    """At the loudness of all sounds of a report."""
    gain = gain_to(TARGET, audio, loudness_of(audio, rate))
    return (audio * np.float32(10 ** (gain / 20))).astype(np.float32)
