"""Sound at a low rate to sound at a high one, whose given band stays what it was."""

from dataclasses import replace

import pytest
import torch

from tritone.data.batch import plain_batch
from tritone.errors import UserError
from tritone.families.diffusion.config import Config, UpsamplerConfig
from tritone.families.diffusion.model import build
from tritone.families.diffusion.step import TrainingStep
from tritone.families.diffusion.upsampler import DiffusionUpsampler
from tritone.nn.diffusion.config import NetworkConfig, SamplingConfig, UNetConfig
from tritone.nn.diffusion.low_band import KEPT, as_resampled, low_band
from tritone.signal.periodic import resample_periodic
from tritone.signal.resample import resample, resampled_frames

UNET = UNetConfig(channels=(8, 16), factors=(8, 4), items=(1, 1), attentions=(0, 0), features=16, groups=4)
CONFIG = Config(
    sample_rate=16_000,
    channels=1,
    task="upsampler",
    network=NetworkConfig(unet=UNET),
    sampling=SamplingConfig(steps=3),
    upsampler=UpsamplerConfig((4_000, 6_000, 11_025)),
)


def model(config: Config = CONFIG) -> DiffusionUpsampler:
    """One whose network says something, with the scale of quiet sound."""
    torch.manual_seed(1)
    made = build(config).eval()
    assert isinstance(made, DiffusionUpsampler)
    torch.nn.init.normal_(made.denoiser.network.body.head.weight, std=0.1)
    made.fit([0.1 * torch.randn(1, config.channels, 4000)])
    return made


def brought_up(audio: torch.Tensor, rate: int) -> torch.Tensor:
    return torch.stack([torch.from_numpy(resample(row.numpy(), rate, 16_000)) for row in audio])


