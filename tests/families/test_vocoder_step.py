from dataclasses import replace

import numpy as np
import pytest
import torch

from tritone.config import load_preset, make_config, preset_names
from tritone.data.batch import plain_batch
from tritone.errors import UserError
from tritone.families.vocoder.coarse import off_grid, training_mel
from tritone.families.vocoder.config import Config, DiscriminatorConfig
from tritone.families.vocoder.model import build
from tritone.families.vocoder.step import TrainingStep
from tritone.nn.adversarial import identity
from tritone.nn.losses import SpectralDistance
from tritone.nn.mel_frames import MelFrames, resample_frames
from tritone.nn.vocoders.config import VocoderConfig
from tritone.signal.mel_config import MelConfig

MEL = MelConfig(rate=16_000, mels=20, window=256, hop=64)
TINY = Config(
    sample_rate=16_000,
    channels=2,
    network=VocoderConfig(mel=MEL, width=16, layers=1),
    discriminator=DiscriminatorConfig(scales=1, periods=(2,), resolutions=(256, 128), capacity=4),
    spectral_scales=(256, 64),
    stage1_steps=4,
    decay_steps=100,
)


def batch(count: int = 2, samples: int = 1024, channels: int = 2):
    generator = torch.Generator().manual_seed(1)
    return plain_batch(0.1 * torch.randn(count, channels, samples, generator=generator), torch.arange(count))


def step_of(config: Config = TINY) -> TrainingStep:
    return TrainingStep(config, build(config), identity)


def test_roles_take_turns_in_stage_two():
    step = step_of()
    assert [step.roles(number) for number in range(8)] == [("generator",)] * 4 + [
        ("discriminator",), ("generator",), ("discriminator",), ("generator",),
    ]  # fmt: skip
    assert step.played("generator") and not step.played("discriminator")
    assert step.learning_rate("generator", 0) == TINY.learning_rate
    assert step.learning_rate("discriminator", 100) == pytest.approx(0.1 * TINY.discriminator_learning_rate)


def test_each_role_moves_its_own_weights_alone():
    step = step_of()
    for role, number in (("generator", 0), ("generator", 5), ("discriminator", 4)):
        losses = step.losses(role, batch(), number)
        weights = step.weights(number)
        sum(weights[name] * value for name, value in losses.items()).backward()
        mine = step.synthesizer.vocoder if role == "generator" else step.discriminators
        other = step.discriminators if role == "generator" else step.synthesizer.vocoder
        assert all(parameter.grad is not None for parameter in mine.parameters())
        assert all(parameter.grad is None for parameter in other.parameters())
        for parameter in mine.parameters():
            parameter.grad = None


def test_losses_are_the_named_distances_of_left_right_mid_and_side():
    step, sounds = step_of(replace(TINY, coarse=0.0)), batch()
    losses = step.losses("generator", sounds, 0)
    with torch.no_grad():
        output = step.synthesizer.reconstruct(sounds.audio)

    def signals(audio: torch.Tensor) -> torch.Tensor:
        left, right = audio[:, :1], audio[:, 1:]
        return torch.cat([left, right, (left + right) / 2, (left - right) / 2], 1)

    spectral = SpectralDistance(TINY.spectral_scales, TINY.spectral_epsilon)(signals(output), signals(sounds.audio))
    measure = MelFrames(MEL).at_hop
    mel = (measure(signals(output)) - measure(signals(sounds.audio))).abs().mean()
    torch.testing.assert_close(losses["spectral"], spectral)
    torch.testing.assert_close(losses["mel"], mel)


def test_a_few_steps_bring_it_nearer():
    step, sounds = step_of(replace(TINY, learning_rate=3e-3)), batch(4, 2048)
    first = step.validate(step.synthesizer, [sounds], 0)
    for number in range(40):
        losses = step.losses("generator", sounds, min(number, 3))
        (losses["spectral"] + losses["mel"]).backward()
        step.optimizers["generator"].step()
        step.optimizers["generator"].zero_grad()
    last = step.validate(step.synthesizer, [sounds], 40)
    assert last["distance"] < 0.9 * first["distance"]
    assert set(last) == {"distance", "mel"}


def test_a_batch_in_two_halves_has_the_same_gradient():
    step, sounds = step_of(replace(TINY, weights={**TINY.weights, "spectral": 0.0})), batch(4)

    def gradients(parts) -> list[torch.Tensor]:
        for part in parts:
            losses = step.losses("generator", part, 0)
            (losses["mel"] / len(parts)).backward()
        found = [parameter.grad.clone() for parameter in step.synthesizer.vocoder.parameters()]
        step.optimizers["generator"].zero_grad()
        return found

    halves = [plain_batch(sounds.audio[rows], sounds.seeds[rows]) for rows in (slice(0, 2), slice(2, 4))]
    for whole, split in zip(gradients([sounds]), gradients(halves), strict=True):
        torch.testing.assert_close(whole, split, rtol=1e-3, atol=1e-5)


