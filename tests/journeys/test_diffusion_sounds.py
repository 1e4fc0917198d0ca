"""Sound out of noise as a user makes it: prepare, train, generate, change what is there; waveforms and latents."""

import json

import numpy as np
import pytest
import soundfile
from acting import hit, run_inside

RATE = 8000
UNET = {
    "channels": "[8, 16, 16]", "factors": "[4, 2, 2]", "items": "[1, 1, 1]", "attentions": "[0, 0, 1]", "heads": 2,
    "head_features": 8, "features": 16, "groups": 4,
}  # fmt: skip
SMALL = [word for name, value in UNET.items() for word in (f"--model.network.unet.{name}", value)]
TRAINING = (
    "--training.batch",
    2,
    "--training.validation_crops",
    2,
    "--training.previews",
    1,
    "--model.sampling.steps",
    2,
)


@pytest.fixture(scope="module")
def noise_run(tmp_path_factory):
    """A run of waveforms with two labels and tempos after two steps. Read only."""
    folder = tmp_path_factory.mktemp("noise")
    for number in range(8):
        path = folder / "sounds" / ("drums", "tones")[number % 2] / f"hit-{number}_{90 + 10 * number}bpm.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, hit(number, rate=RATE, samples=8000), RATE)
    assert run_inside("prepare", folder / "sounds", "--out", folder / "data", "--rate", RATE) == 0
    words = ("--model.sample_rate", RATE, "--model.channels", 1, "--model.by_tempo", "true", *SMALL, *TRAINING)
    train = ("train", "diffusion", folder / "data", "--out", folder / "run", *words)
    assert run_inside(*train, "--preset", "diffusion-wave-nano", "--training.crop_samples", 2048, "--steps", 2) == 0
    return folder / "run"


def generated(done, run, out, *words):
    return done("generate", run, "--out", out, *words).paths


def test_the_run_says_what_it_is(noise_run, done):
    facts = json.loads(done("inspect", noise_run, "--json").out)
    assert facts["family"] == "diffusion" and facts["labels"] == "drums, tones" and facts["task"] == "sound"
    assert set(facts["can"].split(", ")) == {"generate", "inpaint", "continue", "vary", "morph"}
    for step in (0, 2):
        names = {path.name for path in (noise_run / "previews" / f"step-{step}").iterdir()}
        assert names == {"1-real.wav", "1-new.wav", "spectrogram.png"}


def test_the_same_seed_is_the_same_file_in_another_process(noise_run, done, installed, tmp_path):
    words = ("--seconds", 0.2, "--seed", 7, "--label", "drums", "--guidance", 2)
    first, second = (path.read_bytes() for path in generated(done, noise_run, tmp_path / "2", *words, "--count", 2))
    (again,) = installed("generate", noise_run, "--out", tmp_path / "1", *words, "--count", 1).paths
    assert again.read_bytes() == first != second


def test_everything_it_can_do(noise_run, done, tmp_path):
    (loop,) = generated(done, noise_run, tmp_path, "--loop", "--bars", 0.25, "--bpm", 133, "--count", 1)
    assert soundfile.info(loop).frames == round(60 / 133 * RATE)
    (varied,) = generated(done, noise_run, tmp_path, "--vary", loop, "--loop", "--count", 1)
    (redone,) = generated(done, noise_run, tmp_path, "--inpaint", loop, "--redo", "0.1:0.2", "--count", 1)
    (longer,) = generated(done, noise_run, tmp_path, "--continue", loop, "--seconds", 0.6, "--count", 1)
    given, made, more = (soundfile.read(path)[0] for path in (loop, redone, longer))
    assert soundfile.info(varied).frames == len(given)
    keep = (np.arange(len(given)) < 800) | (np.arange(len(given)) >= 1600)
    assert np.array_equal(made[keep], given[keep]) and not np.allclose(made, given)
    assert np.array_equal(more[: len(given)], given) and len(more) == 4800


def test_training_goes_on(noise_run, done, tmp_path):
    data = noise_run.parent / "data"
    done("train", "diffusion", data, "--out", noise_run, "--steps", 3)
    assert (noise_run / "checkpoints" / "step-3" / "model.safetensors").is_file()
    assert generated(done, noise_run, tmp_path / "o", "--count", 1, "--seconds", 0.1, "--checkpoint", "2")


def test_latents_of_a_model_of_ones_own(data, trained, done, refused, audio, tmp_path):
    words = ("--preset", "diffusion-latent-nano", *SMALL, *TRAINING, "--training.crop_samples", 16_384, "--steps", 2)
    run, free = tmp_path / "run", ("--model.text", "null", "--model.by_tempo", "false")
    done("train", "diffusion", data, "--out", run, "--model.codec_from", trained, *words, *free)
    (path,) = generated(done, run, tmp_path / "new", "--count", 1, "--seconds", 0.7)
    assert soundfile.info(path).frames == round(0.7 * 44_100)
    (loop,) = generated(done, run, tmp_path / "loop", "--count", 1, "--loop", "--bars", 0.25, "--bpm", 97)
    assert soundfile.info(loop).frames == round(60 / 97 * 44_100)
    given = audio("a.wav", channels=2, samples=20_000)
    (redone,) = generated(done, run, tmp_path / "o", "--inpaint", given, "--redo", "0.1:0.2", "--count", 1)
    before, after = soundfile.read(given)[0], soundfile.read(redone)[0]
    keep = (np.arange(20_000) < 4410) | (np.arange(20_000) >= 8820)
    assert np.array_equal(before[keep], after[keep]) and not np.allclose(before, after)
    assert "without words" in refused("generate", run, "--out", tmp_path / "no", "--prompt", "rain")
