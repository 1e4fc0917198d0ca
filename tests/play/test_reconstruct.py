"""Sound through a model and back, as `tritone reconstruct` does it."""

import numpy as np
import pytest
import soundfile
from acting import RATE

from tritone.play.load import load
from tritone.play.reconstruct import reconstruct


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("mono.wav", {}),
        ("stereo.wav", {"channels": 2}),
        ("surround.wav", {"channels": 6}),
        ("fast.wav", {"rate": 96_000, "samples": 30_001}),
        ("slow.wav", {"rate": 16_000, "samples": 9_999}),
        ("odd.flac", {"samples": 12_347}),
        ("tiny.wav", {"samples": 7}),
        ("one.wav", {"samples": 1}),
        ("eight-bit.wav", {"subtype": "PCM_U8"}),
        ("stereo.ogg", {"channels": 2}),
    ],
)
@pytest.mark.parametrize("which", ["trained", "stereo"])
def test_comes_back_with_its_own_length_rate_and_channels(request, which, audio, done, tmp_path, name, shape):
    path = audio(name, **shape)
    (written,) = done("reconstruct", request.getfixturevalue(which), path, "--out", tmp_path / "out").paths
    before, after = soundfile.info(path), soundfile.info(written)
    assert (after.frames, after.samplerate, after.channels) == (before.frames, before.samplerate, before.channels)
    assert np.isfinite(soundfile.read(written)[0]).all()


def test_channels_go_through_a_mono_model_alone_and_in_order(trained, audio, done, tmp_path):
    both = audio("both.wav", channels=2, number=3)
    left, right = tmp_path / "left.wav", tmp_path / "right.wav"
    sound = soundfile.read(both)[0]
    soundfile.write(left, sound[:, 0], RATE)
    soundfile.write(right, sound[:, 1], RATE)
    written = done("reconstruct", trained, both, left, right, "--out", tmp_path / "out", "--no-noise").paths
    results = [soundfile.read(path, always_2d=True)[0] for path in written]
    np.testing.assert_allclose(results[0], np.hstack(results[1:]), atol=1e-6)
    assert np.abs(results[1] - results[2]).max() > 1e-4


def test_same_names_in_different_folders_stay_apart(trained, audio, done, tmp_path):
    files = [audio(name, number=i) for i, name in enumerate(("a/x.wav", "b/x.wav", "b/x-2.wav", "c/X.flac"))]
    written = done("reconstruct", trained, *files, "--out", tmp_path / "out").paths
    assert len({str(path).lower() for path in written}) == 4 and all(path.is_file() for path in written)
    alone = done("reconstruct", trained, files[2], "--out", tmp_path / "alone").paths[0]
    assert written[2].read_bytes() == alone.read_bytes()


def test_a_folder_is_searched_and_hidden_files_are_left(trained, audio, done, tmp_path):
    for name in ("in/a.wav", "in/deep/er/b.flac", "in/._a.wav", "in/.trash/c.wav"):
        audio(name)
    (tmp_path / "in/notes.txt").write_text("no sound")
    written = done("reconstruct", trained, tmp_path / "in", "--out", tmp_path / "out").paths
    assert sorted(path.name for path in written) == ["a.wav", "b.wav"]


def test_never_overwrites_an_input(trained, audio, refused, tmp_path):
    path = audio("a.wav")
    before = path.read_bytes()
    assert "would overwrite" in refused("reconstruct", trained, path, "--out", tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    assert "another --out" in refused("reconstruct", trained, tmp_path / "link/a.wav", "--out", tmp_path)
    assert path.read_bytes() == before


def test_windows_give_what_the_whole_gives(trained, audio, tmp_path, monkeypatch):
    """The window's seams are not in the sound: with windows of a second, the same as in one piece."""
    model = load(trained)
    path = audio("long.wav", samples=5 * RATE + 17)
    whole = soundfile.read(reconstruct(model, [path], tmp_path / "whole", noise=False)[0])[0]
    monkeypatch.setattr("tritone.play.windows.WINDOW_SECONDS", 1)
    pieces = soundfile.read(reconstruct(model, [path], tmp_path / "pieces", noise=False)[0])[0]
    np.testing.assert_allclose(pieces, whole, atol=2e-6)


def test_dims_fidelity_and_sampling_change_the_sound(trained, audio, done, tmp_path):
    path = audio("a.wav")

    def sound(name, *options):
        return done("reconstruct", trained, path, "--out", tmp_path / name, *options).paths[0].read_bytes()

    plain = sound("plain")
    assert sound("all", "--dims", 128) == plain
    sound("full", "--fidelity", 1)
    whole = soundfile.read(tmp_path / "plain/a.wav")[0]
    np.testing.assert_allclose(soundfile.read(tmp_path / "full/a.wav")[0], whole, atol=1e-3 * np.abs(whole).max())
    assert len({plain, sound("one", "--dims", 1), sound("three", "--dims", 3), sound("s", "--sampled")}) == 4
    assert sound("s1", "--sampled", "--seed", 1) == sound("s2", "--sampled", "--seed", 1) != sound("s3", "--sampled")


def test_no_offset_with_a_model_that_returns_its_input(tmp_path, trained):
    """Reading, resampling there and back, and writing keep sound where it was: only the model is left out."""
    model = load(trained)
    model.reconstruct = lambda part, **_: part
    for rate in (44_100, 48_000, 96_000, 22_050):
        time = np.arange(rate // 2)[:, None] / rate
        sound = 0.5 * np.sin(2 * np.pi * (200 + 3000 * time) * time * [1, 1.5]) * np.sin(2 * np.pi * time) ** 2
        soundfile.write(tmp_path / f"at-{rate}.wav", sound, rate, subtype="FLOAT")
        (path,) = reconstruct(model, [tmp_path / f"at-{rate}.wav"], tmp_path / "out")
        back = soundfile.read(path, always_2d=True)[0]
        np.testing.assert_allclose(back, sound, atol=1e-4)
