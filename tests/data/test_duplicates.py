"""What counts as nearly the same sound, and what does not."""

import io

import numpy as np
import pytest
import soundfile
from sounds import RATE, noise

from tritone.data.duplicates import ALIKE, Fingerprinter, groups, likeness, near_duplicates, unpack


def fingerprint(audio: np.ndarray, block: int = 10_000) -> bytes:
    prints = Fingerprinter(RATE)
    for start in range(0, audio.shape[1], block):
        prints.add(audio[:, start : start + block])
    return prints.result()


def alike(one: np.ndarray, other: np.ndarray) -> float:
    return likeness(unpack(fingerprint(one)), unpack(fingerprint(other)))


def recoded(audio: np.ndarray, kind: str, subtype: str) -> np.ndarray:
    buffer = io.BytesIO()
    soundfile.write(buffer, audio.T, RATE, format=kind, subtype=subtype)
    buffer.seek(0)
    return soundfile.read(buffer, dtype="float32", always_2d=True)[0].T


@pytest.mark.parametrize("seed", range(4))
def test_encodings_gains_and_shifts_are_alike(seed):
    sound = noise(3, seed)
    assert alike(sound, sound) == pytest.approx(1, abs=1e-6)
    assert alike(sound, sound * 0.1) > 0.999
    assert alike(sound, recoded(sound, "OGG", "VORBIS")) > ALIKE
    assert alike(sound, recoded(sound, "MP3", "MPEG_LAYER_III")) > ALIKE
    assert alike(sound, np.pad(sound, ((0, 0), (round(0.05 * RATE), 0)))) > ALIKE


def test_other_sounds_are_not():
    sounds = [unpack(fingerprint(noise(3, seed))) for seed in range(20)]
    assert max(likeness(sounds[i], sounds[j]) for i in range(20) for j in range(i)) < 0.9


def test_blocks_do_not_matter():
    assert fingerprint(noise(3, 0), 777) == fingerprint(noise(3, 0), 1_000_000)


def test_pairs_and_groups():
    sounds = [noise(2, seed) for seed in range(6)] + [noise(2, 1) * 0.3, noise(2, 4)[:, 200:], noise(4, 1)]
    pairs = near_duplicates([fingerprint(sound) for sound in sounds], [sound.shape[1] / RATE for sound in sounds])
    assert [(one, other) for one, other, _ in pairs] == [(1, 6), (4, 7)]
    assert groups(9, pairs) == [0, 1, 2, 3, 4, 5, 1, 4, 8]
    assert groups(4, [(0, 3, 1.0), (2, 3, 1.0)]) == [0, 1, 0, 0]
    assert near_duplicates([], []) == []


def test_very_short_sounds():
    click = np.sin(np.arange(300)[None] / 5).astype(np.float32) * np.linspace(1, 0, 300, dtype=np.float32)
    assert alike(click, click * 0.5) > 0.99


def test_likeness_is_the_largest_correlation():
    one, other = unpack(fingerprint(noise(3, 0))), unpack(fingerprint(noise(2.8, 0)[:, 900:] + noise(2.8, 1)[:, 900:]))
    best = -1.0
    for first in (one, (one[:, 1:] + one[:, :-1]) / 2):
        for lag in range(-8, 9):
            a, b = first[:, max(-lag, 0) :], other[:, max(lag, 0) :]
            size = min(a.shape[1], b.shape[1])
            best = max(best, np.corrcoef(a[:, :size].ravel(), b[:, :size].ravel())[0, 1])
    assert likeness(one, other) == pytest.approx(best, abs=1e-6)