@pytest.mark.parametrize("rate", [4_000, 6_000, 7_001, 11_025, 15_999])
def test_the_given_band_is_kept_and_the_rest_is_new(rate):
    made, audio = model(), 0.1 * torch.randn(1, 1, rate // 2)
    output = made.upsample(audio, rate, seeds=[0, 1])
    given, share = brought_up(audio, rate), rate / 16_000
    assert output.shape == (2, 1, resampled_frames(rate // 2, rate, 16_000)) and output.dtype == torch.float32
    assert (low_band(output, KEPT * share) - low_band(given, KEPT * share)).abs().amax() <= 1e-5
    rest = output - low_band(output, KEPT * share)
    assert rest.std() > 0.01
    assert not torch.allclose(rest[0], rest[1], atol=1e-3)


def test_a_loop_is_a_period_before_and_after():
    made, audio = model(), 0.1 * torch.randn(1, 1, 2000)
    output = made.upsample(audio, 4_000, [3], loop=True)
    share = KEPT / 4
    given = low_band(resample_periodic(audio, 8000), share, circular=True)
    assert (low_band(output, share, circular=True) - given).abs().amax() <= 1e-5


def test_a_sound_follows_from_its_seed_alone():
    made, audio = model(), 0.1 * torch.randn(3, 1, 1000)
    together = made.upsample(audio, 4_000, [7, 8, 9])
    torch.testing.assert_close(together[1:2], made.upsample(audio[1:2], 4_000, [8]), atol=1e-5, rtol=1e-4)


def test_stereo_and_mono_and_any_length():
    made = model(replace(CONFIG, channels=2))
    assert made.upsample(0.1 * torch.randn(1, 1, 333), 4_000, [0]).shape == (1, 2, 1332)
    assert made.upsample(0.1 * torch.randn(1, 2, 1), 6_000, [0], steps=1).shape == (1, 2, 3)


def test_long_sound_goes_through_in_windows():
    made, audio = model(replace(CONFIG, window_seconds=0.1)), 0.1 * torch.randn(1, 1, 2000)
    lengths, forward = [], made.denoiser.forward

    def watched(x, *rest):
        lengths.append(x.shape[-1])
        return forward(x, *rest)

    made.denoiser.forward = watched
    output = made.upsample(audio, 4_000, [0])
    assert set(lengths) == {1600}, "of 8000"
    share = KEPT / 4
    assert (low_band(output, share) - low_band(brought_up(audio, 4_000), share)).abs().amax() <= 1e-5


def test_each_sound_of_a_batch_comes_from_the_rate_that_its_seed_draws():
    made, audio = model(), 0.1 * torch.randn(24, 1, 800)
    seeds = torch.arange(24) * 977
    nobody = torch.zeros(24, dtype=torch.bool)
    lacking, told, losses = made.learn(plain_batch(audio, seeds), nobody)
    whole = made.domain.normalise(audio)
    assert not losses and lacking.std(dim=(1, 2)).sub(1).abs().amax() < 0.2, "unit variance, whatever the rate"
    found = set()
    for row in range(24):
        _, alone, _ = made.learn(plain_batch(audio[row : row + 1], seeds[row : row + 1]), nobody[:1])
        torch.testing.assert_close(alone.channels[0], told.channels[row])
        torch.testing.assert_close(alone.vector[0], told.vector[row])
        errors = {
            rate: (told.channels[row] - as_resampled(whole[row], rate / 16_000)).abs().amax().item()
            for rate in CONFIG.upsampler.rates
        }
        rate = min(errors, key=errors.get)
        assert errors[rate] < 1e-6
        share = lacking[row] * made.treble[CONFIG.upsampler.rates.index(rate)]
        torch.testing.assert_close(told.channels[row] + share, whole[row], atol=1e-6, rtol=0)
        found.add((rate, tuple(told.vector[row].tolist())))
    assert len(found) == 3, "three rates, each told by a vector of its own"


def test_quiet_treble_is_not_drowned_by_what_sampling_leaves():
    """White treble 60 dB below the bass: an exact denoiser of what is diffused gives it back at its own level."""
    made, times = model(), (torch.arange(16_000) + 0.5) / 16_000  # so that its mirror image goes on without a kink
    bass = (2 * torch.pi * 500 * times).cos()[None, None]
    treble = 1e-3 * torch.randn(1, 1, 16_000, generator=torch.Generator().manual_seed(3))
    made.fit([bass + treble - low_band(treble, 0.25)])
    assert made.treble[0].item() == pytest.approx(float((treble - low_band(treble, 0.25)).std()) * 2**0.5, rel=0.05)
    made.denoiser.forward = lambda x, sigma, *rest: x / (1 + sigma[:, None, None] ** 2)
    output = made.upsample(bass[..., ::4], 4_000, [0], steps=32)
    made_treble, real = ((each - low_band(each, 0.3))[..., 4000:-4000] for each in (output, treble))
    assert 0.75 < float(made_treble.std() / real.std()) < 1.0, (
        "white where the real one has nothing in the lowest quarter"
    )


def test_a_rate_between_two_known_ones_has_a_scale_between_theirs():
    made = model()
    made.treble.copy_(torch.tensor([0.4, 0.1, 0.02]))
    middle = round((4_000 * 6_000) ** 0.5)
    assert made._deviation(middle) == pytest.approx(0.2, rel=1e-3)
    assert made._deviation(15_999) == pytest.approx(0.02, rel=1e-6)


def test_it_learns_and_shows_what_it_does():
    made = build(CONFIG)
    step = TrainingStep(CONFIG, made, lambda value: value)
    batch = plain_batch(0.1 * torch.randn(2, 1, 1600), torch.tensor([3, 5]))
    step.analyse(made, [batch], 0)
    loss = step.losses("denoiser", batch, 0)["denoising"]
    loss.backward()
    assert torch.isfinite(loss) and made.denoiser.network.body.head.weight.grad.abs().amax() > 0
    shown = made.eval().preview(batch)
    assert {name: [tuple(sound.shape) for sound in sounds] for name, sounds in shown.items()} == {
        "real": [(1, 1600)] * 2, "low": [(1, 1600)] * 2, "output": [(1, 1600)] * 2
    }  # fmt: skip


def test_rates_that_it_was_not_made_for_are_refused():
    made, audio = model(), torch.zeros(1, 1, 100)
    for rate in (3_999, 16_000, 44_100):
        with pytest.raises(UserError, match=f"4000 to 15999 samples a second up to 16000, but the sound has {rate}"):
            made.upsample(audio, rate, [0])
    with pytest.raises(UserError, match="at least 1 sample"):
        made.upsample(audio[..., :0], 4_000, [0])
    with pytest.raises(UserError, match="mix it down"):
        made.upsample(torch.zeros(1, 2, 100), 4_000, [0])


def test_wishes_that_make_no_sound_are_refused():
    made, audio = model(), torch.zeros(1, 1, 100)
    with pytest.raises(UserError, match=r"no sampler 'eular'.*did you mean euler"):
        made.upsample(audio, 4_000, [0], sampler="eular")
    with pytest.raises(UserError, match="steps must be at least 1"):
        made.upsample(audio, 4_000, [0], steps=0)
