"""What is evaluated: a folder of sound from any system, or what a model makes of fixed seeds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from statistics import median

import numpy as np

from tritone.errors import UserError
from tritone.judge.clips import Clip, Clips, clips_of_folder
from tritone.judge.compare.material import Material
from tritone.judge.compare.names import Named
from tritone.judge.compare.systems import ModelSystem
from tritone.judge.compare.wishes import wishes_of
from tritone.judge.fidelity import Pairs
from tritone.judge.figure import Figure
from tritone.judge.speed import Played
from tritone.play.sound import find_sounds
from tritone.signal.files import audio_info

COUNT = 64
"""Sounds that a model makes where nothing else is asked."""
LEAST_SECONDS = 0.05
"""Shorter sounds hold no spectrum to speak of."""
LEAST_PEAK = 1e-5
"""Under which a sound is silent."""


@dataclass(frozen=True)
class Subject:
    """The sounds, and what else is known of the system that made them."""

    clips: Clips
    pairs: Pairs = ()
    """What went in and what came out, of systems that reconstruct."""
    seen: frozenset[str] = frozenset()
    """Feature networks that trained the system."""
    figures: tuple[Figure, ...] = ()
    """What only the model itself can tell."""
    played: Played | None = None
    notes: tuple[str, ...] = ()
    """Sentences that must be said of the sounds."""


def subject_of_folder(
    folder: Path, material: Material, *, name: str, count: int | None, loops: bool | None, inputs: Path | None
) -> Subject:
    """The files of a folder, at most `count`, spread evenly; `inputs` holds what they were made from, by file name.

    Without a word on `loops`, files are loops where their own loop points say so, and all are where the real sound is
    loops. UserError for what cannot be judged.
    """
    if loops is None and all(clip.loop for clip in material.held_out.clips):
        loops = True
    found = clips_of_folder(folder, material.rate, material.channels, name=name, loops=loops)
    check(found)
    notes = _form_notes(found, material)
    if count is not None and len(found) > count:
        notes.append(f"{len(found)} files are there, of which {count} were judged, spread evenly.")
        chosen = [found.clips[place * len(found) // count] for place in range(count)]
        found = replace(found, clips=tuple(chosen))
    pairs: list[tuple[Clip, Clip]] = []
    if inputs is not None:
        pairs, more = _pairs(clips_of_folder(inputs, material.rate, material.channels), found, inputs)
        notes += more
    return Subject(found, pairs, notes=tuple(notes))


def subject_of_model(
    named: Named, material: Material, *, count: int | None, seed: int, device: str, show: Callable[[int, int], None]
) -> Subject:
    """New sounds of a model, each after the length, label and tempo of a held-out one, which it never hears; and
    held-out sounds gone through it, where it reconstructs. UserError for a model that makes no sound.
    """
    system = ModelSystem(named, device)
    wishes = wishes_of(material.held_out, COUNT if count is None else count, seed)
    made = {one.kind: one for one in system.make(wishes, material.rate, material.channels, show)}
    through = made.get("reconstructed")
    before = {clip.name: clip for clip in material.held_out.clips}
    pairs = [(before[clip.name], clip) for clip in through.clips.clips] if through else []
    chosen = made.get("generated") or made["reconstructed"]
    check(chosen.clips)
    played = Played(system.model, system.folder)
    return Subject(chosen.clips, pairs, system.seen, chosen.figures, played, tuple(system.notes))


def usual_seconds(folder: Path) -> float:
    """The middle length of the sound files below a folder; UserError where there are none."""
    infos = [audio_info(path) for path in find_sounds([folder])]
    return max(LEAST_SECONDS, median(info.frames / info.rate for info in infos))


def check(clips: Clips) -> None:
    """UserError for sounds that cannot be judged: one alone, broken, too short, or all silent."""
    for clip in clips.clips:
        where = clip.path or f"{clips.name}, {clip.name}"
        if not np.isfinite(clip.audio).all():
            raise UserError(f"{where} holds samples that are not numbers (NaN or infinity); take it out.")
        if clip.audio.shape[-1] < LEAST_SECONDS * clips.rate:
            seconds = clip.audio.shape[-1] / clips.rate
            raise UserError(
                f"{where} lasts only {1000 * seconds:.0f} ms, and sounds are judged from {1000 * LEAST_SECONDS:.0f} ms "
                "on; take it out."
            )
    if len(clips) < 2:
        raise UserError(f"{clips.name} holds only one sound, which says nothing of others; give more, best 50 or more.")
    if not any(_audible(clip) for clip in clips.clips):
        raise UserError(f"All {len(clips)} sounds of {clips.name} are silent; there is nothing to judge.")


def _audible(clip: Clip) -> bool:
    return bool(np.abs(clip.audio).max() > LEAST_PEAK)


def _form_notes(found: Clips, material: Material) -> list[str]:
    """What a reader must know of the files: other rates and channels, silence, other lengths."""
    infos = [audio_info(clip.path) for clip in found.clips if clip.path is not None]
    rates = sorted({info.rate for info in infos} - {material.rate})
    notes = []
    if rates:
        listed = ", ".join(map(str, rates))
        notes.append(f"Files are at {listed} Hz and were resampled to {material.rate} Hz, that of the real sound.")
    if any(info.channels != material.channels for info in infos):
        notes.append(f"Files were mixed to {material.channels} channel(s), as the real sound has.")
    silent = [clip.name for clip in found.clips if not _audible(clip)]
    if silent:
        notes.append(f"{len(silent)} of {len(found)} sounds are silent ({silent[0]}{' …' if len(silent) > 1 else ''}).")
    return notes


def _pairs(before: Clips, after: Clips, folder: Path) -> tuple[list[tuple[Clip, Clip]], list[str]]:
    """Pairs of equal names, whatever their endings, cut to the shorter; and what must be said of them."""
    inputs = {_stem(clip): clip for clip in before.clips}
    both = [(inputs[_stem(clip)], clip) for clip in after.clips if _stem(clip) in inputs]
    if not both:
        raise UserError(
            f"No file in {folder} has the name of one of {after.name}; --inputs pairs files by their names."
        )
    notes = []
    if len(both) < len(after):
        notes.append(f"{len(after) - len(both)} of {len(after)} sounds have no file of their name in {folder}.")
    longer = [one.name for one, other in both if one.audio.shape != other.audio.shape]
    if longer:
        notes.append(f"{len(longer)} sounds are not as long as what went in ({longer[0]}); the rest was left out.")
    return [_cut(one, other) for one, other in both], notes


def _cut(one: Clip, other: Clip) -> tuple[Clip, Clip]:
    samples = min(one.audio.shape[-1], other.audio.shape[-1])
    return replace(one, audio=one.audio[:, :samples]), replace(other, audio=other.audio[:, :samples])


def _stem(clip: Clip) -> str:
    return str(PurePath(clip.name).with_suffix(""))
