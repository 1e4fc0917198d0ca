"""One-shots and kits: which drum sounds there are, and which of them play together.

The one-shots of every role are dealt onto four *shelves*, a to d; a *kit* draws one sound a role from one shelf. Kits
of different shelves share no sound, so that a model trained on shelves a to c can be judged on shelf d. (A folder with
fewer than 32 one-shots is too small for that: all its shelves hold everything.)
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from tritone.errors import UserError
from tritone.signal.files import audio_info, read_audio

SHELVES = "abcd"
"""Names of the shelves."""
KITS_PER_SHELF = 100
"""Number of kits on a shelf."""

_WORDS = {
    "kick": ("kick", "bd", "bassdrum", "bass_drum", "kik"),
    "snare": ("snare", "sn", "sd", "snr", "rimshot", "rim"),
    "open_hat": ("open_hat", "openhat", "ohh", "oh", "hat_open", "hho"),
    "hat": ("hat", "hihat", "hh", "chh", "ch", "hi_hat"),
    "clap": ("clap", "cp", "snap"),
    "tom": ("tom", "tm", "conga", "bongo"),
    "cymbal": ("cymbal", "crash", "ride", "splash", "china"),
    "tabla_low": ("tabla_low", "bayan"),
    "tabla_high": ("tabla_high", "dayan"),
    "electronic": ("electronic", "synth", "fx", "blip", "zap"),
    "perc": ("perc", "percussion", "cowbell", "shaker", "clave", "tambourine", "triangle", "wood"),
}
_SUBSTITUTES = {
    "clap": ("snare", "perc"),
    "snare": ("clap", "perc"),
    "open_hat": ("hat", "cymbal"),
    "hat": ("open_hat", "perc"),
    "cymbal": ("open_hat", "hat"),
    "perc": ("electronic", "tom"),
    "electronic": ("perc", "tom"),
    "tom": ("perc", "kick"),
    "kick": ("tom", "tabla_low"),
    "tabla_low": ("tom", "kick"),
    "tabla_high": ("perc", "snare"),
}
_SUFFIXES = (".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3")
_LONGEST_SECONDS = 4.0
_SMALLEST_STOCK = 8 * len(SHELVES)


@dataclass(frozen=True)
class Kit:
    """One sound for each role, mono float32 `(time,)` at the rate the library was loaded with."""

    name: str
    sounds: dict[str, np.ndarray]


class OneShots:
    """All one-shots of a folder, by role, decoded once and shared between loops."""

    def __init__(self, folder: Path, sample_rate: int) -> None:
        """Read every sound under `folder` whose folder or file name tells its role.

        Raises UserError when the folder is missing, or holds no sound of a known role, or a sound cannot be read.
        """
        if not folder.is_dir():
            raise UserError(f"{folder} is not a folder; give a folder of drum hits.")
        by_role: dict[str, list[np.ndarray]] = {}
        for path in sorted(folder.rglob("*")):
            role = role_of(path.relative_to(folder)) if path.suffix.lower() in _SUFFIXES else None
            if role is not None:
                by_role.setdefault(role, []).append(_read_hit(path, sample_rate))
        if not by_role:
            raise UserError(
                f"{folder} holds no drum hits that I can sort: put them into folders named {', '.join(sorted(_WORDS))}."
            )
        self._shelves = {shelf: _deal(by_role, place) for place, shelf in enumerate(SHELVES)}

    def kit(self, shelf: str, number: int) -> Kit:
        """Kit `number` of a shelf: always the same sounds, whatever else is rendered."""
        stock = self._shelves[shelf]
        sounds = {}
        for place, role in enumerate(_WORDS):
            candidates = next((stock[name] for name in (role, *_SUBSTITUTES[role]) if name in stock), None)
            if candidates is not None:
                rng = np.random.default_rng((0x6B6974, SHELVES.index(shelf), number, place))
                sounds[role] = candidates[rng.integers(len(candidates))]
        return Kit(f"{shelf}{number:02d}", sounds)

    def stock(self, shelf: str) -> dict[str, list[np.ndarray]]:
        """The sounds of one shelf by role."""
        return self._shelves[shelf]


def role_of(path: Path) -> str | None:
    """The role that the innermost telling folder name, or else the file name, gives to a sound; None when none does."""
    for name in (*reversed(path.parts[:-1]), path.stem):
        text = re.sub(r"[^a-z]+", "_", name.lower()).strip("_")
        for role, words in _WORDS.items():
            if any(re.search(rf"(^|_){word}s?(_|$)", text) for word in words):
                return role
    return None


def _deal(by_role: dict[str, list[np.ndarray]], place: int) -> dict[str, list[np.ndarray]]:
    """Every fourth sound of each role, from `place` on; a folder too small for four shelves lends to all of them."""
    if sum(map(len, by_role.values())) < _SMALLEST_STOCK:
        return by_role
    dealt = {role: sounds[place :: len(SHELVES)] for role, sounds in by_role.items()}
    return {role: sounds for role, sounds in dealt.items() if sounds}


def _read_hit(path: Path, sample_rate: int) -> np.ndarray:
    """Mono, resampled, silence before the attack cut, peak 1."""
    audio, rate = read_audio(path, 0, int(_LONGEST_SECONDS * audio_info(path).rate))
    if not np.isfinite(audio).all():
        raise UserError(f"{path} holds samples that are not numbers (NaN or infinity); remove it or export it again.")
    mono = audio.mean(axis=0)
    if rate != sample_rate:
        mono = soxr.resample(mono, rate, sample_rate)
    peak = float(np.abs(mono).max(initial=0.0))
    if peak < 1e-4:
        raise UserError(f"{path} is silent; remove it from the folder of drum hits.")
    start = max(0, int(np.argmax(np.abs(mono) > 0.01 * peak)) - 8)
    return (mono[start:] / peak).astype(np.float32)
