"""Rows of sounds: which windows they are of, and that they are what the networks themselves give."""

import gc
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch
import torch
from sets_of_sound import noise

from tritone.errors import UserError
from tritone.judge import logmel
from tritone.judge.clips import Clip, Clips
from tritone.judge.embeddings import EMBEDDINGS, Embedded, load_embedding
from tritone.nn.feature_networks import load_network

RATE = 16_000


@pytest.fixture(scope="module")
def musicnn():
    return load_embedding("musicnn-mtt")


def clips_of(*seconds, channels=1, rate=RATE):
    sounds = []
    for number, length in enumerate(seconds):
        audio = 0.1 * np.random.default_rng(number).standard_normal((channels, round(length * rate)))
        sounds.append(Clip(f"{number}.wav", audio.astype(np.float32)))
    return Clips("sounds", rate, tuple(sounds))


def test_a_network_gives_a_row_for_each_of_its_windows_from_the_beginning_to_the_end(musicnn):
    network = load_network("musicnn-mtt")
    window = network.window_frames / network.frame_rate
    clips = clips_of(1.0, 2.05 * window, 2.6 * window)
    embedded = musicnn.embed(clips)
    assert embedded.files == ("0.wav", "1.wav", "1.wav", "2.wav", "2.wav", "2.wav")
    assert embedded.rows.shape == (6, 256) == (6, musicnn.dims) and embedded.rows.dtype == np.float64
    spectrograms = [network.from_audio(torch.from_numpy(clip.audio)[None], RATE) for clip in clips.clips]
    short, size = spectrograms[0], network.window_frames
    wanted = [short.repeat(1, 1, 4)[..., :size], spectrograms[1][..., :size], spectrograms[2][..., -size:]]
    for row, one in zip((0, 1, 5), wanted, strict=True):
        assert embedded.rows[row] == pytest.approx(network.embed_windows(one)[0].numpy(), abs=1e-5)
    middle = round((spectrograms[2].shape[-1] - size) / 2)
    expected = network.embed_windows(spectrograms[2][..., middle : middle + size])[0].numpy()
    assert embedded.rows[4] == pytest.approx(expected, abs=1e-5)


def test_a_short_sound_and_the_same_repeated_are_alike(musicnn):
    """As loops are heard; followed by silence it is another sound."""
    short = clips_of(0.9).clips[0].audio
    made = [short, np.tile(short, 4)[:, : 3 * RATE], np.pad(short, ((0, 0), (0, 2 * RATE)))]
    rows = musicnn.embed(Clips("made", RATE, tuple(Clip(str(n), audio) for n, audio in enumerate(made)))).rows
    assert 3 * np.linalg.norm(rows[0] - rows[1]) < np.linalg.norm(rows[0] - rows[2])


def test_logmel_describes_three_seconds_at_a_time_and_anything_shorter_whole():
    judge, clips = load_embedding("logmel"), clips_of(0.01, 1.0, 3.2, 6.0, channels=2)
    embedded = judge.embed(clips)
    assert embedded.files == ("0.wav", "1.wav", "2.wav", "3.wav", "3.wav") and embedded.rows.shape[1] == judge.dims
    audio = [torch.from_numpy(clip.audio)[None] for clip in clips.clips]
    assert embedded.rows[1] == pytest.approx(logmel.embed(audio[1], RATE)[0].numpy())
    assert embedded.rows[2] == pytest.approx(logmel.embed(audio[2], RATE)[0].numpy())
    assert embedded.rows[4] == pytest.approx(logmel.embed(audio[3][..., 3 * RATE :], RATE)[0].numpy())
    assert np.isfinite(embedded.rows).all() and judge.rate is None


def test_one_row_for_each_file_and_some_of_the_files():
    rows = np.arange(12.0).reshape(6, 2)
    embedded = Embedded(rows, ("a", "b", "b", "c", "c", "c"))
    assert embedded.names == ("a", "b", "c")
    assert embedded.each_file().tolist() == [[0, 1], [3, 4], [8, 9]]
    assert embedded.of([2, 0]).files == ("c", "c", "c", "a") and embedded.of([2, 0]).rows[0].tolist() == [6, 7]
    assert embedded.some(5) is embedded and embedded.some(2).names == ("a", "b") and embedded.some(1).files == ("a",)


def test_it_remembers_what_it_embedded_and_forgets_what_is_gone(musicnn):
    first = noise("first", 3)
    embedded = musicnn.embed(first)
    assert musicnn.embed(first) is embedded
    again = replace(first, name="first")
    assert musicnn.embed(again) is not embedded and (musicnn.embed(again).rows == embedded.rows).all()
    address = id(first)
    del first
    gc.collect()
    others = [noise("other", 3, first=10 * number) for number in range(1, 5)]
    for other in others:
        assert id(other) != address or (musicnn.embed(other).rows != embedded.rows).any()


def test_the_batch_does_not_matter(musicnn):
    clips = noise("many", 20, seconds=0.4)
    whole = musicnn.embed(clips).rows
    alone = load_embedding("musicnn-mtt").embed(Clips("one", clips.rate, clips.clips[17:18])).rows
    assert whole[17] == pytest.approx(alone[0], abs=1e-4)


def test_encodec_gives_mean_and_deviation_of_each_second(tmp_path):
    from tritone.nn.feature_networks.encodec import MONO, Encodec

    torch.manual_seed(0)
    network = Encodec(MONO).eval()
    weights = {f"encoder.layers.{name}": value for name, value in network.layers.state_dict().items()}
    for old, new in ((".first.", ".block.1."), (".second.", ".block.3."), (".short.", ".shortcut.")):
        weights = {name.replace(old, new): value for name, value in weights.items()}
    safetensors.torch.save_file(weights, tmp_path / "model.safetensors")
    judge = load_embedding(f"encodec:{tmp_path}")
    assert (judge.name, judge.dims, judge.rate) == ("encodec", 256, 24_000)
    clips = clips_of(0.3, 2.0, rate=24_000, channels=2)
    embedded = judge.embed(clips)
    assert embedded.files == ("0.wav", "1.wav", "1.wav")
    with torch.no_grad():
        frames = network(torch.from_numpy(clips.clips[1].audio.mean(0))[None, None, 24_000:])[0]
    assert frames.shape == (128, 75)
    assert embedded.rows[2] == pytest.approx(torch.cat([frames.mean(1), frames.std(1, correction=0)]).numpy(), abs=1e-5)


def test_those_that_ship_load_by_name_and_others_are_refused(tmp_path):
    assert EMBEDDINGS == ("logmel", "aisfx", "musicnn-mtt", "musicnn-msd")
    for name in ("vgish", "vggish", "vggish:", "encodec:", "logmel:x"):
        with pytest.raises(UserError, match=r"take one of logmel, aisfx, .*vggish:PATH.*encodec:PATH"):
            load_embedding(name)
    with pytest.raises(UserError, match="There is no file"):
        load_embedding(f"encodec:{tmp_path / 'absent.th'}")
