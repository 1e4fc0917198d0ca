"""The model whose latents are diffused: found, refused, and the latents of the data made with it."""

import errno
import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from acting import hit
from small_codec import NANO, data_and_codec
from sounds import RATE

from tritone.config import from_yaml, make_config, to_yaml
from tritone.data.prepare import prepare
from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.families import FAMILIES, codec
from tritone.families.diffusion.codec import fetch_codec, with_latents
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.domain import build_domain
from tritone.training.run import Run


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """A dataset, and a VAE of it after 2 steps. Do not write into it."""
    return data_and_codec(tmp_path_factory.mktemp("once"))


@pytest.fixture
def place(made_once, tmp_path):
    """A copy of data and codec to write into."""
    shutil.copytree(made_once, tmp_path / "here")
    return tmp_path / "here"


def asked(place, **settings):
    return Config(sample_rate=RATE, channels=1, codec_from=str(place / "vae"), **settings)


def filled(place):
    return with_latents(asked(place), Dataset.open(place / "data"))


def test_codec_and_latents_are_filled_in(place):
    config = filled(place)
    assert config.codec.family == "vae" and config.codec.step == 2 and config.codec_from == str(place / "vae")
    assert config.codec.model["capacity"] == NANO.capacity
    latents, data = Dataset.open(place / "data" / config.latents), Dataset.open(place / "data")
    model = Run(place / "vae").load()
    assert latents.ratio == 32 and latents.channels == NANO.latent and latents.summary["latents_of"] == "vae, step 2"
    for item, sound in zip(latents.items, data.items, strict=True):
        whole = model.encode(torch.from_numpy(data.read(sound, 0, sound.frames))[None])[0].numpy()
        assert np.abs(whole).max() > 0.01
        np.testing.assert_allclose(latents.read(item, 0, item.frames), whole, rtol=1e-3, atol=1e-3)


def test_config_survives_its_file(place, monkeypatch):
    monkeypatch.setitem(FAMILIES, "diffusion", "tritone.families.diffusion")
    config = filled(place)
    run = make_config("diffusion", {"model": {"codec_from": str(place / "vae")}})
    assert from_yaml(to_yaml(replace(run, model=config)), "here").model == config


def test_latents_are_made_once(place, monkeypatch):
    config = filled(place)
    monkeypatch.setattr(codec, "write_latents", None)
    assert filled(place) == config and with_latents(config, Dataset.open(place / "data")) == config
    monkeypatch.undo()
    other = replace(asked(place), by_seconds=True)
    assert with_latents(other, Dataset.open(place / "data")).latents == config.latents


def test_other_weights_settings_or_data_have_other_latents(place, made_once):
    config, data = filled(place), Dataset.open(place / "data")
    weights = place / "vae" / "checkpoints" / "step-2" / "model.safetensors"
    found = {config.latents.removeprefix("latents/"), codec.fingerprint(config.codec, weights, data)}
    assert len(found) == 1
    found.add(codec.fingerprint(replace(config.codec, model={**config.codec.model, "latent": 7}), weights, data))
    other = place / "vae" / "checkpoints" / "step-0" / "model.safetensors"
    found.add(codec.fingerprint(config.codec, other, data))
    index = place / "data" / "index.json"
    index.write_text(index.read_text().replace("00.wav", "07.wav"))
    found.add(codec.fingerprint(config.codec, weights, data))
    assert len(found) == 4


@pytest.mark.parametrize("harm", ["no index", "half an index", "short shard", "left over"])
def test_latents_that_are_not_whole_are_made_again(place, harm):
    config = filled(place)
    latents = place / "data" / config.latents
    shard = latents / "shards" / "00000.pcm"
    before = shard.read_bytes()
    if harm == "no index":
        (latents / "index.json").unlink()
    elif harm == "half an index":
        (latents / "index.json").write_text((latents / "index.json").read_text()[:-200])
    elif harm == "short shard":
        shard.write_bytes(before[:-2])
    else:
        latents.rename(latents.with_name(f".{latents.name}.tmp"))
    assert filled(place) == config == with_latents(config, Dataset.open(place / "data"))
    assert shard.read_bytes() == before
    assert sorted(path.name for path in latents.parent.iterdir()) == sorted([latents.name, ".lock"])


