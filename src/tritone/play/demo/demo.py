"""The demo, step by step: gather sound, hear the models that ship, train one, compare them all, write the page."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tritone.judge.assess import Stage
from tritone.judge.clips import Clip
from tritone.judge.compare.compare import Options, compared
from tritone.judge.compare.comparison import Comparison
from tritone.play.demo.budget import Clock, Work
from tritone.play.demo.first_sounds import DRUMS, GUITAR, FirstSounds, first_sounds
from tritone.play.demo.material import PIECE, Material, Show, Source
from tritone.play.demo.pace import slowness
from tritone.play.demo.page import Heard, Morph, write_page
from tritone.play.demo.place import COMPARISON, DATA, FIRST, FRESH, FRESH_GAN, Place
from tritone.play.demo.rendered_sound import RECORDED
from tritone.play.load import load
from tritone.signal.resample import resample
from tritone.training.api import train

PRESET, GAN_PRESET = "vae-nano", "gan-nano"
GAN_SECONDS = 600.0
"""Training from which on a GAN of the user's loops is worth while."""
GAN_SHARE = 0.6
"""Of the training."""
FEWEST_LOOPS = 24
EMBEDDINGS = ("logmel", "aisfx", "musicnn-mtt")
ROWS = 2
"""Rows of each kind on the page, that nobody has chosen."""
MORPH_STEPS = 5
GUITAR_LOOPS = 2


@dataclass
class Demo:
    """The steps in their order: `gather`, `hear`, `train`, `compare`, `write`. All of it goes into `place`."""

    place: Place
    source: Source
    clock: Clock
    seed: int = 0
    timings: dict[str, float] = field(default_factory=dict)

    def gather(self, show: Show) -> None:
        """Sound to learn from and to be judged by."""
        with self._timed("gathering sound"):
            self.material: Material = self.source.gather(self.place.work, show)

    def hear(self, show: Show) -> Path:
        """Sounds of all models that ship; gives the folder that they lie in."""
        with self._timed("first sounds"):
            self.first: FirstSounds = first_sounds(self.place, self.material, self._for_guitar(), self.seed, show)
        return self.place.out / FIRST

    def plan(self) -> float:
        """Seconds that there are for training."""
        self.systems = len(DRUMS) + 1 + self.source.own
        self.gan, self.slowness = False, slowness()
        seconds = self._work().training(self.clock.left)
        if self.source.own and self.material.loops >= FEWEST_LOOPS and seconds >= GAN_SECONDS:
            self.gan, self.systems = True, self.systems + 1
            seconds = self._work().training(self.clock.left)
        return seconds

    def train(self, seconds: float) -> None:
        """Models from nothing, for so many seconds together. Ctrl-C ends it, with what there is by then."""
        with self._timed("training"):
            outcome = self._train("vae", FRESH, PRESET, seconds * (1 - GAN_SHARE if self.gan else 1), 100)
            if self.gan and outcome == "minutes":
                self._train("gan", FRESH_GAN, GAN_PRESET, seconds * GAN_SHARE, 200)
        self.gan = (self.place.work / FRESH_GAN / "latest").is_file()

    def compare(self, stage: Stage) -> Comparison:
        """All models on the same held-out sound, as many of it as there is time for."""
        work = self.place.work
        words = [f"{FRESH}={work / FRESH}", *([f"{FRESH_GAN}={work / FRESH_GAN}"] if self.gan else []), *DRUMS]
        words += [GUITAR] if self.source.own else []
        self.slowness = slowness()
        count = self._work().count(self.clock.left)
        options = Options(
            count=count, seed=self.seed, seconds=PIECE, rows=ROWS, embeddings=EMBEDDINGS, speed=False
        )  # fmt: skip
        with self._timed("comparing"):
            return compared(words, reference=work / DATA, out=work / COMPARISON, options=options, stage=stage)

    def write(self, comparison: Comparison) -> Path:
        """The page of it all."""
        work = self.place.work
        log = [json.loads(line) for line in (work / FRESH / "log.jsonl").read_text(encoding="utf-8").splitlines()]
        heard = Heard(self.first.guitar, self._morph())
        return write_page(self.place.out, work / COMPARISON, comparison, heard, self.source, log, self.timings)

    def _work(self) -> Work:
        return Work(self.systems, self.material.known, self.material.known_seconds, self.slowness)

    def _train(self, family: str, name: str, preset: str, seconds: float, every: int) -> str:
        overrides: dict[str, Any] = {"training": {"validate_every": every, "previews": 2, "seed": self.seed}}
        outcome = train(
            family, self.place.work / DATA, self.place.work / name, preset, minutes=seconds / 60, overrides=overrides
        )
        if outcome == "terminated":
            raise KeyboardInterrupt
        return outcome

    def _for_guitar(self) -> tuple[Clip, ...]:
        recorded = [clip for clip in self.material.held_out if clip.name.startswith(RECORDED) and not self.source.own]
        clips = recorded or list(self.material.held_out)
        count = min(GUITAR_LOOPS, len(clips))
        return tuple(clips[number * len(clips) // count] for number in range(count))

    def _morph(self) -> Morph:
        """From one held-out sound to another through the latent of the model that was just trained."""
        with self._timed("morphing"):
            model = load(self.place.work / FRESH)
            clips = [clip for clip in self.material.held_out if not clip.name.startswith(RECORDED)]
            clips = clips if len(clips) > 1 else list(self.material.held_out)
            ends = [clips[0], clips[len(clips) // 2]]
            samples = max(clip.audio.shape[-1] for clip in ends)
            sounds = [
                torch.zeros(1, model.channels, round(samples * model.sample_rate / self.material.rate)) for _ in ends
            ]
            for sound, clip in zip(sounds, ends, strict=True):
                audio = torch.from_numpy(resample(clip.audio, self.material.rate, model.sample_rate))
                sound[0, :, : audio.shape[-1]] = audio[:, : sound.shape[-1]]
            first, last = (model.encode(sound) for sound in sounds)
            made = [
                model.decode(latent[None], sounds[0].shape[-1], noise_seeds=[self.seed])[0].numpy()
                for latent in model.interpolate(first, last, MORPH_STEPS)
            ]
        return Morph(ends[0].name, ends[1].name, made, model.sample_rate, all(clip.loop for clip in ends))

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.timings[name] = self.timings.get(name, 0.0) + time.monotonic() - begun
