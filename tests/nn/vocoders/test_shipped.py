from importlib.resources import files

import pytest
import soundfile
import torch

from tritone.assets import LOOPS
from tritone.errors import UserError
from tritone.nn.losses import SpectralDistance
from tritone.nn.mel_frames import MelFrames
from tritone.nn.vocoders import build_vocoder
from tritone.nn.vocoders.loop import render_loop
from tritone.nn.vocoders.shipped import SHIPPED, load_shipped


@pytest.mark.parametrize("name", SHIPPED)
def test_it_is_small_and_its_card_says_what_it_is(name):
    folder = files("tritone") / "assets" / "vocoders" / name
    assert len((folder / "model.safetensors").read_bytes()) < 8 * 2**20
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "license: cc0-1.0" in card
    for said in ("## Data", "## Training", "## Figures", "## What it does badly"):
        assert said in card


@pytest.mark.parametrize("name", SHIPPED)
def test_it_makes_recorded_loops_better_than_an_untrained_one(name):
    """A recorded loop that it was not trained on, by way of a grid as a loop model's."""
    config, weights = load_shipped(name)
    assert (config.mel.rate, config.channels) == (44_100, 2)
    assert all(value.dtype == torch.float32 for value in weights.values())
    trained, untrained = build_vocoder(config).eval(), build_vocoder(config).eval()
    trained.load_state_dict(weights)
    sound, rate = soundfile.read(LOOPS / "breakbeat_126bpm.ogg", always_2d=True, dtype="float32")
    assert rate == 44_100
    audio = torch.from_numpy(sound.T).expand(2, -1)[None]
    samples = audio.shape[-1]
    grid = MelFrames(config.mel).on_grid(audio, torch.tensor([samples]), 384)
    distance = SpectralDistance(epsilon=1e-4)
    with torch.inference_mode():
        ours, theirs = (distance(render_loop(each, grid, samples), audio) for each in (trained, untrained))
    assert ours < 0.95 * theirs


def test_another_name_is_refused():
    with pytest.raises(UserError, match="loops-44k"):
        load_shipped("loops-44")
