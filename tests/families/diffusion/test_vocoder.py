"""A diffusion vocoder as a model, as a run, and behind a generator of loops."""

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from little_gan import LITTLE

from tritone.data.batch import plain_batch
from tritone.errors import UserError
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.model import build
from tritone.families.diffusion.step import TrainingStep
from tritone.families.diffusion.vocoder import DiffusionVocoderModel
from tritone.families.gan.model import build as build_gan
from tritone.families.gan.vocoder_source import vocoder_config, vocoder_weights
from tritone.nn.diffusion.config import NetworkConfig, SamplingConfig, UNetConfig
from tritone.nn.mel_frames import MelFrames
from tritone.play.windows import extent
from tritone.signal.mel_config import MelConfig
from tritone.training.run import Run

MEL = MelConfig(rate=16_000, mels=24, window=256, hop=64)
UNET = UNetConfig(channels=(8, 16), factors=(8, 4), items=(1, 1), attentions=(0, 0), features=16, groups=4)
CONFIG = Config(
    sample_rate=16_000,
    channels=1,
    task="vocoder",
    network=NetworkConfig(unet=UNET),
    sampling=SamplingConfig(steps=3),
    mel=MEL,
    learning_rate=5e-3,
    warmup_steps=1,
)
TINY = (
    "--preset", "diffusion-vocoder-nano", "--model.network.unet.channels", "[8,8]",
    "--model.network.unet.factors", "[16,16]", "--model.network.unet.items", "[1,1]",
    "--model.network.unet.attentions", "[0,0]", "--model.network.unet.features", 8, "--model.sampling.steps", 2,
    "--training.batch", 2, "--training.crop_samples", 4096, "--training.validation_crops", 2, "--training.previews", 1,
)  # fmt: skip


def model(config: Config = CONFIG) -> DiffusionVocoderModel:
    """One whose network says something: what comes out of it starts at zero."""
    torch.manual_seed(1)
    made = build(config).eval()
    assert isinstance(made, DiffusionVocoderModel)
    torch.nn.init.normal_(made.denoiser.network.body.head.weight, std=0.05)
    return made


def sound(rows: int = 2, channels: int = 1, samples: int = 1024) -> torch.Tensor:
    return 0.1 * torch.randn(rows, channels, samples)


@pytest.mark.parametrize("samples", [1, 63, 64, 1000])
def test_any_length_comes_back_as_long(samples):
    made = model()
    assert made.reconstruct(sound(samples=samples)).shape == (2, 1, samples)
    stereo = model(replace(CONFIG, channels=2))
    assert stereo.reconstruct(sound(1, 1, samples)).shape == (1, 2, samples)


