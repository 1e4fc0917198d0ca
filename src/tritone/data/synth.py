"""Harmonic loops of any number from a synthesiser: bass lines, arpeggios, chords, leads, plucks and pads.

A loop is a pure function of (seed, index). `synth_theory` says what notes there are, `synth_parts` which are played,
`synth_patches` how the instrument is set, `synth_voice` and `synth_tables` how it sounds, and `circular` how it is
mixed so that the last sample leads into the first.
"""

import numpy as np

from tritone.data import circular
from tritone.data.loop import Loop
from tritone.data.synth_parts import PARTS, Note
from tritone.data.synth_patches import Effects, Patch, draw_effects, draw_patch
from tritone.data.synth_theory import STEPS, draw_chords, draw_key
from tritone.data.synth_voice import cloud, play

INSTRUMENTS = tuple(PARTS)
"""Labels that loops have."""
_STREAM = 0x73796E74  # keeps the random numbers apart from those of drums
_ROOM_UNIT = 2_048  # rooms of so many samples are quick to transform
_STRENGTHS = (0.4, 0.75, 1.0)  # how hard notes may be struck: alike ones are played once and heard often


def render_synth_loop(
    seed: int, index: int, *, bars: int = 1, bpm: float = 120.0, sample_rate: int = 44_100, channels: int = 2
) -> Loop:
    """Loop `index` of a seed; the instruments take turns.

    It is played at a rate a little higher than `sample_rate`, where its length is quick to work with, and then fitted.
    """
    rng = np.random.default_rng((_STREAM, seed, index))
    instrument = INSTRUMENTS[(index + seed) % len(INSTRUMENTS)]
    samples = round(bars * 240.0 / bpm * sample_rate)
    period = circular.quick_period(samples)
    rate = sample_rate * period / samples
    key = draw_key(rng)
    notes = PARTS[instrument](rng, key, draw_chords(rng, key, bars), bars)
    patch, effects = draw_patch(rng, instrument), draw_effects(rng, instrument)
    if patch.wave == "cloud":
        dry = _wash(rng, patch, notes, bars, period, rate)
    else:
        dry = _perform(rng, patch, notes, bars, period, rate)
    mixed = circular.fit(_mix(rng, effects, dry, bars, rate), samples)
    audio = (mixed if channels == 2 else mixed.mean(axis=0, keepdims=True)).astype(np.float32)
    audio *= 10 ** (-rng.uniform(0.5, 4.0) / 20) / np.abs(audio).max()
    return Loop(instrument, key.name, bpm, audio, sample_rate)


def _perform(
    rng: np.random.Generator, patch: Patch, notes: list[Note], bars: int, period: int, rate: float
) -> np.ndarray:
    """Play every note onto a stereo circle `(2, period)`."""
    bus = np.zeros((2, period), np.float32)
    step, swing = period / (bars * STEPS), rng.uniform(0, 0.3) * (rng.random() < 0.3)
    played: dict[tuple[float, ...], np.ndarray] = {}
    before = notes[-1].pitch
    for note in notes:
        strength = min(_STRENGTHS, key=lambda each: abs(each - note.velocity))
        start = before if note.slide else note.pitch
        alike = (note.pitch, start, note.length, strength)
        if alike not in played:
            played[alike] = play(rng, patch, note.pitch, note.length * step / rate, strength, start, rate)
        late = swing * step * (int(note.start) % 2) + abs(rng.normal(0, 0.001)) * rate
        level = np.float32(note.velocity * rng.uniform(0.85, 1.0))
        circular.add_hit(bus, level * played[alike], round(note.start * step + late))
        before = note.pitch
    return bus


def _wash(rng: np.random.Generator, patch: Patch, notes: list[Note], bars: int, period: int, rate: float) -> np.ndarray:
    """Every chord as a cloud, one fading into the next; a filter that opens and closes as often as the loop allows."""
    bus = np.zeros((2, period), np.float32)
    place = np.arange(period) / period
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * (int(rng.integers(1, 3)) * place + rng.random()))
    opened = (max(0.0, patch.sweep) / 2 * wave).astype(np.float32)
    starts = sorted({note.start for note in notes})
    for start in starts:
        chord = [note for note in notes if note.start == start]
        dark, bright = cloud(rng, patch, [note.pitch for note in chord], period, rate)
        gate = np.ones(period)
        if len(starts) > 1:
            where = place * bars * STEPS
            gate = ((where >= start) & (where < start + chord[0].length)).astype(float)
            gate = np.clip(circular.smooth(gate, int(min(0.4 * rate, 0.3 * period / len(starts)))), 0, 1)
        bus += np.sqrt(gate).astype(np.float32) * (dark + opened * bright)
    return bus


def _mix(rng: np.random.Generator, effects: Effects, dry: np.ndarray, bars: int, rate: float) -> np.ndarray:
    """Saturation, chorus, gate, ducking, echoes, room and equaliser."""
    period = dry.shape[1]
    step = period / (bars * STEPS)
    audio = circular.saturate(dry, effects.drive)
    if effects.chorus:
        swung = circular.chorus(audio, rate, rng.uniform(0.5, 3.0), int(rng.integers(1, 4)))
        audio = audio + np.float32(effects.chorus) * swung
    audio = audio * _dynamics(effects, period, bars, rate)
    spectrum = np.fft.rfft(audio)
    if effects.echo:
        damping = rng.uniform(1_500, 8_000) / rate
        heard = circular.echo(spectrum, period, effects.echo_steps * step, effects.feedback, damping)
        spectrum = spectrum + np.float32(effects.echo) * heard
    if effects.room:
        length = max(1, round(effects.room_seconds * rate / _ROOM_UNIT)) * _ROOM_UNIT
        response = circular.room(rng, 2, rate, (length + 0.5) / rate, rng.uniform(2_000, 8_000))
        spectrum *= 1 + np.float32(effects.room) * np.fft.rfft(circular.wrap(response, period))
    spectrum *= circular.equaliser(period, rate, effects.tilt_db, effects.lowpass, effects.highpass)
    return np.fft.irfft(spectrum, period)


def _dynamics(effects: Effects, period: int, bars: int, rate: float) -> np.ndarray:
    """Gain over time of the gate in sixteenths and of what ducks away under every beat, float32 `(period,)`."""
    gain = np.ones(period)
    place = np.arange(period) / period * bars
    if effects.gate:
        gain *= np.array(effects.gate)[(place * STEPS).astype(int) % STEPS]
    if effects.duck:
        gain *= 1 - effects.duck * np.exp(-5 * (place * 4 % 1))
    return circular.smooth(gain, int(0.012 * rate)) if effects.gate or effects.duck else gain.astype(np.float32)
