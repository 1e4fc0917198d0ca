from dataclasses import replace

import pytest
import torch
from narrow import PRESETS, preset_config, small
from torch import nn

from tritone.errors import UserError
from tritone.families.vae.bottlenecks import build_bottleneck
from tritone.families.vae.config import Config, NoiseConfig, PqmfConfig
from tritone.families.vae.model import VAE, build
from tritone.families.vae.networks import build_decoder, build_discriminators, build_encoder
from tritone.nn.blocks import fold_weight_norm

TINY = Config(
    architecture="v2",
    capacity=3,
    latent=6,
    ratios=(2, 2),
    dilations=((1, 3), (1,)),
    pqmf=PqmfConfig(bands=4, taps=32),
    noise=NoiseConfig(bands=5, ratios=(2,), hidden=3),
)


def lively(model: VAE) -> VAE:
    """Weights large enough that the output is far from zero."""
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model.eval()


def analysed(model: VAE) -> VAE:
    model.analyse(torch.randn(2, model.channels, 40 * model.ratio) * 0.3 for _ in range(2))
    return model


@pytest.mark.parametrize(
    ("name", "encoder", "decoder"),
    [
        ("vae-v1", 4_834_176, 12_778_193),
        ("vae-v2", 16_056_928, 15_479_072),
        ("vae-v2-small", 3_945_904, 3_816_608),
        ("vae-v2-causal", 16_056_928, 15_479_072),
        ("vae-v3", 16_059_904, 15_482_048),
        ("vae-discrete", 14_287_328, 14_889_248),
        ("vae-discrete-v3", 14_290_304, 14_892_224),
        ("vae-wasserstein", 14_950_768, 15_552_800),
        ("vae-spherical", 14_950_768, 14_962_976),
        ("vae-raspberry", 426_720, 971_201),
    ],
)
def test_parameter_counts_are_those_of_acids_rave(name: str, encoder: int, decoder: int) -> None:
    config = preset_config(name)
    with torch.device("meta"):
        parts = build_bottleneck(config).parts
        facts = {"encoder": count(build_encoder(config, parts)), "decoder": count(build_decoder(config))}
    assert facts == {"encoder": encoder, "decoder": decoder}


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("vae-v1", 7_751_619), ("vae-v2", 27_130_952), ("vae-v3", 42_519_760), ("vae-discrete", 27_130_952),
     ("vae-discrete-v3", 42_519_760), ("vae-raspberry", 486_387)],
)  # fmt: skip
def test_discriminators_have_the_size_of_acids_raves(name: str, parameters: int) -> None:
    with torch.device("meta"):
        assert count(build_discriminators(preset_config(name))) == parameters


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_gives_back_the_length_it_got(name: str) -> None:
    model = build(small(name)).eval()
    for samples in (1, 777, 2048, 5001):
        for batch, channels in ((1, model.channels), (2, model.channels), (1, 1)):
            sound = torch.randn(batch, channels, samples) * 0.1
            output = model.reconstruct(sound, noise_seeds=list(range(batch)))
            assert output.shape == (batch, model.channels, samples)
            assert output.isfinite().all()


def test_stereo_into_mono_is_refused_and_mono_into_stereo_doubled() -> None:
    mono, stereo = build(TINY).eval(), build(replace(TINY, channels=2)).eval()
    with pytest.raises(UserError, match="1 channel"):
        mono.encode(torch.zeros(1, 2, 100))
    sound = torch.randn(1, 1, 100)
    assert torch.equal(stereo.encode(sound), stereo.encode(sound.expand(1, 2, 100)))


class _Through(nn.Module):
    """Stands in for encoder and decoder where only the way around them is looked at."""

    noise_branch = None

    def __init__(self, parts: int) -> None:
        super().__init__()
        self.parts = parts

    def forward(self, signal: torch.Tensor, noise: None = None) -> torch.Tensor:
        return torch.cat([signal] * self.parts, 1)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("place", [0, 63, 400, 701])
