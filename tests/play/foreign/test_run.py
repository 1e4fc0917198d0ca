"""Imported runs: the sound of acids-rave, whichever file it came from, and everything that a run can do."""

import re
from pathlib import Path

import acids_names
import numpy as np
import pytest
import torch
from acids_names import LITTLE, Little, discriminators, gin, state, write_checkpoint, write_export

from tritone.config import read_run_config
from tritone.errors import UserError
from tritone.families.vae.networks import build_discriminators
from tritone.play.foreign.discriminator import carry_discriminators
from tritone.play.foreign.run import import_model
from tritone.play.load import load
from tritone.training.checkpoint import read

RECORDED = np.load(Path(__file__).parent / "acids-reference.npz")
SAMPLES = 1024
LATE = 16
"""By how much acids-rave's filter bank comes late when it looks both ways."""

LIGHT = {"model": {"discriminator": {"capacity": 1}}}
"""Spares the tests the discriminators of a real size, which a run gets where the file holds none."""


def noise(samples=SAMPLES, seed=0):
    values = np.random.default_rng(seed).standard_normal((1, 1, samples)).astype(np.float32)
    return torch.from_numpy(values) * 0.3


@pytest.fixture
def with_bank(monkeypatch):
    """Little models get acids-rave's own prototype."""
    prototype = torch.from_numpy(RECORDED["prototype"])
    monkeypatch.setattr(acids_names, "state", lambda little, original=state: original(little, prototype))


@pytest.mark.parametrize("key", LITTLE)
@pytest.mark.parametrize("kind", ["ckpt", "ts", "live"])
def test_it_gives_the_sound_that_acids_rave_gave(tmp_path, with_bank, key, kind):
    little = LITTLE[key]
    if kind == "ckpt":
        source = write_checkpoint(tmp_path / "theirs", little)
    else:
        source = write_export(tmp_path / "m.ts", little, live=kind == "live")
    model = load(import_model(source, tmp_path / "run", overrides=LIGHT).run)
    ours, theirs = model.reconstruct(noise())[0, 0].numpy(), RECORDED[key]
    late = model.pqmf.delay_samples if little.causal else LATE
    end = SAMPLES - (2 * model.ratio if little.causal else 0)
    assert theirs.std() > 0.04
    assert np.abs(ours[: end - late] - theirs[late:end]).max() <= 1e-5


def test_without_the_zeros_of_its_filter_bank_a_causal_model_hears_frames_80_samples_apart(tmp_path, with_bank):
    """Theirs come 256 samples late at the encoder, and 528 in all; ours without zeros 176, which is taken out again."""
    source = write_checkpoint(tmp_path / "theirs", LITTLE["v2-causal"])
    short = {"model": {**LIGHT["model"], "pqmf": {"taps": 384}}}
    model = load(import_model(source, tmp_path / "run", overrides=short).run)
    assert model.pqmf.delay_samples == 528 - 160
    ours = model.reconstruct(torch.nn.functional.pad(noise(), (80, 0)))[0, 0, 80:].numpy()
    theirs = RECORDED["v2-causal"]
    assert np.abs(ours[: SAMPLES - 528 - 128] - theirs[528:-128]).max() <= 1e-5


def test_a_live_version_of_it_gives_the_same_sound_later(tmp_path, with_bank):
    model = load(
        import_model(write_checkpoint(tmp_path / "theirs", LITTLE["v2"]), tmp_path / "run", overrides=LIGHT).run
    )
    stream = model.streaming()
    audio = noise(8192)
    latent, _ = stream.encode(audio, stream.encoder_state())
    live, _ = stream.decode(latent, None, stream.decoder_state(first_frame=-stream.encoder_lag))
    late = stream.latency_samples
    assert torch.allclose(live[..., late:], model.reconstruct(audio)[..., :-late], atol=1e-5)


