"""The sounds of a comparison as files: what was made, what is real, and how loud each is."""

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tritone.judge.clips import Clip
from tritone.judge.compare.manifest import REAL, Kind, Manifest, Sound, write_manifest
from tritone.judge.compare.stems import stems
from tritone.judge.compare.systems import Made
from tritone.judge.compare.wishes import Wish, each_once
from tritone.signal.files import write_wav
from tritone.signal.loudness import integrated_loudness, level

TARGET = -23.0
"""LUFS that all sounds are played at (EBU R 128)."""
MOST_GAIN = 24.0
"""Decibels that a quiet sound is raised by at most; beyond, noise would be all that is heard."""
FOLDER = "sounds"


def write_sounds(report: Path, wishes: Sequence[Wish], made: Sequence[Made], how: Mapping[str, str]) -> Manifest:
    """Write real and made sounds as `report/sounds/SYSTEM/ITEM.wav` and the manifest, which it returns."""
    real = each_once(wishes)
    rate = made[0].clips.rate
    folders = dict(zip(_systems(made), stems([REAL, *_systems(made)])[1:], strict=True))
    own = [f"{FOLDER}/{REAL}/{stem}.wav" for stem in stems([clip.name for clip in real])]
    beside = {clip.name: file for clip, file in zip(real, own, strict=True)}
    asked = {wish.item: wish for wish in wishes}
    sounds = [
        _written(report, clip, rate, file=file, system=REAL, kind="real", real=file, source=clip.name)
        for clip, file in zip(real, own, strict=True)
    ]
    for one in made:
        kind_folder = folders[one.system] if one.kind == "generated" else f"{folders[one.system]}/through"
        for clip, stem, source in zip(
            one.clips.clips, stems([clip.name for clip in one.clips.clips]), one.sources, strict=True
        ):
            wish = asked.get(clip.name) if one.kind == "generated" else None
            sounds.append(
                _written(
                    report, clip, rate, file=f"{FOLDER}/{kind_folder}/{stem}.wav", system=one.system, kind=one.kind,
                    real=beside.get(clip.name if wish is None else wish.real.name, ""), source=source,
                    seed=None if wish is None else wish.seed,
                )
            )  # fmt: skip
    manifest = Manifest(TARGET, tuple(sounds), dict(how))
    write_manifest(report, manifest)
    return manifest


def loudness_of(audio: NDArray[np.float32], rate: int) -> float | None:
    """Loudness in LUFS, of sounds too short for one their weighted level; None where nothing is heard."""
    measured = integrated_loudness(audio, rate)
    value = level(audio, rate) if measured is None else measured
    return value if isfinite(value) else None


def gain_to(target: float, audio: NDArray[np.float32], loudness: float | None) -> float:
    """Decibels that bring a sound to `target`, at most `MOST_GAIN`, and less where its peak would leave full scale."""
    peak = float(np.abs(audio).max(initial=0.0))
    if loudness is None or peak == 0:
        return 0.0
    return min(target - loudness, MOST_GAIN, -20 * float(np.log10(peak)))


def _systems(made: Sequence[Made]) -> list[str]:
    return list(dict.fromkeys(one.system for one in made))


def _written(
    report: Path, clip: Clip, rate: int, *, file: str, system: str, kind: Kind, real: str, source: str,
    seed: int | None = None,
) -> Sound:  # fmt: skip
    path = report / file
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(path, clip.audio, rate, "FLOAT")
    loudness = loudness_of(clip.audio, rate)
    return Sound(
        file=file, system=system, kind=kind, item=clip.name, rate=rate, channels=clip.audio.shape[0],
        samples=clip.audio.shape[1], loop=clip.loop, loudness=loudness, gain=gain_to(TARGET, clip.audio, loudness),
        seed=seed, label=clip.label, bpm=clip.bpm, real=real, source=source,
    )  # fmt: skip