def test_an_impulse_comes_back_where_it_was(place: int, causal: bool) -> None:
    model = build(Config(latent=16, capacity=4, ratios=(), dilations=(), causal=causal)).eval()
    model.encoder, model.decoder = _Through(2), _Through(1)
    sound = torch.zeros(1, 1, 999)
    sound[..., place] = 1
    # Near the start of a sound a filter bank that looks both ways has lost part of its ringing.
    tolerance = 0.3 if place < 256 and not causal else 2e-6
    torch.testing.assert_close(model.reconstruct(sound), sound, rtol=0, atol=tolerance)
    assert int(model.reconstruct(sound).abs().argmax()) == place


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("architecture", ["v1", "v2"])
def test_the_future_beyond_the_declared_delay_changes_nothing(architecture: str, causal: bool) -> None:
    model = lively(build(replace(TINY, architecture=architecture, causal=causal))).double()
    before = torch.randn(1, 1, 100 * model.ratio, dtype=torch.float64)
    leads = []
    for change in range(60 * model.ratio, 61 * model.ratio, model.pqmf.bands):
        after = before.clone()
        after[..., change:] += torch.randn_like(after[..., change:])
        differs = (through(model, before) != through(model, after)).flatten().nonzero()
        leads.append(change - int(differs[0]))
    # A filter bank works in steps of its bands; the sum over layers is a bound that not every phase attains.
    assert model.delay_samples - model.ratio <= max(leads) < model.delay_samples + model.pqmf.bands


def test_a_causal_model_has_less_delay() -> None:
    delays = [build(replace(TINY, causal=causal)).delay_samples for causal in (True, False)]
    assert delays[0] < delays[1]


def through(model: VAE, sound: torch.Tensor) -> torch.Tensor:
    """Reconstruction with a gradient and in any precision, as `reconstruct` aligns it."""
    mean, _ = model.encoder(model.pqmf.analysis(sound)).chunk(2, 1)
    output = model.pqmf.synthesis(model.decoder(mean))
    return output[..., model.pqmf.delay_samples :]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("architecture", ["v1", "v2"])
def test_receptive_field_is_what_the_gradient_says(architecture: str, causal: bool) -> None:
    model = lively(build(replace(TINY, architecture=architecture, causal=causal))).double()
    back = ahead = 0
    middle = 60 * model.ratio
    for phase in range(model.ratio):
        sound = torch.randn(1, 1, 120 * model.ratio, dtype=torch.float64, requires_grad=True)
        through(model, sound)[..., middle + phase].sum().backward()
        touched = sound.grad.flatten().nonzero().flatten()
        back = max(back, middle + phase - int(touched[0]))
        ahead = max(ahead, int(touched[-1]) - middle - phase)
    assert (back, ahead) == model.receptive_field()


def test_dims_are_exact_and_truncation_keeps_the_first() -> None:
    model = analysed(lively(build(TINY)))
    sound = torch.randn(1, 1, 30 * model.ratio) * 0.3
    full = model.encode(sound)
    for dims in range(1, 7):
        latent = model.encode(sound, dims=dims)
        assert latent.shape[1] == dims
        assert torch.equal(latent, full[:, :dims])
    for bad in (0, 7):
        with pytest.raises(UserError, match="between 1 and 6"):
            model.encode(sound, dims=bad)
    with pytest.raises(UserError, match="either"):
        model.encode(sound, dims=2, fidelity=0.5)


def test_all_dims_are_as_no_rotation_at_all() -> None:
    model = analysed(lively(build(TINY)))
    sound = torch.randn(1, 1, 30 * model.ratio) * 0.3
    with torch.no_grad():
        plain = model.pqmf.synthesis(model.decoder(model.bottleneck.centre(model.encoded(sound))))
    scale = plain.abs().max()
    torch.testing.assert_close(model.reconstruct(sound) / scale, plain / scale, rtol=0, atol=1e-5)


def test_encoding_is_deterministic_without_seeds_and_follows_them_with() -> None:
    model = analysed(lively(build(TINY)))
    sound = torch.randn(1, 1, 500).expand(3, 1, 500)
    assert torch.equal(model.encode(sound), model.encode(sound))
    sampled = model.encode(sound, seeds=[5, 6, 5])
    assert torch.equal(sampled[0], sampled[2])
    assert not torch.equal(sampled[0], sampled[1])
    torch.testing.assert_close(model.encode(sound[:1], seeds=[6])[0], sampled[1])


def test_missing_dims_rest_or_follow_their_seeds() -> None:
    model = analysed(lively(build(TINY)))
    latent = model.encode(torch.randn(1, 1, 500), dims=2)
    resting = torch.cat([latent, torch.zeros(1, 4, latent.shape[-1])], 1)
    torch.testing.assert_close(model.decode(latent), model.decode(resting))
    assert torch.equal(model.decode(latent, seeds=[3]), model.decode(latent, seeds=[3]))
    assert not torch.equal(model.decode(latent, seeds=[3]), model.decode(latent, seeds=[4]))
    with pytest.raises(UserError, match="only 6"):
        model.decode(torch.zeros(1, 7, 4))
    with pytest.raises(UserError, match="samples"):
        model.decode(latent, samples=10_000)


