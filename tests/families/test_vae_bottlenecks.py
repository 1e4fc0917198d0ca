"""What each bottleneck lets through, what learns, and what is seen from outside."""

from dataclasses import replace

import pytest
import torch
from narrow import preset_config
from torch import nn

from tritone.data.batch import plain_batch
from tritone.errors import UserError
from tritone.families.vae.config import Config, PqmfConfig, QuantiserConfig
from tritone.families.vae.model import VAE, build
from tritone.families.vae.step import TrainingStep
from tritone.nn.adversarial import identity

TINY = Config(
    capacity=3, latent=6, ratios=(2, 2), dilations=((1,), (1,)), pqmf=PqmfConfig(4, 32), spectral_scales=(64, 32)
)
CONFIGS = {
    "quantised": replace(TINY, bottleneck="quantised", quantiser=QuantiserConfig(4, 8), noise_channels=5),
    "wasserstein": replace(TINY, bottleneck="wasserstein", noise_channels=5),
    "spherical": replace(TINY, bottleneck="spherical"),
}
ROWS = {"quantised": 4, "wasserstein": 6, "spherical": 5}


def lively(name: str) -> VAE:
    torch.manual_seed(0)
    model = build(CONFIGS[name])
    for parameter in model.parameters():
        nn.init.normal_(parameter, mean=1.0 if parameter.numel() == len(parameter) else 0.0, std=0.3)  # gains near 1
    return model.eval()


def heard(model: VAE) -> list[torch.Tensor]:
    """Latents that the decoder will hear from now on."""
    latents: list[torch.Tensor] = []
    model.decoder.register_forward_pre_hook(lambda _, inputs: latents.append(inputs[0]))
    return latents


def a_batch(model: VAE, step: int = 0):
    audio = 0.3 * torch.randn(3, 1, 40 * model.ratio, generator=torch.Generator().manual_seed(step))
    return plain_batch(audio, torch.arange(3) + 10 * step)


