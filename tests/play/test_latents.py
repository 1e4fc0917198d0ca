"""Sound to latents and back, as `tritone encode` and `tritone decode` do it."""

import numpy as np
import pytest
import soundfile
import torch
from acting import RATE, TINY
from safetensors import safe_open
from safetensors.torch import save_file

from tritone.play.load import load


def sound(path):
    return soundfile.read(path, always_2d=True)[0]


@pytest.mark.parametrize("which", ["trained", "stereo"])
@pytest.mark.parametrize("shape", [{"samples": 12_347}, {"channels": 2, "samples": 9_001}, {"channels": 6}])
def test_there_and_back_equals_reconstruct(request, which, audio, done, tmp_path, shape):
    run, path = request.getfixturevalue(which), audio("a.wav", **shape)
    (latent,) = done("encode", run, path, "--out", tmp_path / "latents").paths
    (decoded,) = done("decode", run, latent, "--out", tmp_path / "decoded").paths
    (direct,) = done("reconstruct", run, path, "--out", tmp_path / "direct").paths
    assert soundfile.info(decoded).frames == soundfile.info(path).frames
    np.testing.assert_allclose(sound(decoded), sound(direct), atol=1e-6)


def test_a_file_at_another_rate_comes_back_at_the_models_rate(trained, audio, done, tmp_path):
    path = audio("fast.wav", rate=96_000, samples=96_000)
    (latent,) = done("encode", trained, path, "--out", tmp_path).paths
    (decoded,) = done("decode", trained, latent, "--out", tmp_path).paths
    assert (soundfile.info(decoded).samplerate, soundfile.info(decoded).frames) == (RATE, RATE)


def test_what_the_files_hold(trained, audio, done, tmp_path):
    path = audio("a.wav", samples=10_240, channels=2)
    (latent,) = done("encode", trained, path, "--out", tmp_path, "--dims", 5).paths
    with safe_open(latent, "pt") as file:
        assert file.get_tensor("latent").shape == (2, 5, 10)
        facts = {"samples": "10240", "channels": "2", "sample_rate": "44100", "ratio": "1024"}
        assert file.metadata() == {**facts, "latent_space": load(trained).facts()["latent_space"]}
    (array,) = done("encode", trained, path, "--out", tmp_path, "--dims", 5, "--format", "npy").paths
    with safe_open(latent, "pt") as file:
        np.testing.assert_array_equal(np.load(array), file.get_tensor("latent").numpy())


def test_arrays_of_ones_own(trained, done, tmp_path):
    np.save(tmp_path / "line.npy", np.random.default_rng(0).standard_normal((3, 20)))
    np.save(tmp_path / "half.npy", np.zeros((1, 128, 4), np.float16))
    one, other = done("decode", trained, tmp_path / "line.npy", tmp_path / "half.npy", "--out", tmp_path / "out").paths
    assert soundfile.info(one).frames == 20 * 1024 and soundfile.info(other).frames == 4 * 1024


def test_fill_draws_what_is_missing_from_the_seed(trained, done, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 8), np.float32))

    def decoded(name, *options):
        return done("decode", trained, tmp_path / "a.npy", "--out", tmp_path / name, *options).paths[0].read_bytes()

    assert decoded("1", "--fill") == decoded("2", "--fill") != decoded("3", "--fill", "--seed", 1) != decoded("4")


