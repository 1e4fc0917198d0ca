"""How the instruments are set: oscillators, envelopes, filter and effects, drawn anew for every loop."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Patch:
    """One voice of a synthesiser. Times are in seconds, to 1/e where something dies away."""

    wave: str
    """saw, square, triangle, pulse, organ or digital (see `synth_tables.partials`); fm; or cloud, a wide wash."""
    shape: float
    """What the wave still leaves open, 0 to 1."""
    sub: float
    """Strength of an oscillator an octave below."""
    voices: int
    """Oscillators that play each note, spread over `detune` cents and over `width` of the stage."""
    detune: float
    width: float
    attack: float
    decay: float
    sustain: float
    release: float
    cutoff: float
    """Where the filter closes, in octaves above the note."""
    resonance: float
    sweep: float
    """Octaves (or strength of modulation) that the filter opens beyond, at the attack."""
    sweep_attack: float
    sweep_decay: float
    ratio: tuple[int, int]
    """Carrier and modulator of fm, as multiples of the note."""
    vibrato: float
    """Cents."""
    glide: float
    """Time that a slide takes."""
    breath: float
    """Strength of a burst of noise at the attack."""


@dataclass(frozen=True)
class Effects:
    """What the sound goes through; strengths from 0 (off) to 1, times in sixteenths."""

    drive: float
    chorus: float
    duck: float
    gate: tuple[bool, ...]
    echo: float
    echo_steps: int
    feedback: float
    room: float
    room_seconds: float
    highpass: float
    lowpass: float
    tilt_db: float


_WAVES = {
    "bass": ("saw", "saw", "square", "pulse", "triangle", "digital", "fm", "fm"),
    "arp": ("saw", "saw", "square", "pulse", "triangle", "digital", "fm", "fm"),
    "chords": ("saw", "saw", "saw", "pulse", "organ", "digital", "fm", "fm"),
    "lead": ("saw", "saw", "square", "pulse", "triangle", "digital", "fm"),
    "pluck": ("saw", "square", "triangle", "pulse", "digital", "fm", "fm", "fm"),
    "pad": ("cloud", "cloud", "cloud", "saw", "pulse", "organ", "digital"),
}
_VOICES = {
    "bass": (1, 1, 1, 2, 3), "arp": (1, 1, 2, 2, 3), "chords": (1, 2, 3, 4, 5), "lead": (1, 1, 2, 3, 5),
    "pluck": (1, 1, 2, 2), "pad": (2, 3, 4),
}  # fmt: skip
_RANGES: dict[str, dict[str, tuple[float, float]]] = {
    "bass": {"attack": (0.002, 0.008), "decay": (0.06, 0.8), "sustain": (0.0, 1.0), "release": (0.02, 0.1),
             "cutoff": (0.8, 6.5), "sweep": (0.0, 4.0), "sweep_decay": (0.03, 0.4), "detune": (4, 18)},
    "arp": {"attack": (0.002, 0.006), "decay": (0.05, 0.5), "sustain": (0.0, 0.6), "release": (0.03, 0.3),
            "cutoff": (1.0, 5.5), "sweep": (0.5, 4.0), "sweep_decay": (0.03, 0.25), "detune": (4, 20)},
    "chords": {"attack": (0.002, 0.03), "decay": (0.1, 1.2), "sustain": (0.1, 0.9), "release": (0.05, 0.4),
               "cutoff": (1.0, 6.0), "sweep": (0.0, 3.5), "sweep_decay": (0.05, 0.6), "detune": (6, 28)},
    "lead": {"attack": (0.003, 0.05), "decay": (0.1, 0.8), "sustain": (0.4, 1.0), "release": (0.04, 0.25),
             "cutoff": (2.0, 6.0), "sweep": (0.0, 3.0), "sweep_decay": (0.05, 0.5), "detune": (5, 25)},
    "pluck": {"attack": (0.0015, 0.004), "decay": (0.04, 0.5), "sustain": (0.0, 0.06), "release": (0.05, 0.5),
              "cutoff": (0.5, 4.0), "sweep": (2.0, 6.0), "sweep_decay": (0.02, 0.2), "detune": (3, 15)},
    "pad": {"attack": (0.05, 0.5), "decay": (0.5, 2.0), "sustain": (0.6, 1.0), "release": (0.2, 0.8),
            "cutoff": (1.0, 5.5), "sweep": (-1.0, 2.0), "sweep_decay": (0.4, 2.0), "detune": (6, 30)},
}  # fmt: skip
_RATIOS = ((1, 1), (1, 2), (1, 1), (2, 1), (1, 3), (1, 4), (1, 7), (1, 14), (2, 3), (3, 1), (1, 5))
_GATES = ("x.x.x.x.x.x.x.x.", "xx.xxx.xxx.xx.x.", "x..x..x.x..x..x.", "xxx.xxx.xxx.xxx.", "x.xx.xx.x.xx.xx.")
_LOG = ("attack", "decay", "release", "sweep_decay", "detune")


def draw_patch(rng: np.random.Generator, instrument: str) -> Patch:
    """A patch for an instrument."""
    ranges = _RANGES[instrument]
    drawn = {}
    for name, (low, high) in ranges.items():
        drawn[name] = float(np.exp(rng.uniform(np.log(low), np.log(high))) if name in _LOG else rng.uniform(low, high))
    wave = str(rng.choice(_WAVES[instrument]))
    voices = 1 if wave in ("cloud", "organ") else int(rng.choice(_VOICES[instrument]))
    if wave == "fm":
        drawn["cutoff"], drawn["sweep"] = rng.uniform(0.1, 1.5), rng.uniform(0.5, 5.0)
    slow = rng.random() < (0.3 if instrument in ("chords", "lead", "pad") else 0.08)
    return Patch(
        wave=wave, shape=float(rng.random()), voices=voices,
        sub=float(rng.uniform(0, 0.8) * (rng.random() < 0.4)) * (wave not in ("fm", "cloud")),
        width=float(rng.uniform(0.0, 0.3) if instrument == "bass" else rng.uniform(0.3, 1.0)),
        resonance=float(np.exp(rng.uniform(np.log(0.7), np.log(6.0)))),
        sweep_attack=float(rng.uniform(0.05, 0.4)) if slow else 0.001,
        ratio=_RATIOS[rng.integers(len(_RATIOS))],
        vibrato=float(rng.uniform(5, 30) * (rng.random() < 0.5)) if instrument == "lead" else 0.0,
        glide=float(rng.uniform(0.02, 0.12)),
        breath=float(rng.uniform(0.05, 0.4) * (rng.random() < 0.25)) if instrument != "pad" else 0.0,
        **drawn,
    )  # fmt: skip


def draw_effects(rng: np.random.Generator, instrument: str) -> Effects:
    """Effects for an instrument."""
    is_bass, held = instrument == "bass", instrument in ("pad", "chords")
    gated = held and rng.random() < (0.2 if instrument == "pad" else 0.06)
    return Effects(
        drive=float(rng.uniform(0, 0.7 if is_bass else 0.25) * (rng.random() < 0.5)),
        chorus=float(rng.uniform(0.2, 0.7) * (rng.random() < (0.1 if is_bass else 0.4))),
        duck=float(rng.uniform(0.4, 0.9) * (rng.random() < (0.2 if held or is_bass else 0.08))),
        gate=tuple(sign == "x" for sign in _GATES[rng.integers(len(_GATES))]) if gated else (),
        echo=float(rng.uniform(0.15, 0.6) * (rng.random() < (0.05 if is_bass else 0.5))),
        echo_steps=int(rng.choice((2, 3, 3, 4, 6))),
        feedback=float(rng.uniform(0.2, 0.6)),
        room=float(rng.uniform(0.01, 0.06) * (rng.random() < 0.5) if is_bass else rng.uniform(0.03, 0.45)),
        room_seconds=float(np.exp(rng.uniform(np.log(0.3), np.log(1.8)))),
        highpass=float(rng.uniform(20, 35) if is_bass else rng.uniform(40, 160)),
        lowpass=float(np.exp(rng.uniform(np.log(5_000 if is_bass else 8_000), np.log(20_000)))),
        tilt_db=float(rng.uniform(-3, 4)),
    )
