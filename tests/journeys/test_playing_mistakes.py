"""What one can get wrong with a trained model."""

import shutil

import pytest

COMMANDS = ("reconstruct", "encode")


@pytest.fixture
def out(tmp_path):
    """A folder that must not come to be."""
    yield tmp_path / "out"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--dims", "0", "dims must lie between 1 and 128, not 0"),
        ("--dims", "129", "dims must lie between 1 and 128, not 129"),
        ("--dims", "few", "--dims"),
        ("--fidelity", "2", "fidelity"),
        ("--fidelity", "0", "fidelity"),
        ("--fidelity", "nan", "--fidelity"),
        ("--seed", "-1", "--seed"),
        ("--seed", "99999999999999999999", "--seed"),
        ("--checkpoint", "99", "no checkpoint 99; there are latest, best and steps 0, 2"),
        ("--checkpoint", "newest", "newest"),
        ("--device", "cuda:99", "--device cuda:99 is not there"),
        ("--device", "toaster", "--device toaster is not there"),
    ],
)
def test_impossible_options(trained, audio, refused, out, command, option, value, words):
    assert words in refused(command, trained, audio("a.wav"), "--out", out, option, value)


@pytest.mark.parametrize("command", COMMANDS)
def test_sound_that_is_none(trained, audio, refused, out, tmp_path, command):
    (tmp_path / "corrupt.wav").write_bytes(b"RIFF nonsense")
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for name in ("corrupt.wav", "empty.wav", "missing.wav", "folder"):
        assert name in refused(command, trained, tmp_path / name, "--out", out)


def test_a_bad_file_among_good_ones_keeps_what_was_done(trained, audio, tritone, tmp_path):
    (tmp_path / "corrupt.wav").write_bytes(b"RIFF nonsense")
    outcome = tritone("reconstruct", trained, audio("a.wav"), tmp_path / "corrupt.wav", "--out", tmp_path / "out")
    assert outcome.status == 2 and "corrupt.wav" in outcome.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.wav"]


@pytest.mark.parametrize("command", ["reconstruct", "encode", "generate"])
def test_out_that_cannot_be_made(trained, audio, refused, tmp_path, command):
    (tmp_path / "file").write_text("mine")
    words = () if command == "generate" else (audio("a.wav"),)
    assert "choose another folder" in refused(command, trained, *words, "--out", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_what_is_no_run(trained, data, audio, refused, out, tmp_path):
    for path in (data, tmp_path, tmp_path / "nowhere", audio("a.wav")):
        assert str(path) in refused("generate", path, "--out", out)
    run = shutil.copytree(trained, tmp_path / "run")
    shutil.rmtree(run / "checkpoints")
    assert "no checkpoint yet" in refused("generate", run, "--out", out)
    assert "no checkpoint yet" in refused("inspect", run)


def test_damaged_weights(trained, refused, out, tmp_path):
    run = shutil.copytree(trained, tmp_path / "run")
    weights = run / "checkpoints/step-2/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    sentence = refused("generate", run, "--out", out)
    assert "step-2/model.safetensors is damaged" in sentence and "another checkpoint" in sentence


def test_weights_of_another_architecture(trained, stereo, refused, out, tmp_path):
    run = shutil.copytree(trained, tmp_path / "run")
    shutil.copy(stereo / "checkpoints/step-1/model.safetensors", run / "checkpoints/step-2/model.safetensors")
    sentence = refused("generate", run, "--out", out)
    assert "another architecture" in sentence and "config.yaml" in sentence


def test_latents_of_another_model(sounds, trained, audio, done, refused, out, tmp_path):
    from acting import TINY

    done("prepare", sounds, "--out", tmp_path / "data", "--rate", 22_050)
    done("train", "vae", tmp_path / "data", "--out", tmp_path / "other", *TINY, "--steps", 0, "--model.sample_rate",
         22_050)  # fmt: skip
    (latent,) = done("encode", tmp_path / "other", audio("a.wav"), "--out", tmp_path / "latents").paths
    sentence = refused("decode", trained, latent, "--out", out)
    assert "sample_rate 22050" in sentence and "use that model" in sentence
