"""Models that ship: by name, listed, slim, and brought from elsewhere."""

import json
import shutil
import sys
import types

import pytest
import torch
from safetensors.torch import save_file

from tritone.errors import UserError
from tritone.play.fetch import fetch_model
from tritone.play.load import load
from tritone.shipped import FOLDER, located, shipped_models, shipped_names
from tritone.training.slim import from_eight, read_weights, slim, to_eight


def test_all_together_fit_in_40_megabytes_and_name_no_path():
    assert sum(model.weights_bytes for model in shipped_models()) <= 40_000_000
    for name in shipped_names():
        settings = (FOLDER / name / "config.yaml").read_text()
        assert "data: /" not in settings and "_from: /" not in settings and "teacher: /" not in settings


@pytest.mark.parametrize("name", shipped_names())
def test_each_plays_by_name(name):
    model = load(f"demo:{name}")
    sound = model.generate(1, 1.0, [3])
    assert torch.isfinite(sound).all() and sound.abs().max() > 0.01


def test_list_and_card(done):
    listed = json.loads(done("models", "--json").out)
    assert {one["name"] for one in listed} == {f"demo:{name}" for name in shipped_names()}
    assert done("models", "gan-drums").out == done("models", "demo:gan-drums").out
    assert {"gan", "vae", "diffusion"} == {one["family"] for one in listed}


def test_unknown_name_is_refused(refused, tmp_path):
    assert "did you mean gan-drums" in refused("generate", "demo:gan-drum", "--out", tmp_path)


def test_eight_bits_are_off_by_at_most_half_a_step():
    value = torch.randn(7, 13, 11, generator=torch.Generator().manual_seed(1))
    whole, scale = to_eight(value)
    back = from_eight(whole, scale)
    step = scale.float().repeat_interleave(64)[: value.numel()].reshape(value.shape)
    assert ((back - value).abs() <= 0.51 * step + 1e-3 * value.abs()).all()
    assert whole.dtype == torch.int8 and back.shape == value.shape


def test_parts_come_from_the_model_that_holds_them(tmp_path):
    vae = read_weights(FOLDER / "vae-guitar" / "model.safetensors")
    whole = {**{f"codec.{name}": value for name, value in vae.items()}, "own": torch.ones(3)}
    file = tmp_path / "model.safetensors"
    file.write_bytes(slim(whole, form="half", parts={"codec.": "demo:vae-guitar"}))
    assert file.stat().st_size < 1000
    back = read_weights(file)
    assert back.keys() == whole.keys() and all(torch.equal(back[name], whole[name]) for name in whole)
    file.write_bytes(slim(whole, form="half", parts={"codec.": "demo:diffusion-drums"}))
    with pytest.raises(UserError, match="not whole"):
        read_weights(file)


def test_load_from_folder_address_and_memory(tmp_path, done):
    source = located("demo:vae-guitar")
    done("load", source, "--out", tmp_path / "a")
    done("load", source.as_uri(), "--out", tmp_path / "b")
    import fsspec

    memory = fsspec.filesystem("memory")
    for name in ("config.yaml", "model.safetensors"):
        memory.pipe(f"/guitar/{name}", (source / name).read_bytes())
    fetch_model("memory://guitar", tmp_path / "c")
    heard = [load(path).generate(1, 0.5, [1]) for path in (source, *(tmp_path / each for each in "abc"))]
    assert all(torch.equal(heard[0], other) for other in heard[1:])


def test_load_from_a_hub(tmp_path, monkeypatch):
    class EntryNotFoundError(Exception):
        pass

    def download(repository, file, revision=None):
        assert (repository, revision) == ("someone/guitar", "v1")
        path = located("demo:vae-guitar") / file.removeprefix("small/")
        if not path.is_file():
            raise EntryNotFoundError(file)
        return str(path)

    hub, errors = types.ModuleType("huggingface_hub"), types.ModuleType("huggingface_hub.errors")
    hub.hf_hub_download, errors.EntryNotFoundError = download, EntryNotFoundError
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    monkeypatch.setitem(sys.modules, "huggingface_hub.errors", errors)
    made = fetch_model("hf://someone/guitar/small@v1", tmp_path / "run")
    assert "hf://someone/guitar/small@v1" in (made.run / "README.md").read_text()
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match="huggingface_hub"):
        fetch_model("hf://someone/guitar", tmp_path / "other")


def test_load_refuses_what_is_no_model(tmp_path, refused):
    source = tmp_path / "source"
    source.mkdir()
    assert "config.yaml" in refused("load", source, "--out", tmp_path / "run")
    shutil.copy(located("demo:vae-guitar") / "config.yaml", source)
    (source / "model.safetensors").write_bytes(b"\x80\x04pickle")
    assert "damaged" in refused("load", source, "--out", tmp_path / "run")
    save_file({"x": torch.ones(2)}, source / "model.safetensors")
    assert "another architecture" in refused("load", source, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()
