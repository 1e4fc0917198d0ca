"""What models make of wishes: of the seeds of `tritone generate`, as long as asked, with what they know."""

import numpy as np
import pytest
import soundfile
import torch

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.judge.clips import Clip
from tritone.judge.compare.cost import cost_of
from tritone.judge.compare.material import open_material
from tritone.judge.compare.models import Knows, fitted, is_loop, new_sound, through, trained_by
from tritone.judge.compare.names import named
from tritone.judge.compare.systems import FolderSystem, Made, ModelSystem, open_system
from tritone.judge.compare.wishes import Wish, wishes_of

RATE = 44_100


def silent(done, total):
    pass


class Told(Synthesizer):
    """Gives a ramp, and remembers what it was asked."""

    def __init__(self, able, controls=(), rate=8000):
        super().__init__()
        self.able, self.controls, self.sample_rate, self.channels = frozenset(able), controls, rate, 1
        self.bars, self.beats, self.asked = 2.0, 8, []
        self.one = torch.nn.Parameter(torch.ones(()))

    def capabilities(self):
        return self.able

    def facts(self):
        return {"judged_by": "aisfx, vggish:weights.pt"}

    def generate(self, count, seconds, seeds, **controls):
        self.asked.append((seconds, list(seeds), controls))
        if seconds is None:
            seconds = controls["bars"] * 4 * 60 / controls["bpm"]
        return torch.linspace(-0.5, 0.5, round(seconds * self.sample_rate)).expand(count, 1, -1)


def wish(seconds=2.0, rate=8000, **told):
    return Wish("seed 3", 3, Clip("real", np.zeros((1, round(seconds * rate)), np.float32), **told))


def test_sound_gets_length_label_tempo_and_loop_where_it_knows_them():
    model = Told({"generate"}, ("label", "bpm", "loop"))
    asked = wish(1.5, label="house", bpm=120.0, loop=True)
    assert new_sound(model, Knows(("house",), True), asked, 8000).shape == (1, 12_000)
    new_sound(model, Knows((), False), asked, 8000)
    new_sound(Told({"generate"}), Knows(("house",), True), asked, 8000)
    new_sound(model, Knows(("other",), True), wish(1.5, bpm=5.0), 8000)
    seed = 3 * 1_000_003
    assert model.asked == [
        (1.5, [seed], {"label": "house", "bpm": 120.0, "loop": True}), (1.5, [seed], {"loop": True}), (1.5, [seed], {}),
    ]  # fmt: skip
    assert is_loop(model, asked) and not is_loop(model, wish(1.5)) and not is_loop(Told({"generate"}), asked)


def test_loops_get_whole_multiples_of_their_bars():
    model = Told({"generate", "loop"}, ("label",))
    knows = Knows(("house",), False)
    new_sound(model, knows, wish(4.0, bpm=120.0, label="house"), 8000)  # 2 bars
    new_sound(model, knows, wish(8.01, bpm=119.9), 8000)  # 4 bars, at the tempo that makes it exactly as long
    new_sound(model, knows, wish(2.0, bpm=120.0), 8000)  # 1 bar, which it has not
    new_sound(model, knows, wish(3.3), 8000)  # no tempo
    exact = 16 * 60 / 8.01
    assert [(seconds, told.get("bars"), told.get("bpm")) for seconds, _, told in model.asked] == [
        (None, 2.0, 120.0), (None, 4.0, pytest.approx(exact)), (None, 2.0, 120.0), (3.3, None, None),
    ]  # fmt: skip
    assert all(seeds == [3] for _, seeds, _ in model.asked)
    assert is_loop(model, wish(2.0))


def test_fitted_to_the_report():
    time = torch.arange(4000) / 4000
    sine = torch.sin(2 * torch.pi * 20 * time)[None]
    loop = fitted(sine, 4000, 8000, 2, 8001, loop=True)
    assert loop.shape == (2, 8001)
    assert np.allclose(loop[0], np.sin(2 * np.pi * 20 * np.arange(8001) / 8001), atol=1e-4)
    assert fitted(sine, 4000, 8000, 1, 7999, loop=False).shape == (1, 7999)
    assert fitted(sine, 4000, 8000, 1, 9000, loop=False).shape == (1, 8000)
    assert np.array_equal(fitted(sine, 4000, 4000, 1, 4000, loop=True), sine.numpy())


def test_who_judged_a_model():
    assert trained_by(Told(set())) == {"aisfx", "vggish:weights.pt"}


