"""What one can get wrong when asking for loops: one sentence, exit status 2, nothing written."""

import pytest
import soundfile
from acting import hit


@pytest.fixture
def out(tmp_path):
    """A folder that must not come to be."""
    yield tmp_path / "out"
    assert not (tmp_path / "out").exists()


MISTAKES = {
    "--count 0": "--count",
    "--seed -1": "--seed",
    "--bpm 19.9": "--bpm must lie between 20 and 400, not 19.9",
    "--bpm 401": "--bpm must lie between 20 and 400, not 401",
    "--bpm nan": "--bpm",
    "--bpm fast": "--bpm",
    "--bars 0": "--bars",
    "--bars 0.5": "--bars must be a multiple of 1",
    "--bars 1.5": "--bars must be a multiple of 1",
    "--bars 100000": "give fewer bars",
    "--truncation 1.6": "--truncation must lie between 0 and 1.5, not 1.6",
    "--truncation -0.1": "--truncation",
    "--label hose": "it knows house, techno; did you mean house?",
    "--label zzz": "it knows house, techno.",
    "--seconds 4": "--seconds is for models that make sound of any length",
    "--temperature 1": "--temperature is for models that make sound of any length",
    "--dims 3": "makes loops and has --bars",
    "--morph 7": "RUN",
    "--morph 7,7": "stands still between 7 and 7",
    "--morph 7,": "--morph wants seeds",
    "--morph 7,x,9": "like 7,19,23, not '7,x,9'",
    "--morph 7,-3": "--morph wants seeds",
    "--morph 7,99999999999": "from 0 to 2147483647",
    "--morph a.wav b.wav": "--morph wants seeds",
    "--morph=7": "at least two seeds",
    "--morph 7,19 --steps 0": "--steps",
    "--morph 7,19 --count 3": "--count means nothing with --morph",
    "--morph 7,19 --seed 3": "--seed means nothing with --morph",
    "--morph 7,19 --mix coarse:1,fine:2": "--morph and --mix are two different ways",
    "--morph 7,19 --strength 0.1": "--strength goes with --like",
    "--mix 7,19": "like coarse:7,fine:19, not '7,19'",
    "--mix coarse:7": "one coarse and one fine part",
    "--mix coarse:7,coarse:8": "one coarse and one fine part",
    "--mix coarse:7,fine:": "--mix wants seeds",
    "--mix coarse:7+7,fine:1": "names a coarse seed twice",
    "--mix coarse:7,fine:1 --split 4": "--split must lie between 1 and 3 for this model, not 4",
    "--mix coarse:7,fine:1 --split 0": "--split",
    "--mix coarse:7,fine:1 --count 4": "--count means nothing with --mix",
    "--steps 3": "--steps goes with --morph or --like",
    "--split 3": "--split goes with --mix",
    "--strength 0.3": "--strength goes with --like",
    "--like nowhere.wav": "nowhere.wav does not exist",
    "--like nowhere.wav --strength 1.1": "--strength must lie between 0 and 1",
    "--like nowhere.wav --steps 0": "--steps",
    "--like nowhere.wav --split 3": "--split goes with --mix",
    "--bmp 120": "did you mean --bpm",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_one_sentence(loop_run, refused, out, monkeypatch, tmp_path, words):
    monkeypatch.chdir(tmp_path)
    given = words.split()
    if words == "--morph 7":  # takes RUN as its second word
        assert MISTAKES[words] in refused("generate", "--out", out, *given, loop_run)
    else:
        assert MISTAKES[words] in refused("generate", loop_run, "--out", out, *given)


def test_a_model_without_labels(make_loop_run, refused, out):
    sentence = refused("generate", make_loop_run(labels=()), "--out", out, "--label", "house")
    assert "without labels" in sentence and "leave --label out" in sentence


def test_bars_of_a_model_of_two(make_loop_run, refused, out):
    run = make_loop_run(bars=2.0, beats=8)
    for bars in (1, 3, "1e300"):
        assert "--bars" in refused("generate", run, "--out", out, "--bars", bars)


@pytest.mark.parametrize(
    "option", ["--bpm 120", "--bars 1", "--truncation 0.7", "--label house", "--mix coarse:1,fine:2", "--split 2",
               "--like a.wav", "--strength 0.3", "--steps 3", "--no-sheet"]
)  # fmt: skip
def test_options_of_loops_for_another_model(trained, refused, out, option):
    name = option.split()[0]
    sentence = refused("generate", trained, "--out", out, *option.split())
    assert sentence.startswith(f"{name} is for models that make loops; the one in {trained} makes sound of any length")
    assert "--seconds" in sentence and "--temperature" in sentence


def test_seeds_for_a_model_that_morphs_between_files(trained, refused, out):
    sentence = refused("generate", trained, "--out", out, "--morph", "7,19,23")
    assert "seeds" in sentence and "two sound files" in sentence


def test_out_that_is_a_file(loop_run, refused, tmp_path):
    (tmp_path / "file").write_text("mine")
    for words in ((), ("--morph", "1,2"), ("--mix", "coarse:1,fine:2")):
        assert "choose another folder" in refused("generate", loop_run, "--out", tmp_path / "file", *words)
    assert (tmp_path / "file").read_text() == "mine"


def test_files_that_cannot_be_imitated(loop_run, refused, out, audio, tmp_path):
    (tmp_path / "corrupt_120bpm.wav").write_bytes(b"RIFF nonsense")
    (tmp_path / "empty_120bpm.wav").touch()
    soundfile.write(tmp_path / "silent_120bpm.wav", hit(1, samples=88_200) * 0, 44_100)
    like = ("generate", loop_run, "--out", out, "--like")
    for name in ("corrupt_120bpm.wav", "empty_120bpm.wav"):
        assert name in refused(*like, tmp_path / name)
    assert "silent_120bpm.wav is silent" in refused(*like, tmp_path / "silent_120bpm.wav")
    short = audio("short_120bpm.wav", samples=80_000)
    assert "shorter (1.81 s) than one loop of 1 bar at 120 BPM (2.00 s)" in refused(*like, short)
    unknown = audio("unknown.wav", samples=30_000)
    assert "give --bpm, or name it" in refused(*like, unknown)
    assert "8 bars in the 0.68 s" in refused(*like, unknown, "--bars", 8)
