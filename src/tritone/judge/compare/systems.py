"""Systems at work: what each makes of the same wishes, from a model or from files that somebody else made."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.judge.clips import Clip, Clips, clips_of_folder
from tritone.judge.compare.manifest import Kind
from tritone.judge.compare.models import Audio, Knows, fitted, is_loop, new_sound, through, trained_by
from tritone.judge.compare.names import Named
from tritone.judge.compare.stems import stems
from tritone.judge.compare.wishes import Wish, each_once
from tritone.judge.figure import Figure
from tritone.judge.loop_figures import wrap_figure
from tritone.play.load import load, run_of
from tritone.signal.files import audio_info
from tritone.training.run import Run, which_of

WRAPS = 3
"""Loops of a model that are rendered twice over to see how exactly they go round."""

Show = Callable[[int, int], None]
"""Told how much is done, and of how much."""


@dataclass(frozen=True)
class Made:
    """Sounds of one kind that a system made; clips have the names of items."""

    system: str
    kind: Kind
    clips: Clips
    sources: tuple[str, ...]
    """What each was made of."""
    seconds: tuple[float, ...] = ()
    """How long each took to make, where that is known. The first is slower than all others."""
    figures: tuple[Figure, ...] = ()
    """What can be measured of the model alone."""

    def compute(self) -> float | None:
        """Seconds of work for a second of sound, without the first of several; None where it is not known."""
        if not self.seconds:
            return None
        first = min(1, len(self.seconds) - 1)
        length = sum(clip.audio.shape[-1] for clip in self.clips.clips[first:]) / self.clips.rate
        return sum(self.seconds[first:]) / length


class System(ABC):
    """One of those that are compared. `notes` are sentences that the report must say of it, `seen` names the feature
    networks that trained it.
    """

    def __init__(self, named: Named) -> None:
        self.name, self.source = named.name, named.source
        self.notes: list[str] = []
        self.seen: frozenset[str] = frozenset()

    @abstractmethod
    def make(self, wishes: Sequence[Wish], rate: int, channels: int, show: Show) -> list[Made]:
        """Everything that the system can do with the wishes, at the rate and with the channels of the report."""


class ModelSystem(System):
    """A trained model: new sound where it generates, and held-out sound gone through where it reconstructs."""

    def __init__(self, named: Named, device: str = "cpu") -> None:
        super().__init__(named)
        self.model: Synthesizer = load(named.path, named.checkpoint, device)
        self.run = run_of(named.path) if named.origin == "checkpoint" else Run(named.path)
        self.folder = named.path if named.origin == "checkpoint" else self.run.checkpoint(which_of(named.checkpoint))
        self.seen = trained_by(self.model)
        self.able = self.model.capabilities() & {"generate", "reconstruct"}
        if not self.able:
            raise UserError(f"The model in {named.path} makes no sound by itself, so there is nothing to compare.")

    def make(self, wishes: Sequence[Wish], rate: int, channels: int, show: Show) -> list[Made]:
        """New sounds of the seeds, reconstructions of the held-out sounds, or both."""
        self._check_form(rate, channels)
        again = each_once(wishes) if "reconstruct" in self.able else []
        fresh = wishes if "generate" in self.able else []
        total, made = len(fresh) + len(again), []
        if fresh:
            made.append(self._generated(fresh, rate, channels, lambda done: show(done, total)))
        if again:
            made.append(self._reconstructed(again, rate, wishes[0].seed, lambda done: show(len(fresh) + done, total)))
        show(total, total)
        return made

    def _generated(self, wishes: Sequence[Wish], rate: int, channels: int, show: Callable[[int], None]) -> Made:
        knows, clips, seconds = Knows.of(self.run.config.model), [], []
        for done, wish in enumerate(wishes):
            show(done)
            begun = time.perf_counter()
            audio = new_sound(self.model, knows, wish, rate)
            seconds.append(time.perf_counter() - begun)
            loop, samples = is_loop(self.model, wish), wish.real.audio.shape[-1]
            sound = fitted(audio, self.model.sample_rate, rate, channels, samples, loop)
            label = wish.real.label if wish.real.label in knows.labels else ""
            clips.append(Clip(wish.item, sound, label, wish.real.bpm if loop else None, loop))
        self._check_lengths(wishes, clips)
        sources = tuple(f"{self.source}, seed {wish.seed}" for wish in wishes)
        own = Clips(self.name, rate, tuple(clips))
        return Made(self.name, "generated", own, sources, tuple(seconds), self._wrap(wishes))

    def _wrap(self, wishes: Sequence[Wish]) -> tuple[Figure, ...]:
        """Of a model of loops, how exactly they go round."""
        if "loop" not in self.model.capabilities():
            return ()
        return tuple(wrap_figure(self.model, [wish.seed for wish in wishes[:WRAPS]]))

    def _reconstructed(self, real: Sequence[Clip], rate: int, seed: int, show: Callable[[int], None]) -> Made:
        clips, seconds = [], []
        for done, clip in enumerate(real):
            show(done)
            begun = time.perf_counter()
            audio = through(self.model, clip, rate, seed)
            seconds.append(time.perf_counter() - begun)
            clips.append(replace(clip, audio=audio, path=None))
        sources = tuple(f"{self.source}, from {clip.name}" for clip in real)
        return Made(self.name, "reconstructed", Clips(self.name, rate, tuple(clips)), sources, tuple(seconds))

    def _check_form(self, rate: int, channels: int) -> None:
        own = self.model.sample_rate
        if own != rate:
            self.notes.append(f"{self.name} works at {own} Hz; its sound was resampled to {rate} Hz.")
        if self.model.channels != channels:
            self.notes.append(f"{self.name} has {self.model.channels} channel(s) and was fitted to {channels}.")

    def _check_lengths(self, wishes: Sequence[Wish], clips: Sequence[Clip]) -> None:
        other = sum(clip.audio.shape[-1] != wish.real.audio.shape[-1] for clip, wish in zip(clips, wishes, strict=True))
        if other:
            self.notes.append(
                f"{other} of {len(clips)} sounds of {self.name} are not as long as asked: it makes whole multiples of "
                f"its bars only."
            )


class FolderSystem(System):
    """Sound files of any system. Those that have the names of held-out sounds are taken as made from them. All are
    loops where the real sound is loops, else those that say so.
    """

    def __init__(self, named: Named, out: Path) -> None:
        super().__init__(named)
        self.path, self.out = named.path, out

    def make(self, wishes: Sequence[Wish], rate: int, channels: int, show: Show) -> list[Made]:
        """All files, or as many as there are wishes, spread evenly."""
        loops = True if all(wish.real.loop for wish in wishes) else None
        found = clips_of_folder(self.path, rate, channels, name=self.name, loops=loops, out=self.out)
        self._check_form(found, rate, channels)
        held_out = each_once(wishes)
        real = dict(zip(stems([clip.name for clip in held_out]), held_out, strict=True))
        if all(_stem(clip) in real for clip in found.clips):
            return [self._reconstructed(found, real)]
        clips, count = list(found.clips), len(wishes)
        if len(clips) > count:
            self.notes.append(f"{self.name} has {len(clips)} files, of which {count} stand here, spread evenly.")
            clips = [clips[number * len(clips) // count] for number in range(count)]
        elif len(clips) < count:
            self.notes.append(f"{self.name} has only {len(clips)} files, where others have {count} sounds.")
        sources = tuple(str(clip.path) for clip in clips)
        return [Made(self.name, "generated", Clips(self.name, rate, tuple(clips)), sources)]

    def _reconstructed(self, found: Clips, real: dict[str, Clip]) -> Made:
        own = {_stem(clip): clip for clip in found.clips}
        pairs = [(clip, own[stem]) for stem, clip in real.items() if stem in own]
        clips = [replace(clip, audio=_as_long(made, clip), path=made.path) for clip, made in pairs]
        other = sum(clip.audio.shape != made.audio.shape for clip, made in pairs)
        if other:
            self.notes.append(f"{other} files of {self.name} were cut or filled up to the length of what went in.")
        sources = tuple(str(made.path) for _, made in pairs)
        return Made(self.name, "reconstructed", Clips(self.name, found.rate, tuple(clips)), sources)

    def _check_form(self, found: Clips, rate: int, channels: int) -> None:
        infos = [audio_info(clip.path) for clip in found.clips if clip.path is not None]
        rates = sorted({info.rate for info in infos} - {rate})
        if rates:
            self.notes.append(
                f"Files of {self.name} are at {', '.join(map(str, rates))} Hz and were resampled to {rate} Hz."
            )
        if any(info.channels != channels for info in infos):
            self.notes.append(f"Files of {self.name} were mixed to {channels} channel(s).")


def open_system(named: Named, device: str, out: Path) -> System:
    """The system that a word names; `out` is where the report goes, which may not lie in a folder of sound."""
    return FolderSystem(named, out) if named.origin == "folder" else ModelSystem(named, device)


def check(named: Named) -> None:
    """UserError, before any work, where a run has no such checkpoint."""
    if named.origin == "run":
        Run(named.path).checkpoint(which_of(named.checkpoint))


def _stem(clip: Clip) -> str:
    return Path(clip.name).stem


def _as_long(made: Clip, clip: Clip) -> Audio:
    """Cut, or filled up with silence, to the length of what went in."""
    samples = clip.audio.shape[-1]
    audio = made.audio[:, :samples]
    return np.pad(audio, ((0, 0), (0, samples - audio.shape[-1])))