def test_seeds_and_steps_are_chosen_and_a_row_follows_from_its_own():
    made, audio = model(), sound()
    first = made.reconstruct(audio, noise_seeds=[4, 5])
    torch.testing.assert_close(made.reconstruct(audio[1:], noise_seeds=[5]), first[1:], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(made.reconstruct(audio), made.reconstruct(audio, noise_seeds=[0, 0]))
    told = []
    made.reconstruct(audio, steps=5, sampler="ddim", show=lambda done, total: told.append((done, total)))
    assert told == [(done, 5) for done in range(1, 6)]


def test_what_is_learned_has_unit_variance_at_any_level_and_needs_no_scale_of_the_data():
    made = model()
    assert bool(made.domain.fitted)
    for level in (0.01, 1.0):
        batch = plain_batch(level * sound(4, samples=6400), torch.arange(4))
        clean, told, losses = made.learn(batch, torch.zeros(4, dtype=torch.bool))
        assert clean.std().item() == pytest.approx(1, abs=0.15) and not losses
        assert told.channels is not None and told.channels.shape == (4, 1, 6400)


def test_the_parts_that_learn_are_saved_once():
    made, weights = model(), model().state_dict()
    assert len({value.data_ptr() for value in weights.values()}) == len(weights)
    names = {name for name, _ in made.named_parameters()}
    assert all(name.startswith(("vocoder.denoiser.", "vocoder.flatten.")) for name in names)
    assert made.denoiser is made.vocoder.denoiser


def test_it_learns_what_a_tone_sounds_like():
    tones = 0.2 * torch.sin(torch.arange(1024) * torch.tensor([[[0.1]], [[0.3]]]))
    made = build(CONFIG)
    step = TrainingStep(CONFIG, made, lambda value: value)
    errors = []
    for turn in range(60):
        loss = step.losses("denoiser", plain_batch(tones, torch.arange(2) + 2 * turn), turn)["denoising"]
        step.optimizers["denoiser"].zero_grad()
        loss.backward()
        assert all(parameter.grad is not None for parameter in made.parameters())
        step.optimizers["denoiser"].step()
        errors.append(loss.item())
    assert np.mean(errors[-15:]) < 0.6 * np.mean(errors[:5])
    shown = made.eval().preview(plain_batch(tones, torch.arange(2)))
    assert [tuple(one.shape) for one in shown["output"]] == [(1, 1024)] * 2


def test_long_sound_is_left_to_its_own_windows():
    size, context = extent(model())
    assert size % MEL.hop == context == 0 and size > 3_600 * CONFIG.sample_rate


def test_bf16_is_near_to_float32():
    made, audio = model(), sound()
    exact = made.reconstruct(audio)
    made.use_precision("bf16")
    assert 0 < (made.reconstruct(audio) - exact).square().mean() < 0.01 * exact.square().mean()


def test_what_it_has_not_is_refused():
    with pytest.raises(UserError, match="no latent"):
        model().reconstruct(sound(), dims=3)
    with pytest.raises(UserError, match="told a spectrogram and nothing else"):
        build(replace(CONFIG, by_tempo=True))
    with pytest.raises(UserError, match="mix it down"):
        model().reconstruct(sound(1, 2))
    with pytest.raises(UserError, match=r"no sampler 'eular'.*did you mean euler"):
        model().reconstruct(sound(), sampler="eular")


@pytest.fixture(scope="module")
def run(data):
    """A run folder of a tiny vocoder after two steps. Read only."""
    from acting import run_inside

    folder = data.parent / "diffusion-vocoder"
    assert run_inside("train", "diffusion", data, "--out", folder, *TINY, "--steps", 2) == 0
    return folder


def test_trained_continued_and_played(run, data, tmp_path, done, audio):
    out = tmp_path / "run"
    done("train", "diffusion", data, "--out", out, *TINY, "--steps", 1)
    done("train", "diffusion", data, "--out", out, *TINY, "--steps", 2)
    for name, value in Run(run).load().state_dict().items():
        assert torch.equal(value, Run(out).load().state_dict()[name]), name
    facts = json.loads(done("inspect", run, "--json").out)
    assert (facts["family"], facts["task"], facts["can"]) == ("diffusion", "vocoder", "reconstruct")
    stereo = audio("long.wav", channels=2, samples=9_001, rate=48_000)
    (output,) = done("reconstruct", run, stereo, "--out", tmp_path / "out").paths
    read, rate = soundfile.read(output)
    assert read.shape == (9_001, 2) and rate == 48_000 and np.isfinite(read).all()


def test_it_serves_behind_a_generator_of_loops(run):
    config, rate = vocoder_config(str(run))
    assert (config.architecture, rate) == ("diffusion", 44_100)
    gan = build_gan(replace(LITTLE, sample_rate=44_100, mel=config.mel, vocoder=config)).eval()
    gan.vocoder.load_state_dict(vocoder_weights(str(run)))
    loop = gan.generate(1, None, [0], bpm=600.0)
    assert loop.shape == (1, 1, 17_640)
    other = build_gan(replace(LITTLE, sample_rate=44_100, mel=config.mel)).eval()
    other.load_state_dict({k: v for k, v in gan.state_dict().items() if not k.startswith("vocoder.")}, strict=False)
    other.use_vocoder(str(run))
    torch.testing.assert_close(other.generate(1, None, [0], bpm=600.0), loop)
    log_mel = MelFrames(config.mel).at_hop(sound(1, samples=2560))
    torch.testing.assert_close(gan.vocoder(log_mel), Run(run).load().vocoder(log_mel))


def test_another_diffusion_run_does_not_serve(run, data, tmp_path, done, monkeypatch):
    path = tmp_path / "wave"
    other = [word if word != "diffusion-vocoder-nano" else "diffusion-wave-nano" for word in TINY]
    done("train", "diffusion", data, "--out", path, *other, "--steps", 1)
    with pytest.raises(UserError, match="of the family diffusion for the task sound; give one of the family vocoder"):
        vocoder_config(str(path))
