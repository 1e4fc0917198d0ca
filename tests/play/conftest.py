"""A model of loops that is as small as can be: its sound can be worked out by hand."""

from dataclasses import replace

import pytest
import torch

from tritone.families.base import Synthesizer
from tritone.nn.noise import sample_normal, sample_uniform
from tritone.signal.loops import loop_length

RATE, LAYERS, WIDTH = 8000, 4, 2


class TwoToneModel(Synthesizer):
    """A loop of one bar holds two tones for each layer, with the amplitudes of its style, and very soft noise.

    The tones have whole periods in a bar, so that a style can be read back from the sound.
    """

    def __init__(self, labels=("house", "techno"), bars=1.0, beats=4, channels=2, tempo=120.0):
        super().__init__()
        self.sample_rate, self.channels = RATE, channels
        self.bars, self.beats, self.labels, self.tempo = bars, beats, labels, tempo
        self.gain = torch.nn.Parameter(torch.ones(()))
        self.asked = []

    def capabilities(self):
        return frozenset({"generate", "loop"})

    def default_tempo(self):
        return self.tempo

    def styles(self, seeds, *, label="", bpm=None, truncation=1.0):
        shift = 0.01 * self.labels.index(label) if label else 0.0
        self.asked.append({"label": label, "bpm": bpm, "truncation": truncation})
        return (sample_uniform(seeds, (1, WIDTH)).expand(-1, LAYERS, -1) * 0.02 + 0.05) * truncation + shift

    def render(self, styles, seeds, *, bars, bpm):
        samples = loop_length(bars, bpm, RATE, round(self.beats / self.bars))
        phase = torch.arange(samples, dtype=torch.float64) / samples * round(bars / self.bars)
        tones = [torch.sin(2 * torch.pi * 50 * (1 + n) * phase) for n in range(LAYERS * WIDTH)]
        sound = torch.einsum("bn,nt->bt", styles.flatten(1).double(), torch.stack(tones))
        noise = sample_normal(seeds, (samples,)) * 1e-4
        return ((sound.float() + noise) * self.gain)[:, None].expand(-1, self.channels, -1)

    def project(self, audio, *, bpm, label, steps, seed, show):
        self.asked.append({"audio": audio, "bpm": bpm, "label": label, "steps": steps, "seed": seed})
        show(steps, steps)
        return read_style(audio.mean(1)) * self.gain


def read_style(audio):
    """The style `(1, layers, w)` of one bar `(…, time)`."""
    spectrum = torch.fft.rfft(audio.flatten()[: audio.shape[-1]].double())
    tones = [-2 * spectrum[50 * (1 + n)].imag / audio.shape[-1] for n in range(LAYERS * WIDTH)]
    return torch.stack(tones).float().reshape(1, LAYERS, WIDTH)


@pytest.fixture
def loop_model():
    return TwoToneModel()


@pytest.fixture
def style_of():
    """`style_of(audio)`: the style that a sound of the model has."""
    return read_style


@pytest.fixture
def loop_run(monkeypatch, tmp_path):
    """A path at which the command line finds the model of loops; `make_loop_run(**…)` of another kind."""
    return _put(monkeypatch, tmp_path, TwoToneModel())


@pytest.fixture
def make_loop_run(monkeypatch, tmp_path):
    return lambda **settings: _put(monkeypatch, tmp_path, TwoToneModel(**settings))


@pytest.fixture
def noise_run(monkeypatch, tmp_path):
    """A path at which the command line finds a model that makes sound out of noise."""
    from small_sound import WAVE, small_sound

    model = small_sound(replace(WAVE, labels=("drums", "tones"), by_label=True, by_tempo=True))
    _put(monkeypatch, tmp_path, model)
    return tmp_path / "loop-run"


def _put(monkeypatch, tmp_path, model):
    monkeypatch.setattr("tritone.play.load.load", lambda *_: model)
    return tmp_path / "loop-run"