def test_windows_give_what_the_whole_gives(trained, audio, done, tmp_path, monkeypatch):
    path = audio("long.wav", samples=4 * RATE + 17)
    (whole,) = done("encode", trained, path, "--out", tmp_path / "whole").paths
    (sound_whole,) = done("decode", trained, whole, "--out", tmp_path / "whole").paths
    monkeypatch.setattr("tritone.play.windows.WINDOW_SECONDS", 1)
    (pieces,) = done("encode", trained, path, "--out", tmp_path / "pieces").paths
    (sound_pieces,) = done("decode", trained, whole, "--out", tmp_path / "pieces").paths
    with safe_open(whole, "pt") as one, safe_open(pieces, "pt") as other:
        torch.testing.assert_close(other.get_tensor("latent"), one.get_tensor("latent"), atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(sound(sound_pieces), sound(sound_whole), atol=2e-6)


class Boom:
    """What a stranger may have put into a file: unpickled, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_pickled_objects_are_never_loaded(trained, refused, tmp_path):
    np.save(tmp_path / "bad.npy", np.array([Boom(str(tmp_path / "boom"))], dtype=object), allow_pickle=True)
    assert "bad.npy holds no latents" in refused("decode", trained, tmp_path / "bad.npy", "--out", tmp_path / "out")
    assert not (tmp_path / "boom").exists() and not (tmp_path / "out").exists()


def broken(folder):
    """Latents that no model can take, by the words of the sentence that says so."""
    np.save(folder / "whole.npy", np.zeros((4, 8), np.int32))
    np.save(folder / "flat.npy", np.zeros(8, np.float32))
    np.save(folder / "empty.npy", np.zeros((4, 0), np.float32))
    np.save(folder / "nan.npy", np.full((4, 8), np.nan, np.float32))
    np.save(folder / "many.npy", np.zeros((129, 8), np.float32))
    (folder / "nothing.npy").write_bytes(b"")
    (folder / "text.npy").write_text("hello")
    good = (folder / "flat.npy").read_bytes()
    (folder / "cut.npy").write_bytes(good[:-5])
    (folder / "text.safetensors").write_text("hello")
    save_file({"other": torch.zeros(1, 4, 8)}, folder / "other.safetensors")
    save_file({"latent": torch.zeros(1, 4, 8)}, folder / "rate.safetensors", {"sample_rate": "48000"})
    save_file({"latent": torch.zeros(1, 4, 8)}, folder / "ratio.safetensors", {"ratio": "2048"})
    return {
        "whole.npy": "int32", "flat.npy": r"shape \(8,\)", "empty.npy": r"shape \(1, 4, 0\)", "nan.npy": "not finite",
        "many.npy": "at most 128", "nothing.npy": "no latents", "text.npy": "no latents", "cut.npy": "no latents",
        "text.safetensors": "no latents", "other.safetensors": "no latents",
        "rate.safetensors": "sample_rate 48000", "ratio.safetensors": "ratio 2048", "missing.npy": "no file",
    }  # fmt: skip


def test_broken_latents_are_refused(trained, refused, tmp_path):
    import re

    for name, words in broken(tmp_path).items():
        sentence = refused("decode", trained, tmp_path / name, "--out", tmp_path / "out")
        assert re.search(words, sentence), (name, sentence)
        if name != "many.npy":
            assert name in sentence
        assert not (tmp_path / "out").exists()


def test_latents_of_another_model_are_refused_with_the_reason(trained, data, audio, done, refused, tmp_path):
    other = tmp_path / "other"
    done("train", "vae", data, "--out", other, *TINY, "--steps", 2, "--training.seed", 7)
    (latent,) = done("encode", trained, audio("a.wav"), "--out", tmp_path).paths
    assert "latents of another model" in refused("decode", other, latent, "--out", tmp_path / "no")
    assert not (tmp_path / "no").exists()
    (array,) = done("encode", trained, audio("a.wav"), "--out", tmp_path, "--format", "npy").paths
    done("decode", other, array, "--out", tmp_path / "out")


def test_latents_stay_valid_while_only_the_decoder_learns(data, audio, done, tmp_path):
    run = tmp_path / "run"
    settings = (*TINY, "--model.stage1_steps", 2, "--training.ema", 0)
    done("train", "vae", data, "--out", run, *settings, "--steps", 2)
    (latent,) = done("encode", run, audio("a.wav"), "--out", tmp_path / "latents").paths
    done("train", "vae", data, "--out", run, *settings, "--steps", 4)
    done("decode", run, latent, "--out", tmp_path / "out")