def test_some_rows_come_off_another_grid_by_their_seeds_alone():
    measure, sounds = MelFrames(MEL), batch(32)
    seeds = torch.arange(32)
    plain = measure.at_hop(sounds.audio)
    mixed = training_mel(measure, sounds.audio, seeds, 0.5, (0.6, 1.6))
    moved = [not torch.equal(mixed[row], plain[row]) for row in range(32)]
    assert 8 <= sum(moved) <= 24
    again = training_mel(measure, sounds.audio[5:9], seeds[5:9], 0.5, (0.6, 1.6))
    assert torch.equal(again, mixed[5:9])
    assert torch.equal(training_mel(measure, sounds.audio, seeds, 0.0, (0.6, 1.6)), plain)


def test_off_the_grid_inside_is_what_a_loop_gets():
    """Away from the ends the same as measuring a circle on that grid and interpolating it."""
    measure, sound = MelFrames(MEL), batch(1, 64 * 60).audio
    for distance in (0.6, 1.0, 1.5):
        count = round(60 / distance)
        circle = resample_frames(measure.on_grid(sound, torch.tensor([64 * 60]), count), 60)
        ours = off_grid(measure, sound[0], 60, distance)
        torch.testing.assert_close(ours[..., 8:-8], circle[0][..., 8:-8], rtol=0, atol=1e-4)


def test_channels_of_the_network_follow_the_model():
    assert TINY.network.channels == 2 and build(TINY).vocoder.channels == 2
    with pytest.raises(UserError, match=r"network\.channels"):
        Config(channels=1, network=VocoderConfig(channels=2))
    with pytest.raises(UserError, match="nothing to learn"):
        Config(network=VocoderConfig("griffin-lim"))
    with pytest.raises(UserError, match="coarse_hops"):
        replace(TINY, coarse_hops=(2.0, 1.0))
    with pytest.raises(UserError, match="multiple of 64"):
        TINY.check_crop(1000)
    with pytest.raises(UserError, match="at least 320"):
        TINY.check_crop(256)
    TINY.check_crop(320)


@pytest.mark.parametrize("name", [name for name in preset_names() if name.startswith("vocoder-")])
def test_every_preset_steps_and_plays(name):
    preset = load_preset(name)
    full = make_config("vocoder", preset, name=name)
    full.model.check_crop(full.training.crop_samples)
    small = {"model": {"network": {"width": 4, "layers": 1}, "discriminator": {"capacity": 4}}}
    config = make_config("vocoder", preset, small, name=name).model
    step = step_of(config)
    sounds = batch(1, full.training.crop_samples, config.channels)
    for role in ("generator", "discriminator"):
        losses = step.losses(role, sounds, config.stage1_steps)
        assert losses and all(torch.isfinite(value) for value in losses.values())
    assert step.preview(step.synthesizer, sounds, 0)["output"].shape == sounds.audio.shape


def test_sound_comes_back_with_its_length_and_place():
    model = build(TINY).eval()
    for samples in (1, 63, 64, 1000):
        assert model.reconstruct(torch.zeros(1, 2, samples)).shape == (1, 2, samples)
    click = torch.zeros(1, 2, 4000)
    click[..., 2013] = 1.0
    energy = model.reconstruct(click)[0].square().sum(0)
    centre = float((energy * torch.arange(4000)).sum() / energy.sum())
    assert abs(centre - 2013) < 64


def test_controls_of_a_latent_are_refused_and_noise_seeds_are_not():
    model = build(TINY).eval()
    sound = batch(1).audio
    assert torch.equal(model.reconstruct(sound, noise_seeds=[3]), model.reconstruct(sound))
    assert torch.equal(model.reconstruct(sound[:, :1]), model.reconstruct(sound[:, :1].expand(-1, 2, -1)))
    for control in ({"dims": 4}, {"fidelity": 0.9}, {"seeds": [1]}):
        with pytest.raises(UserError, match="no latent"):
            model.reconstruct(sound, **control)
    with pytest.raises(UserError, match="3"):
        model.reconstruct(torch.zeros(1, 3, 100))


def test_facts_tell_how_far_a_sample_sees():
    """Of vocos they tell how far its network sees; the phases of its tones are counted from their onsets."""
    model = build(replace(TINY, network=VocoderConfig("melgan", 2, MEL, 2, 2, ratios=(8, 8)))).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    facts = model.facts()
    reach = facts["receptive_field_back"]
    sound = batch(1, 64 * 60).audio
    place = 64 * 30 + 17
    changed = sound.clone()
    changed[..., : place - reach] = 0
    changed[..., place + facts["receptive_field_ahead"] + 1 :] = 0
    before, after = model.reconstruct(sound)[..., place], model.reconstruct(changed)[..., place]
    np.testing.assert_allclose(before, after, atol=1e-6)
    assert reach < 64 * 25