def test_interrupted_encoding_leaves_nothing_that_is_believed(place, monkeypatch):
    def broken(unfinished, *rest):
        (unfinished / "index.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setattr(codec, "write_latents", broken)
    with pytest.raises(KeyboardInterrupt):
        filled(place)
    assert [path.name for path in (place / "data" / "latents").iterdir()] == [".lock"]


def test_the_second_process_waits_for_the_first(place, monkeypatch):
    calls, results, real = [], [], codec.write_latents

    def slow(*arguments):
        calls.append(1)
        threading.Event().wait(0.5)
        real(*arguments)

    monkeypatch.setattr(codec, "write_latents", slow)
    threads = [threading.Thread(target=lambda: results.append(filled(place))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1 and len(results) == 3 and results[0] == results[1] == results[2]


def test_full_disk_is_one_sentence(place, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(codec, "write_latents", full)
    with pytest.raises(UserError, match=r"could not be written .the disk is full."):
        filled(place)


def test_a_run_goes_on_without_its_codec_while_the_latents_are_there(place):
    config = filled(place)
    shutil.rmtree(place / "vae")
    assert with_latents(config, Dataset.open(place / "data")) == config
    shutil.rmtree(place / "data" / "latents")
    with pytest.raises(UserError, match=r"neither the latents of the data nor the run .*vae"):
        with_latents(config, Dataset.open(place / "data"))
    with pytest.raises(UserError, match=r"there is no run .*vae; give one of `tritone train vae`"):
        filled(place)


def test_a_run_does_not_go_on_with_latents_of_what_the_data_was(place):
    config, index = filled(place), place / "data" / "index.json"
    index.write_text(index.read_text().replace("00.wav", "07.wav"))
    with pytest.raises(UserError, match="was prepared again since this run began"):
        with_latents(config, Dataset.open(place / "data"))
    assert filled(place).latents != config.latents


def test_latents_that_are_gone_are_made_from_the_same_step(place):
    config = filled(place)
    shutil.rmtree(place / "data" / "latents")
    checkpoints = place / "vae" / "checkpoints"
    shutil.copytree(checkpoints / "step-2", checkpoints / "step-3")
    (checkpoints / "latest").write_text("step-3\n")
    assert with_latents(config, Dataset.open(place / "data")) == config
    assert filled(place).codec.step == 3


def test_what_is_no_codec_is_refused(place, monkeypatch):
    data = Dataset.open(place / "data")
    with pytest.raises(UserError, match="is not a run folder"):
        with_latents(replace(asked(place), codec_from=str(place / "data")), data)
    with pytest.raises(UserError, match=r"sample_rate 16000, but .*data has 8000"):
        data.sample_rate = 8000
        with_latents(asked(place), data)
    with pytest.raises(UserError, match=r"channels 1, but .*data has 2"):
        data.sample_rate, data.channels = RATE, 2
        with_latents(asked(place), data)
    with monkeypatch.context() as changed:
        changed.setattr("tritone.families.vae.model.VAE.facts", lambda self: {"codes": 1024})
        with pytest.raises(UserError, match="are codes, between which nothing lies"):
            filled(place)
    monkeypatch.setattr("tritone.families.vae.model.VAE.capabilities", lambda self: frozenset({"generate"}))
    with pytest.raises(UserError, match="cannot encode and decode, it can generate"):
        filled(place)


def test_a_codec_that_was_never_trained_is_refused(place):
    shutil.rmtree(place / "vae" / "checkpoints" / "step-2")
    (place / "vae" / "checkpoints" / "latest").write_text("step-0\n")
    with pytest.raises(UserError, match=r"never trained .it is at step 0.*train it first"):
        filled(place)


def test_weights_are_fetched_once_and_not_missed_when_they_are_gone(place):
    config = filled(place)
    domain, own = build_domain(config), Run(place / "vae").load().state_dict()
    assert not domain.fetched
    fetch_codec(domain, config)
    assert domain.fetched
    for name, value in domain.codec.state_dict().items():
        assert torch.equal(value, own[name]), name
    shutil.rmtree(place / "vae")
    fresh = build_domain(config)
    fetch_codec(fresh, config)
    assert not fresh.fetched
    fetch_codec(build_domain(Config(channels=1)), Config(channels=1))


def test_a_model_that_ships_serves_by_its_name(tmp_path):
    """Its latents, its weights for the copy, and the same settings when the run goes on."""
    with_sound = tmp_path / "sound"
    with_sound.mkdir()
    for number in range(4):
        soundfile.write(with_sound / f"{number}.wav", hit(number, samples=44_100), 44_100)
    prepare([with_sound], tmp_path / "data")
    dataset = Dataset.open(tmp_path / "data")
    config = with_latents(Config(sample_rate=44_100, channels=1, codec_from="demo:vae-drums"), dataset)
    assert (config.codec_from, config.codec.family, config.codec.step) == ("demo:vae-drums", "vae", 0)
    assert with_latents(config, dataset) == config
    model, latents = Run("demo:vae-drums").load(), Dataset.open(dataset.path / config.latents)
    assert latents.summary["latents_of"] == "demo:vae-drums" and latents.channels == 128
    weights = codec.trained_weights(config.codec_from, config.codec)
    assert weights.keys() == model.state_dict().keys()
    assert all(torch.equal(weights[name], value) for name, value in model.state_dict().items())
    with pytest.raises(UserError, match="tritone models"):
        with_latents(Config(sample_rate=44_100, channels=1, codec_from="demo:vae-drum"), dataset)