def test_the_axes_of_the_latent_are_theirs(tmp_path):
    little = LITTLE["v2"]
    model = load(import_model(write_checkpoint(tmp_path / "theirs", little), tmp_path / "run").run)
    theirs = state(little)
    mean = model.bottleneck.centre(model.encoded(noise()))
    expected = torch.einsum("ij,bjt->bit", theirs["latent_pca"], mean - theirs["latent_mean"][:, None])
    assert torch.allclose(model.encode(noise(), dims=3), expected[:, :3], atol=1e-5)
    assert model.basis.dims_for(0.9) == int((theirs["fidelity"] < 0.9).sum()) + 1


def test_the_average_is_taken_where_it_is_asked_for(tmp_path):
    whole = state(LITTLE["v2"])
    name = "decoder.net.0.weight_g"
    source = write_checkpoint(tmp_path / "theirs", LITTLE["v2"], callbacks={"EMA": {name: 2 * whole[name]}})
    raw, averaged = (import_model(source, tmp_path / str(it), averaged=it).run for it in (False, True))
    key = "decoder.trunk.0.parametrizations.weight.original0"
    values = [read(run / "checkpoints" / "step-300").weights[key] for run in (raw, averaged)]
    assert torch.equal(values[0], whole[name]) and torch.equal(values[1], 2 * whole[name])
    with pytest.raises(UserError, match="no moving average"):
        import_model(write_checkpoint(tmp_path / "without", LITTLE["v2"]), tmp_path / "run", averaged=True)


def test_the_run_says_what_it_is_and_where_it_came_from(tmp_path, done):
    source = write_checkpoint(tmp_path / "theirs", LITTLE["v2-noise"])
    outcome = done("import", source, "--out", tmp_path / "run")
    assert outcome.paths == [tmp_path / "run"]
    assert "discriminators came along" in outcome.err and "licence" in outcome.err
    config = read_run_config(tmp_path / "run")
    assert (config.preset, config.model.capacity, config.model.latent) == ("vae-v2-small", 2, 8)
    assert config.model.dilations == ((1, 3), (1,)) and config.model.stage1_steps == 200
    assert config.model.noise.ratios == (2, 2) and config.model.noise.bands == 5 and config.model.noise.hidden == 3
    card = (tmp_path / "run" / "README.md").read_text()
    assert "best.ckpt" in card and "CC BY-NC" in card and "license: unknown" in card
    assert "acids" not in done("inspect", tmp_path / "run").err
    assert (tmp_path / "run" / "checkpoints" / "latest").read_text() == "step-300\n"


def test_training_goes_on_from_it_with_their_discriminators(tmp_path, data, done):
    source = write_checkpoint(tmp_path / "theirs", LITTLE["v2"])
    small = ("--training.batch", "1", "--training.crop_samples", "16448", "--training.validation_crops", "1")
    done("import", source, "--out", tmp_path / "run", *small, "--training.previews", "0")
    before = read(tmp_path / "run" / "checkpoints" / "step-300")
    judges = before.training["helpers"]["discriminators"]
    theirs = discriminators(2, "v2")["discriminator.discriminators.1.layers.0.net.2.weight_v"]
    assert torch.equal(judges["scale.nets.0.layers.1.direction"], theirs.permute(0, 2, 1))
    done("train", "vae", data, "--out", tmp_path / "run", "--steps", "302")
    after = read(tmp_path / "run" / "checkpoints" / "step-302")
    name = "decoder.head.parametrizations.weight.original1"
    assert not torch.equal(after.weights[name], before.weights[name])
    name = "encoder.layers.0.parametrizations.weight.original1"
    assert torch.equal(after.weights[name], before.weights[name])  # stage 2: the encoder rests
    assert "CC BY-NC" in (tmp_path / "run" / "README.md").read_text()


def test_discriminators_of_another_kind_stay_behind(tmp_path):
    config = import_model(write_export(tmp_path / "m.ts", LITTLE["v2"]), tmp_path / "run")
    assert any("not in the file" in note for note in config.notes)
    target = build_discriminators(config.config.model)
    assert not carry_discriminators({"discriminator.discriminators.0.unknown": torch.zeros(1)}, target, "rave", 5)
    assert not carry_discriminators(discriminators(3, "v2"), target, "rave", 5)