@pytest.mark.parametrize("name", CONFIGS)
def test_there_and_back_is_reconstruct_and_is_repeatable(name):
    model = lively(name)
    sound = 0.3 * torch.randn(2, 1, 501)
    seen = model.encode(sound)
    assert seen.shape == (2, ROWS[name], -(-501 // model.ratio)) and seen.dtype == torch.float32
    assert torch.equal(model.decode(seen, 501), model.reconstruct(sound))
    torch.testing.assert_close(model.encode(sound[:1])[0], seen[0], rtol=1e-3, atol=1e-4)
    assert model.reconstruct(sound).std() > 1e-4


@pytest.mark.parametrize("name", CONFIGS)
def test_generated_sound_depends_on_its_own_seed_alone(name):
    model = lively(name)
    model.analyse(0.3 * torch.randn(2, 1, 40 * model.ratio) for _ in range(2))
    sounds = model.generate(3, 0.02, [1, 2, 3])
    assert torch.equal(model.generate(1, 0.02, [2])[0], sounds[1]) and not torch.equal(sounds[0], sounds[1])


def test_the_decoder_hears_sums_of_code_vectors_and_nothing_else():
    """From the first step on, in training, in evaluation, and where a walk makes the latent."""
    model = lively("quantised")
    step = TrainingStep(CONFIGS["quantised"], model, identity)
    latents = heard(model)
    quantiser = model.bottleneck.quantiser
    for number in range(3):
        model.train()
        books = quantiser.books.clone()
        batch = a_batch(model, number)
        step.losses("generator", batch, number)
        if number:  # the very first time the books start from the batch itself; see the next test
            assert_sums(latents[-1], books)
        model.eval()
        model.reconstruct(batch.audio)
        assert_sums(latents[-1], quantiser.books)
    model.generate(1, 0.01, [3])
    assert_sums(latents[-1], quantiser.books)


def assert_sums(latent: torch.Tensor, books: torch.Tensor) -> None:
    """Every frame is a sum of one vector of each of the first so many books: all sums of small books are tried."""
    rows = latent[:, :6].detach().transpose(1, 2).flatten(0, 1)[:40]
    sums = torch.zeros(1, 6)
    possible = [sums]
    for book in books:
        sums = (sums[:, None] + book).flatten(0, 1)
        possible.append(sums)
    apart = torch.cdist(rows, torch.cat(possible), compute_mode="donot_use_mm_for_euclid_dist").amin(1)
    assert apart.max() < 1e-5 < rows.std()


def test_a_fresh_quantised_model_is_quantised_at_the_very_first_step():
    model = build(CONFIGS["quantised"])
    step = TrainingStep(CONFIGS["quantised"], model, identity)
    latents = heard(model)
    batch = a_batch(model)
    step.losses("generator", batch, 0)
    kept = model.bottleneck.kept(batch.seeds)
    first = latents.pop()[:, :6].transpose(1, 2)
    for sound, levels in zip(first, kept.tolist(), strict=True):
        assert len({tuple(row.tolist()) for row in sound.detach()}) <= 8**levels
    assert int(model.bottleneck.quantiser.updates) == 1


def test_dropout_follows_each_sounds_own_seed_and_leaves_the_first_levels():
    bottleneck = build(replace(TINY, bottleneck="quantised")).bottleneck
    seeds = torch.arange(4000)
    kept = bottleneck.kept(seeds)
    assert torch.equal(bottleneck.kept(seeds[7:9]), kept[7:9])
    assert 0.45 < (kept < 16).float().mean() < 0.5  # half are dropped, of which a sixteenth keeps all
    counts = torch.bincount(kept, minlength=17)[1:16]
    assert counts.min() > 80 and counts.max() < 180 and kept.min() == 1
    assert (build(CONFIGS["quantised"]).bottleneck.kept(seeds) <= 4).all()
    always = replace(TINY, bottleneck="quantised", quantiser=QuantiserConfig(dropout=0.0))
    assert (build(always).bottleneck.kept(seeds) == 16).all()


def test_codes_there_and_back_and_what_is_no_code():
    model = lively("quantised")
    codes = model.encode(0.3 * torch.randn(1, 1, 400))
    assert torch.equal(codes, codes.round()) and codes.min() >= 0 and codes.max() < 8 and len(codes.unique()) > 3
    two = model.encode(0.3 * torch.randn(1, 1, 400, generator=torch.Generator().manual_seed(0)), dims=2)
    assert two.shape[1] == 2 and model.decode(two).isfinite().all()
    for bad, words in ((codes + 0.5, "whole numbers"), (codes + 20, "0 to 7"), (-1 - codes, "whole numbers")):
        with pytest.raises(UserError, match=words):
            model.decode(bad)
    with pytest.raises(UserError, match="only 4"):
        model.decode(torch.zeros(1, 5, 3))


@pytest.mark.parametrize(
    ("name", "wish", "words"),
    [
        ("quantised", {"fidelity": 0.9}, "--fidelity"),
        ("quantised", {"dims": 5}, "levels"),
        ("quantised", {"seeds": [1, 2]}, "--sampled"),
        ("wasserstein", {"seeds": [1, 2]}, "--sampled"),
        ("spherical", {"dims": 3}, "belong together"),
        ("spherical", {"fidelity": 0.5}, "belong together"),
    ],
)
def test_what_a_bottleneck_has_not_is_refused_by_name(name, wish, words):
    with pytest.raises(UserError, match=words):
        lively(name).encode(torch.zeros(2, 1, 100), **wish)


def test_noise_beside_the_latent_follows_its_seeds():
    model = lively("wasserstein")
    latents = heard(model)
    seen = model.encode(0.3 * torch.randn(2, 1, 3000))
    model.decode(seen)
    assert latents[-1].shape[1] == 11 and not latents[-1][:, 6:].any()
    model.decode(seen, noise_seeds=[4, 5])
    model.decode(seen, noise_seeds=torch.tensor([4, 9]))
    assert torch.equal(latents[-2][0], latents[-1][0]) and not torch.equal(latents[-2][1], latents[-1][1])
    assert abs(latents[-1][:, 6:].std() - 1) < 0.1


def test_the_sphere_is_what_the_decoder_hears():
    model = lively("spherical")
    latents = heard(model)
    model.reconstruct(0.3 * torch.randn(1, 1, 900))
    model.generate(1, 0.02, [1])
    TrainingStep(CONFIGS["spherical"], model, identity).losses("generator", a_batch(model), 0)
    assert len(latents) == 3
    for latent in latents:
        torch.testing.assert_close(latent.norm(dim=1), torch.ones(len(latent), latent.shape[2]))


@pytest.mark.parametrize("name", CONFIGS)
def test_encoder_and_decoder_learn_and_the_bottlenecks_loss_reaches_the_encoder_alone(name):
    model = lively(name).train()
    step = TrainingStep(CONFIGS[name], model, identity)
    losses = step.losses("generator", a_batch(model), 0)
    (losses["fullband"] + losses["multiband"]).backward(retain_graph=True)
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in model.parameters())
    model.zero_grad()
    own = {"quantised": "commitment", "wasserstein": "mmd"}.get(name)
    if own is not None:
        losses[own].backward()
        assert any(parameter.grad.abs().sum() > 0 for parameter in model.encoder.parameters())
        assert all(parameter.grad is None for parameter in model.decoder.parameters())


def test_the_books_rest_with_the_encoder():
    model = lively("quantised")
    step = TrainingStep(replace(CONFIGS["quantised"], stage1_steps=1), model, identity)
    step.losses("generator", a_batch(model), 0)
    before = {name: value.clone() for name, value in model.bottleneck.state_dict().items()}
    for number in (1, 2):
        step.losses(step.roles(number)[0], a_batch(model, number), number)
    assert all(torch.equal(value, before[name]) for name, value in model.bottleneck.state_dict().items())


def test_bits_per_second_are_stated():
    config = replace(preset_config("vae-discrete"), capacity=2, dilations=((),) * 4, pqmf=PqmfConfig(16, 64))
    facts = build(config).facts()
    assert facts["bits_per_second"] == pytest.approx(16 * 10 * 44_100 / 1024)
    assert (facts["levels"], facts["codes"], facts["bottleneck"]) == (16, 1024, "quantised")


def test_a_latent_space_is_known_once_it_was_analysed():
    model = lively("quantised")
    assert model.facts()["latent_space"] is None
    model.analyse([0.3 * torch.randn(2, 1, 40 * model.ratio)])
    first = model.facts()["latent_space"]
    model.bottleneck.quantiser.books += 1
    assert first is not None and model.facts()["latent_space"] not in (None, first)


def test_settings_that_do_not_go_together_are_refused():
    for wrong, words in (
        ({"architecture": "v1", "activation": "snake"}, "v2 only"),
        ({"architecture": "v1", "adaptive_norm": True}, "v2 only"),
        ({"bottleneck": "spherical", "latent": 1}, "at least 2"),
        ({"quantiser": QuantiserConfig(codes=1)}, "2 codes"),
        ({"quantiser": QuantiserConfig(dropout=1.5)}, "dropout"),
        ({"noise_channels": -1}, "noise_channels"),
    ):
        with pytest.raises(UserError, match=words):
            replace(TINY, **wrong)
