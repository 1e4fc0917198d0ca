"""Oscillators against sums of sines, Fourier series and scipy; nothing folds back."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

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
from tritone.data.synth_voice import amplitude, hertz, play

RATE = 44_100
PLAIN = Patch(
    wave="saw", shape=0.5, sub=0.0, voices=1, detune=0.0, width=0.0, attack=0.002, decay=0.2, sustain=1.0,
    release=0.05, cutoff=20.0, resonance=0.7, sweep=0.0, sweep_attack=0.001, sweep_decay=0.1, ratio=(1, 1),
    vibrato=0.0, glide=0.05, breath=0.0,
)  # fmt: skip


def turning(frequency, samples, rate=RATE):
    return np.arange(samples, dtype=np.uint32) * np.uint32(round(frequency / rate * 2**32))


def strays(audio, frequency, rate=RATE):
    """Loudest spectral line beside the harmonics, in dB below the loudest."""
    window = np.kaiser(len(audio), 20)
    spectrum = np.abs(np.fft.rfft(audio * window))
    bins = np.fft.rfftfreq(len(audio), 1 / rate)
    distance = np.abs(bins - frequency * np.round(bins / frequency))
    return 20 * np.log10(spectrum[distance > 12 * rate / len(audio)].max() / spectrum.max())


@pytest.mark.parametrize("frequency", [55.3, 440.7, 3_001.3])
def test_an_oscillator_is_the_sum_of_its_sines(frequency):
    count = harmonics_below(frequency, RATE)
    assert count * frequency < TOP * RATE / 2 <= (count + 1) * frequency
    audio = oscillate(tables(partials("saw", count, 0)[None]), turning(frequency, 8_192), np.zeros(1, np.float32))
    x = 2 * np.pi * np.arange(8_192) * round(frequency / RATE * 2**32) / 2**32
    apart = audio - sum(np.sin(k * x) / k for k in range(1, count + 1))
    assert np.abs(apart).max() < 6e-3 and np.sqrt(np.mean(apart**2)) < 4e-4


@pytest.mark.parametrize("wave", ["saw", "square", "pulse", "digital", "organ", "triangle"])
@pytest.mark.parametrize("frequency", [110.3, 2_093.7, 5_000.9])
def test_nothing_folds_back(wave, frequency):
    audio = oscillate(
        tables(partials(wave, harmonics_below(frequency, RATE), 0.3)[None]), turning(frequency, RATE), np.zeros(1)
    )
    assert strays(audio, frequency) < -84
    if wave == "saw" and frequency > 1_000:
        naive = 2 * (turning(frequency, RATE) / 2**32) - 1
        assert strays(naive, frequency) > -50


def test_a_played_note_is_clean_and_in_tune():
    pitch = 93
    audio = play(np.random.default_rng(0), PLAIN, pitch, 1.2, 1.0, pitch, RATE)[0, 4_000:48_000]
    assert strays(audio, hertz(pitch)) < -84
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio))))
    assert np.fft.rfftfreq(len(audio), 1 / RATE)[spectrum.argmax()] == pytest.approx(hertz(pitch), abs=1.1)
    assert hertz(69) == 440 and hertz(57) == pytest.approx(220)


def test_waves_are_their_fourier_series():
    x = (np.arange(4_096) + 0.5) / 4_096
    shapes = {
        "saw": np.pi / 2 * (1 - 2 * x),
        "square": np.pi / 4 * np.sign(0.5 - x),
        "triangle": np.pi**2 / 8 * (1 - np.abs(((x + 0.25) % 1) * 4 - 2)),
    }
    k = np.arange(1, 1_001)
    for wave, expected in shapes.items():
        made = partials(wave, 1_000, 0) @ np.sin(2 * np.pi * k[:, None] * x)
        assert np.sqrt(np.mean((made - expected) ** 2)) < 0.03, wave
    with pytest.raises(ValueError, match="tooth"):
        partials("tooth", 4, 0)


def test_frequency_modulation_has_the_lines_of_bessel():
    strengths = np.array([0.0, 1.3, 4.0])
    found = modulated(12, 1, 2, strengths)
    for row, strength in zip(found, strengths, strict=True):
        lines = np.zeros(13)
        for n in range(-20, 21):
            line = 1 + 2 * n
            if abs(line) <= 12:
                lines[abs(line)] += np.sign(line) * special.jv(n, strength)
        np.testing.assert_allclose(row, lines[1:], atol=1e-12)


def test_low_pass_falls_by_24_decibels_an_octave_and_peaks_at_its_resonance():
    gain = low_pass(np.array([10.0, 1_000.0, 8_000.0, 16_000.0]), 1_000.0, 4.0)
    assert gain[0] == pytest.approx(1, abs=1e-3) and gain[1] == pytest.approx(4 / np.sqrt(2))
    assert 20 * np.log10(gain[2] / gain[3]) == pytest.approx(24.1, abs=0.3)


def test_between_tables_lies_what_lies_between():
    octaves = np.linspace(8, 11, 500).astype(np.float32)
    cutoffs, place = cutoff_grid(octaves)
    np.testing.assert_allclose(np.interp(place, np.arange(len(cutoffs)), np.log2(cutoffs)), octaves, atol=1e-4)
    assert np.diff(np.log2(cutoffs)).max() <= 0.26
    alone, still = cutoff_grid(np.full(9, 10.0))
    assert alone == pytest.approx([1_024]) and still.tolist() == [0]
    stack = tables(np.array([[1.0, 0.0], [0.0, 1.0]]))
    x = turning(441.0, 1_000)
    half = oscillate(stack, x, np.full(1_000, 0.5, np.float32))
    first, second = (oscillate(stack[row : row + 1], x, np.zeros(1)) for row in (0, 1))
    np.testing.assert_allclose(half, (first + second) / 2, atol=1e-6)


def test_envelopes_begin_and_end_in_silence():
    for held in (0.0, 0.1, 1.0):
        level = amplitude(PLAIN, held, RATE)
        assert level[0] == 0 and level[-1] == 0 and 0.6 < level.max() <= 1
        assert np.abs(np.diff(level)).max() < 0.02


def test_a_slide_and_a_vibrato_end_at_the_pitch():
    slid = play(np.random.default_rng(0), PLAIN, 60, 1.0, 1.0, 72, RATE)[0]
    spectra = [np.abs(np.fft.rfft(part * np.hanning(len(part)), 2**16)) for part in (slid[:900], slid[20_000:40_000])]
    begun, ended = (np.fft.rfftfreq(2**16, 1 / RATE)[s.argmax()] for s in spectra)
    assert begun > 1.3 * hertz(60) and ended == pytest.approx(hertz(60), rel=0.005)
    swung = play(np.random.default_rng(0), replace(PLAIN, vibrato=30.0), 60, 1.0, 1.0, 60, RATE)[0]
    line = np.fft.rfft(swung[: 1_000 * (len(swung) // 1_000)].reshape(-1, 1_000) * np.hanning(1_000), 2**15)
    peaks = np.abs(line[:, :600]).argmax(1)[5:40] * RATE / 2**15
    assert 1.5 < peaks.max() - peaks.min() < 2 * 0.02 * hertz(60)