def test_generated_sound_depends_on_its_own_seed_alone() -> None:
    model = analysed(lively(build(TINY)))
    sounds = model.generate(3, 0.02, [1, 2, 3])
    assert sounds.shape == (3, 1, 882)
    assert torch.equal(model.generate(1, 0.02, [2])[0], sounds[1])
    assert not torch.equal(sounds[0], sounds[1])
    with pytest.raises(UserError, match="one seed"):
        model.generate(2, 0.02, [1])


def test_walk_has_the_statistics_that_were_measured() -> None:
    model = build(TINY).eval()
    model.basis.variance.copy_(torch.linspace(4.0, 1.0, 6))
    model.basis.correlation.fill_(0.8)
    latents: list[torch.Tensor] = []
    model.decode = lambda latent, samples, noise_seeds: latents.append(latent) or torch.zeros(1, 1, samples)
    model.generate(40, 0.2, list(range(40)))
    walks = torch.cat(latents)
    torch.testing.assert_close(walks.var((0, 2)), model.basis.variance, rtol=0.15, atol=0)
    correlation = (walks[..., 1:] * walks[..., :-1]).mean((0, 2)) / walks.square().mean((0, 2))
    torch.testing.assert_close(correlation, torch.full((6,), 0.8), rtol=0, atol=0.03)
    latents.clear()
    model.generate(1, 0.2, [0], morph=0.0)
    assert torch.equal(latents[0], latents[0][..., :1].expand_as(latents[0]))


def test_interpolation_begins_and_ends_with_its_ends() -> None:
    model = build(TINY)
    a, b = torch.randn(1, 6, 4), torch.randn(1, 6, 4)
    way = model.interpolate(a, b, 5)
    assert way.shape == (5, 6, 4)
    torch.testing.assert_close(way[:1], a)
    torch.testing.assert_close(way[2:3], (a + b) / 2)
    torch.testing.assert_close(way[4:], b)


@pytest.mark.parametrize("name", PRESETS)
def test_folded_weights_sound_the_same(name: str) -> None:
    model = build(small(name)).eval()
    sound = torch.randn(1, model.channels, 4000) * 0.3
    before = model.reconstruct(sound)
    torch.testing.assert_close(fold_weight_norm(model).reconstruct(sound), before, rtol=0, atol=1e-6)


@pytest.mark.parametrize("architecture", ["v1", "v2"])
def test_every_parameter_learns(architecture: str) -> None:
    model = lively(build(replace(TINY, architecture=architecture))).train()
    mean, std = model.bottleneck.posterior(model.encoded(torch.randn(2, 1, 20 * model.ratio)))
    latent = mean + std
    bands = model.decoder(latent, torch.rand(2, *model.decoder.noise_shape(latent)) * 2 - 1)
    model.pqmf.synthesis(bands).square().sum().backward()
    named = dict(model.named_parameters())
    assert all(key.startswith(("encoder.", "decoder.")) for key in named)
    silent = [key for key, value in named.items() if value.grad is None or not value.grad.abs().sum() > 0]
    assert silent == []


def test_what_is_known_about_a_model() -> None:
    facts = build(small("vae-v2-causal")).facts()
    assert facts["ratio"] == 2048
    assert facts["latent_rate"] == 44_100 / 2048
    assert facts["delay_samples"] == 1696 + 496  # acids-rave's decoder, and this filter bank
    assert facts["delay_ms"] == pytest.approx(1000 * facts["delay_samples"] / 44_100)


@pytest.mark.parametrize("preset", ["vae-v1", "vae-v2", "vae-nano"])
def test_bf16_plays_nearly_the_same(preset):
    model = build(replace(preset_config(preset), capacity=16)).eval()
    audio = 0.3 * torch.randn(1, 1, 3 * model.ratio + 100)
    exact = model.reconstruct(audio)
    model.use_precision("bf16")
    rounded = model.reconstruct(audio)
    assert rounded.dtype == torch.float32 and rounded.shape == audio.shape
    noise = (rounded - exact).square().sum() / exact.square().sum()
    assert 1e-9 < noise < 10 ** (-25 / 10)
