"""Styles in files for nn~: learned while it plays as the stream in Python learns them, forgotten, kept by reset."""

import pytest
import torch
from loud import loud

from tritone.errors import UserError
from tritone.play.export import nn_verify
from tritone.play.export.nn import load, scripted, write

NAMES = ["style", "learn_target", "learn_source", "reset_target", "reset_source"]
BEHIND = 8
"""Frames of silence that flush whatever a file still holds."""
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


@pytest.fixture(scope="module", params=["vae-v3", "vae-v3-causal"])
def model(request):
    return loud(request.param).model


@pytest.fixture(scope="module")
def written(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("nn") / "style.ts"
    return path, write(model, path, dims=model.basis.dims, noise=False)


@pytest.fixture
def file(written):
    with torch.inference_mode():
        yield load(written[0])


def sound(model, seed, frames=24):
    generator = torch.Generator().manual_seed(seed)
    samples = frames * model.ratio
    tone = torch.sin(torch.arange(samples) * 0.02 * (seed + 1)).expand(1, model.channels, -1)
    return (0.1 + 0.2 * seed) * torch.randn(1, model.channels, samples, generator=generator) + 0.3 * tone


def played(file, model, audio):
    return torch.cat([file.forward(block) for block in audio.split(3 * model.ratio, -1)], -1)


def learn(file, model, kind, audio):
    getattr(file, f"set_learn_{kind}")(True)
    played(file, model, audio)
    getattr(file, f"set_learn_{kind}")(False)


def apart(one, other):
    return float((one - other).abs().max() / other.abs().max())


def test_the_attributes_are_there_by_name_and_type(file):
    assert [name for name in file.get_attributes() if name in NAMES] == NAMES
    assert [int(getattr(file, f"{name}_params")) for name in NAMES] == [2, 0, 0, 0, 0]
    assert file.get_style() == 1.0 and file.set_style(0.25) == 0 and file.get_style() == 0.25
    assert file.set_style(1.5) == -1 and file.set_style(-0.1) == -1 and file.get_style() == 0.25
    for name in NAMES[1:]:
        assert getattr(file, f"get_{name}")() is False


def test_models_without_adaptive_norm_have_none():
    stream = loud("vae-v2").model.streaming()
    assert not set(NAMES) & set(scripted(stream).get_attributes())


def test_export_says_how_far_styles_are_from_the_model(written):
    assert written[1]["differences"]["style"] <= 1e-5


def test_a_style_is_heard_turned_down_and_forgotten(file, model):
    source, target = sound(model, 0), sound(model, 1)
    plain = played(file, model, source)
    file.set_reset(True)
    learn(file, model, "target", target)
    learn(file, model, "source", source)
    file.set_reset(True)  # which keeps what was learned
    styled = played(file, model, source)
    assert apart(styled, plain) > 0.05
    file.set_style(0.0)
    played(file, model, torch.zeros(1, model.channels, 3 * model.ratio))  # it glides over a block
    file.set_reset(True)
    assert apart(played(file, model, source), plain) <= 1e-5
    file.set_style(1.0)
    file.set_reset_target(True)
    file.set_reset(True)
    assert apart(played(file, model, source), plain) <= 1e-5


def test_a_target_does_not_depend_on_the_size_of_blocks(file, model):
    target = sound(model, 1)
    file.set_learn_target(True)
    whole = file.forward(target)
    states = [state.clone() for state in file.forward_decode_state]
    file.set_reset_target(True)
    file.set_learn_target(False)
    file.set_reset(True)
    file.set_learn_target(True)
    parts = played(file, model, target)
    assert apart(parts, whole) <= 1e-5
    for slot in file.decoder_styles:
        torch.testing.assert_close(file.forward_decode_state[slot][:, 7:], states[slot][:, 7:], rtol=1e-4, atol=1e-5)


class Deaf:
    """A file that never learns."""

    def __init__(self, file):
        self.file = file

    def __getattr__(self, name):
        return (lambda on: 0) if name.startswith("set_learn") else getattr(self.file, name)


def test_verification_finds_a_file_that_does_not_learn(file, model):
    stream = model.streaming(dims=model.basis.dims, noise=False, learning=True)
    assert nn_verify.verify(file, model, stream)["style"] <= 1e-5
    with pytest.raises(UserError, match="in style"):
        nn_verify.verify(Deaf(file), model, stream)