def test_a_run_makes_what_tritone_generate_and_reconstruct_make(trained, data, done, tmp_path):
    material = open_material(data, tmp_path / "out", seconds=0.1)
    (word,) = named([f"{trained}@2"])
    system = open_system(word, "cpu", tmp_path / "out")
    assert isinstance(system, ModelSystem)
    wishes = wishes_of(material.held_out, 3, seed=5)
    new, back = system.make(wishes, material.rate, material.channels, silent)
    assert (new.kind, back.kind) == ("generated", "reconstructed")
    seconds = wishes[1].real.audio.shape[-1] / material.rate
    (made,) = done("generate", trained, "--out", tmp_path / "g", "--count", 1, "--seed", 6, "--seconds", seconds).paths
    assert np.allclose(soundfile.read(made)[0], new.clips.clips[1].audio[0], atol=2**-22)
    real = wishes[0].real
    assert [clip.name for clip in back.clips.clips] == list(dict.fromkeys(wish.real.name for wish in wishes))
    soundfile.write(tmp_path / "in.wav", real.audio.T, material.rate, subtype="FLOAT")
    (again,) = done("reconstruct", trained, tmp_path / "in.wav", "--out", tmp_path / "r", "--seed", 5).paths
    assert np.allclose(soundfile.read(again)[0], back.clips.clips[0].audio[0], atol=2**-22)
    assert new.compute() > 0 and len(new.seconds) == 3


def test_what_a_run_cost(trained):
    (word,) = named([str(trained / "checkpoints/step-2")])
    system = ModelSystem(word)
    cost = cost_of(system.run, system.folder, system.model)
    assert (cost.family, cost.preset, cost.step, cost.batch) == ("vae", "vae-nano", 2, 2)
    assert cost.parameters == sum(p.numel() for p in system.model.parameters())
    assert cost.file_bytes == (trained / "checkpoints/step-2/model.safetensors").stat().st_size
    assert 0 < cost.seconds < 600 and cost.takes == ()


def test_sound_goes_through_in_the_form_that_it_has(stereo):
    (word,) = named([str(stereo)])
    model = ModelSystem(word).model
    clip = Clip("x", np.random.default_rng(0).normal(0, 0.1, (1, 3001)).astype(np.float32))
    assert through(model, clip, 22_050, 0).shape == (1, 3001)


def test_other_rates_and_channels_are_said(stereo, data, tmp_path):
    material = open_material(data, tmp_path / "out", seconds=0.1)
    (word,) = named([str(stereo)])
    system = ModelSystem(word)
    made = system.make(wishes_of(material.held_out, 2), 22_050, 1, silent)
    assert any("at 44100 Hz" in note and "22050" in note for note in system.notes)
    assert any("2 channel(s)" in note for note in system.notes)
    assert all(clip.audio.shape[0] == 1 for one in made for clip in one.clips.clips)


def test_a_model_that_makes_no_sound_is_refused(trained, monkeypatch):
    monkeypatch.setattr("tritone.judge.compare.systems.load", lambda *_: Told({"tag"}))
    (word,) = named([str(trained)])
    with pytest.raises(UserError, match="makes no sound by itself"):
        ModelSystem(word)


def test_files_of_another_system(tmp_path, data):
    material = open_material(data, tmp_path / "out", seconds=0.1)
    wishes = wishes_of(material.held_out, 3)
    (tmp_path / "files").mkdir()
    for number in range(5):
        soundfile.write(tmp_path / f"files/{number}.wav", np.full((900, 2), 0.1 * number + 0.05), 22_050)
    (word,) = named([str(tmp_path / "files")])
    system = FolderSystem(word, tmp_path / "out")
    (made,) = system.make(wishes, material.rate, 1, silent)
    assert made.kind == "generated" and [clip.name for clip in made.clips.clips] == ["0.wav", "1.wav", "3.wav"]
    assert any("5 files, of which 3" in note for note in system.notes)
    assert any("22050 Hz" in note for note in system.notes) and any("mixed to 1" in note for note in system.notes)
    assert made.compute() is None


def test_work_leaves_the_first_sound_out():
    from tritone.judge.clips import Clips

    clips = Clips("x", 100, tuple(Clip(str(n), np.zeros((1, 200), np.float32)) for n in range(3)))
    assert Made("x", "generated", clips, ("", "", ""), (9.0, 1.0, 3.0)).compute() == pytest.approx(1.0)
    one = Clips("x", 100, clips.clips[:1])
    assert Made("x", "generated", one, ("",), (9.0,)).compute() == pytest.approx(4.5)
