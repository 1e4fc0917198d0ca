"""One note of a patch as sound, and the wash of many voices that pads are made of."""

import numpy as np

from tritone.data.synth_patches import Patch
from tritone.data.synth_tables import (
    TOP,
    cutoff_grid,
    harmonics_below,
    low_pass,
    modulated,
    oscillate,
    partials,
    tables,
)

_EDGE_SECONDS = 0.003
_MODULATIONS = 24  # rows of a table of frequency modulation
_VIBRATO_HERTZ = 5.2
_CLOUD_HARMONICS = 64


def hertz(pitch: float) -> float:
    """Frequency of a MIDI number in equal temperament, A4 = 440 Hz."""
    return 440.0 * 2 ** ((pitch - 69) / 12)


def play(
    rng: np.random.Generator, patch: Patch, pitch: float, held: float, hardness: float, start: float, rate: float
) -> np.ndarray:
    """A note held for `held` seconds, as float32 `(2, time)`; `hardness` (0 to 1) opens its filter, and its pitch
    slides from `start` (a MIDI number; `pitch` where it does not slide).
    """
    envelope = amplitude(patch, held, rate)
    time = np.arange(len(envelope), dtype=np.float32) / rate
    frequency = hertz(pitch)
    highest = hertz(max(pitch, start)) * 2 ** ((patch.detune * (patch.voices > 1) + patch.vibrato) / 1200)
    below = 0.5 if patch.sub else 1.0
    stack, place = _stack(patch, frequency * below, highest * below, time, hardness, rate)
    bend = _bend(patch, pitch, start, time)
    audio = np.zeros((2, len(time)), np.float32)
    spread = np.linspace(-1, 1, patch.voices) if patch.voices > 1 else np.zeros(1)
    for place_in, cents in enumerate(spread * patch.detune):
        phase = _phase(frequency * below * 2 ** (cents / 1200), bend, len(time), rate, rng)
        side = patch.width * (spread[place_in] * (1 if place_in % 2 else -1))
        angle = (1 + side) * np.pi / 4
        audio += np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * oscillate(stack, phase, place)
    if patch.breath:
        noise = np.diff(rng.standard_normal(len(time) + 1, dtype=np.float32))
        audio += np.float32(patch.breath * hardness) * noise * np.exp(-time / 0.025)
    return audio * envelope


def amplitude(patch: Patch, held: float, rate: float) -> np.ndarray:
    """Attack, decay, sustain and release, float32 `(time,)`: from zero to zero, without a step."""
    gate = max(held, 2 * patch.attack)
    time = np.arange(int((gate + 6 * patch.release) * rate), dtype=np.float32) / rate
    falling = patch.sustain + (1 - patch.sustain) * np.exp(-(np.maximum(time - patch.attack, 0)) / patch.decay)
    level = np.minimum(time / patch.attack, 1) * falling * np.exp(-np.maximum(time - gate, 0) / patch.release)
    edge = max(2, min(int(_EDGE_SECONDS * rate), len(level)))
    level[-edge:] *= np.linspace(1, 0, edge, dtype=np.float32)[-len(level) :]
    return level