def changed(text, old, new):
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("CAPACITY = 2", "CAPACITY = 4", "says capacity 4, but the weights have 2"),
        ("LATENT_SIZE = 8", "LATENT_SIZE = 16", "latent size 16"),
        ("RATIOS = [2, 2]", "RATIOS = [4, 2]", r"ratios \[4, 2\]"),
        ("[[1, 3], [1]]", "[[1], [1]]", "residual units"),
        ("VariationalEncoder", "StrangeEncoder", "StrangeEncoder"),
        ("VariationalEncoder", "SphericalEncoder", "of another kind"),
        ("convs.get_padding.mode = 'centered'\nv", "convs.get_padding.mode = 'causal'\nv", "different paddings"),
        ("variational/blocks.EncoderV2.ratios", "blocks.GeneratorV2.keep_dim = True\nx.y.z", "keep_dim"),
        ("model.RAVE.weights", "model.RAVE.output_mode = 'raw'\nmodel.RAVE.weights", "output_mode"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(tmp_path, refused, old, new, words):
    source = write_checkpoint(tmp_path / "theirs", LITTLE["v2"])
    (tmp_path / "theirs" / "config.gin").write_text(changed(gin(LITTLE["v2"]), old, new))
    assert re.search(words, refused("import", source, "--out", tmp_path / "run"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("pqmf.h"), "no pqmf.h"),
        (lambda s: s.update({"decoder.net.99.gru.weight_ih_l0": torch.zeros(2, 2)}), "recurrent"),
        (lambda s: s.update({"encoder.encoder.net.0.weight_v": torch.zeros(2, 80, 7)[:, :79]}), "whole number"),
        (lambda s: s.update({"decoder.net.2.weight_v": torch.zeros(8, 4, 16)}), "mirrors"),
        (lambda s: s.update({"decoder.net.0.bias": torch.zeros(8)}), "other parts"),
    ],
)
def test_weights_that_the_family_does_not_hold_are_refused(tmp_path, refused, change, words):
    source = write_checkpoint(tmp_path / "theirs", LITTLE["v2"])
    content = torch.load(source, weights_only=True)
    change(content["state_dict"])
    torch.save(content, source)
    assert words in refused("import", source, "--out", tmp_path / "run")


def test_what_is_missing_or_in_the_way_is_named(tmp_path, refused):
    source = write_checkpoint(tmp_path / "theirs", LITTLE["v2"])
    alone = tmp_path / "elsewhere" / "a" / "b" / "c" / "m.ckpt"
    alone.parent.mkdir(parents=True)
    alone.write_bytes(source.read_bytes())
    assert "config.gin" in refused("import", alone, "--out", tmp_path / "run")
    assert "no file" in refused("import", tmp_path / "none.ckpt", "--out", tmp_path / "run")
    assert "neither" in refused("import", tmp_path / "theirs" / "config.gin", "--out", tmp_path / "run")
    assert "not empty" in refused("import", source, "--out", tmp_path / "theirs")
    assert "no option --outt" in refused("import", source, "--out", tmp_path / "run", "--outt", "x")
    export = write_export(tmp_path / "m.ts", Little(channels=2))
    assert "leave --averaged out" in refused("import", export, "--out", tmp_path / "run", "--averaged")


def test_the_config_of_a_checkpoint_can_be_named(tmp_path, done):
    source = write_checkpoint(tmp_path / "theirs", LITTLE["v2"])
    elsewhere = tmp_path / "other.gin"
    (tmp_path / "theirs" / "config.gin").rename(elsewhere)
    done("import", source, "--out", tmp_path / "run", "--config", elsewhere)


def test_stereo_weights_make_a_stereo_model(tmp_path):
    run = import_model(write_export(tmp_path / "m.ts", Little(channels=2)), tmp_path / "run", overrides=LIGHT).run
    sound = noise(4096).repeat(1, 2, 1)
    assert load(run).reconstruct(sound).shape == sound.shape
