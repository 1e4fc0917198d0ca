"""Sound at a low rate to sound at the model's, as `tritone upsample` does it."""

import numpy as np
import pytest
import soundfile
import torch

from tritone.families.base import Synthesizer
from tritone.nn.noise import sample_normal


class Repeater(Synthesizer):
    """Holds every sample, with a little noise, until the next one is due."""

    controls = ("steps", "show")

    def __init__(self):
        super().__init__()
        self.sample_rate, self.channels = 48_000, 1
        self.gain, self.asked = torch.nn.Parameter(torch.ones(())), []

    def capabilities(self):
        return frozenset({"upsample"})

    @torch.no_grad()
    def upsample(self, audio, rate, seeds, *, steps=2, show=lambda done, total: None):
        self.asked.append((tuple(audio.shape), rate, list(seeds), steps))
        samples = round(audio.shape[-1] * self.sample_rate / rate)
        held = audio[..., (torch.arange(samples) * rate) // self.sample_rate]
        show(steps, steps)
        return held * self.gain + 1e-3 * sample_normal(seeds, (1, samples))


@pytest.fixture
def repeater(monkeypatch):
    model = Repeater()
    monkeypatch.setattr("tritone.play.load.load", lambda *_: model)
    return model


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16_000, 2), (44_100, 1)])
def test_files_come_out_at_the_models_rate(repeater, done, audio, tmp_path, rate, channels):
    path = audio("low.wav", samples=801, rate=rate, channels=channels)
    (made,) = done("upsample", "run", path, "--out", tmp_path / "o", "--seed", 5, "--steps", 3).paths
    info = soundfile.info(made)
    assert (info.samplerate, info.channels, made.name) == (48_000, channels, "low.wav")
    assert info.frames == round(801 * 48_000 / rate)
    ((shape, told, seeds, steps),) = repeater.asked
    assert (shape, told, steps) == ((channels, 1, 801), rate, 3) and len(set(seeds)) == 1
    given, sound = (soundfile.read(each, always_2d=True)[0] for each in (path, made))
    places = np.arange(info.frames) * rate // 48_000
    assert np.abs(sound - given[places]).max() < 0.01


def test_same_seed_same_bytes(repeater, done, audio, tmp_path):
    path = audio("low.wav", samples=80, rate=8000)
    files = [done("upsample", "run", path, "--out", tmp_path / str(i), "--seed", seed).paths[0]
             for i, seed in enumerate((1, 1, 2))]  # fmt: skip
    first, again, other = (each.read_bytes() for each in files)
    assert first == again != other


def test_a_file_whose_upper_band_is_empty(repeater, done, refused, audio, tmp_path):
    path = audio("wide.wav", samples=4800, rate=48_000)
    out = ("upsample", "run", path, "--out", tmp_path / "o")
    assert "say with --rate" in refused(*out)
    done(*out, "--rate", 12_000)
    assert repeater.asked[-1][:2] == ((1, 1, 1200), 12_000)
    assert "--rate 96000 is above the 48000 Hz" in refused(*out, "--rate", 96_000)


def test_mistakes(repeater, refused, audio, tmp_path, trained, monkeypatch):
    path = audio("low.wav", samples=80, rate=8000)
    out = ("--out", tmp_path / "o")
    assert "no control sampler; its controls are steps" in refused("upsample", "run", path, *out, "--sampler", "ddim")
    assert "did you mean ddim" in refused("upsample", "run", path, *out, "--sampler", "dim")
    assert "--steps" in refused("upsample", "run", path, *out, "--steps", 0)
    assert "nowhere.wav" in refused("upsample", "run", tmp_path / "nowhere.wav", *out)
    monkeypatch.undo()
    assert "cannot upsample" in refused("upsample", trained, path, *out)
    assert not (tmp_path / "o").exists()