def cloud(
    rng: np.random.Generator, patch: Patch, pitches: list[int], period: int, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """A chord as a wash of very many voices, dark and bright, each float32 `(2, period)` and seamless: every harmonic
    is a narrow band of noise (as in Nasca's PADsynth), so no note has a beginning.
    """
    bins = np.arange(period // 2 + 1, dtype=np.float32)
    dark, bright = np.zeros_like(bins), np.zeros_like(bins)
    strengths = np.abs(partials("saw" if patch.shape < 0.6 else "digital", _CLOUD_HARMONICS, patch.shape))
    for pitch in pitches:
        centres = hertz(pitch) * np.arange(1, min(_CLOUD_HARMONICS, harmonics_below(hertz(pitch), rate)) + 1)
        gains = [low_pass(centres, hertz(pitch) * 2 ** (patch.cutoff + more), 0.8) * strengths[: len(centres)]
                 for more in (0, 2)]  # fmt: skip
        spreads = np.maximum(0.7, centres * (2 ** (patch.detune / 1200) - 1) * period / rate)
        for middle, spread, closed, opened in zip(centres * period / rate, spreads, *gains, strict=True):
            band = slice(max(1, int(middle - 3 * spread)), min(int(middle + 3 * spread) + 2, int(TOP * len(bins))))
            bell = np.exp(np.float32(-0.5) * ((bins[band] - np.float32(middle)) / np.float32(spread)) ** 2)
            dark[band] += np.float32(closed / np.sqrt(spread)) * bell
            bright[band] += np.float32(opened / np.sqrt(spread)) * bell
    apart = np.array([[-0.5], [0.5]], np.float32) * np.float32(patch.width) * rng.random(len(bins), dtype=np.float32)
    turn = np.exp(np.complex64(2j * np.pi) * (rng.random(len(bins), dtype=np.float32) + apart))
    washes = (np.fft.irfft(level * turn * np.float32(period / 8), period) for level in (dark, bright))
    return next(washes), next(washes)


def _stack(
    patch: Patch, lowest: float, highest: float, time: np.ndarray, hardness: float, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """The tables of a note, whose fundamental goes from `lowest` up to `highest`, and its way through them."""
    count = harmonics_below(highest, rate)
    opening = (1 - np.exp(-time / patch.sweep_attack)) * np.exp(-time / patch.sweep_decay)
    if patch.wave == "fm":
        strengths = np.linspace(0, patch.cutoff + max(0.0, patch.sweep), _MODULATIONS)
        place = (patch.cutoff + hardness * patch.sweep * opening) * ((_MODULATIONS - 1) / strengths[-1])
        spectra = modulated(count, *patch.ratio, strengths)
        return tables(spectra), np.clip(place, 0, _MODULATIONS - 1).astype(np.float32)
    octaves = patch.cutoff + hardness * patch.sweep * opening + np.log2(lowest * (2 if patch.sub else 1))
    cutoffs, place = cutoff_grid(np.clip(octaves, np.log2(40.0), np.log2(0.5 * rate)))
    gains = low_pass(lowest * np.arange(1, count + 1), cutoffs[:, None], patch.resonance)
    return tables(gains * _spectrum(patch, count)), place


def _spectrum(patch: Patch, count: int) -> np.ndarray:
    """Amplitudes of a wave; with an oscillator an octave below, both of them, as harmonics of the lower one."""
    if not patch.sub:
        return partials(patch.wave, count, patch.shape)
    both = patch.sub * partials("square", count, 0.0)
    both[1::2] += partials(patch.wave, max(1, count // 2), patch.shape)[: len(both[1::2])]
    return both


def _bend(patch: Patch, pitch: float, start: float, time: np.ndarray) -> np.ndarray | None:
    """Factor on the frequency over time, or None where the pitch stays."""
    if start == pitch and not patch.vibrato:
        return None
    semitones = (start - pitch) * np.exp(-time / (patch.glide / 3))
    ramp = np.minimum(1, time / 0.4) * patch.vibrato / 100
    return 2 ** ((semitones + ramp * np.sin(2 * np.pi * _VIBRATO_HERTZ * time)) / 12)


def _phase(
    frequency: float, bend: np.ndarray | None, samples: int, rate: float, rng: np.random.Generator
) -> np.ndarray:
    """Phase as uint32 (2^32 is a turn), from a random one on; it wraps by itself."""
    turn = frequency / rate * 2.0**32
    begin = np.uint32(rng.integers(2**32))
    if bend is None:
        return np.arange(samples, dtype=np.uint32) * np.uint32(round(turn)) + begin
    return np.cumsum((turn * bend).astype(np.uint32), dtype=np.uint32) + begin
