"""Both generators: shapes, sizes, the circle, the styles' order, gradients and precision."""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from tritone.families.gan.config import Config, GeneratorConfig
from tritone.families.gan.generator_image import ImageGenerator
from tritone.families.gan.generator_loop import LoopGenerator
from tritone.families.gan.networks import build_generator, build_mapping
from tritone.signal.mel_config import MelConfig

PAPER = Config(
    sample_rate=16_000,
    mel=MelConfig(rate=16_000, mels=64, window=1024, hop=128),
    generator=GeneratorConfig(kind="image", z=32, w=64, mapping_layers=6, start=12, rows=4, channels=(512,) * 5),
)


def tiny(kind, outputs=1, start=3, channels=(6, 5, 4)):
    """A small generator in float64 with every parameter random, noise strengths too."""
    torch.manual_seed(1)
    if kind == "image":
        generator = ImageGenerator(channels, outputs, 4, start=start, rows=2)
    else:
        generator = LoopGenerator(channels, outputs, 8, 4, start=start)
    for name, parameter in generator.named_parameters():
        if "strength" in name or "bias" in name:
            torch.nn.init.normal_(parameter)
    return generator.double()


def inputs(generator, batch=2, w=4):
    torch.manual_seed(2)
    styles = torch.randn(batch, generator.layers, w, dtype=torch.float64)
    return styles, torch.randn(batch, generator.noise_size, dtype=torch.float64)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def fake(build):
    """What `build` makes, without memory or arithmetic, and the operations of one loop in thousands of millions."""
    with FakeTensorMode(), FlopCounterMode(display=False) as counter:
        generator = build()
        styles = torch.empty(1, generator.layers, generator.convs[0].modulation.affine.weight.shape[1])
        generator(styles, torch.empty(1, generator.noise_size))
    return generator, counter.get_total_flops() / 1e9


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("kind", ["image", "loop"])
def test_shapes(kind, outputs):
    generator = tiny(kind, outputs)
    styles, noise = inputs(generator)
    assert generator(styles, noise).shape == (2, outputs, 8, generator.frames) and generator.frames == 12


def test_the_paper_s_generator_has_its_size_and_cost():
    generator, gigaflops = fake(lambda: build_generator(PAPER))
    assert (generator.layers, generator.frames) == (10, 192)
    assert count(generator) + count(build_mapping(PAPER, 0)) == 21_754_254
    assert gigaflops == pytest.approx(96.8, rel=0.003)


@pytest.mark.parametrize("channels", [1, 2])
def test_ours_is_a_hundred_times_lighter(channels):
    config = Config(channels=channels)
    generator, gigaflops = fake(lambda: build_generator(config))
    assert (generator.layers, generator.frames) == (10, config.frames)
    assert 0.4 < gigaflops < 0.968


def test_networks_follow_the_configuration():
    config = Config(generator=GeneratorConfig(z=8, w=12, mapping_layers=3, start=4, channels=(16, 8)))
    mapping, generator = build_mapping(config, 3), build_generator(config)
    styles = mapping(torch.randn(2, 8), torch.eye(3)[:2]).unsqueeze(1).expand(-1, generator.layers, -1)
    assert styles.shape == (2, 4, 12) and len(mapping.layers) == 3
    assert generator(styles, torch.randn(2, generator.noise_size)).shape == (2, 1, 128, 8)


def turned_noise(generator, noise, shift):
    """The noise of a loop generator, every resolution turned by `shift` of the lowest one's frames."""
    *lines, grain = noise.split([*generator.lines, noise.shape[1] - sum(generator.lines)], 1)
    factors = [size // generator.lines[0] for size in generator.lines]
    turned = [line.roll(shift * factor, 1) for line, factor in zip(lines, factors, strict=True)]
    turned.append(grain.unflatten(1, (generator.frames, -1)).roll(shift * factors[-1], 1).flatten(1))
    return torch.cat(turned, 1)


@pytest.mark.parametrize("start", [1, 2, 5])
@pytest.mark.parametrize("outputs", [1, 2])
def test_turning_the_constant_and_the_noise_turns_the_loop(start, outputs):
    generator = tiny("loop", outputs, start)
    styles, noise = inputs(generator)
    straight = generator(styles, noise)
    const = generator.const.detach().clone()
    for shift in range(1, start):
        generator.const.data = const.roll(shift, 0)
        turned = generator(styles, turned_noise(generator, noise, shift))
        expected = straight.roll(shift * generator.frames // start, -1)
        assert torch.allclose(turned, expected, atol=1e-11)
        assert not torch.allclose(turned, straight, atol=0.1)


@pytest.mark.parametrize("kind", ["image", "loop"])
def test_a_style_changes_its_own_resolution_and_finer_ones_alone(kind):
    generator = tiny(kind)
    seen: list[torch.Tensor] = []
    for output in generator.outputs:
        output.register_forward_hook(lambda module, given, result: seen.append(result))
    styles, noise = inputs(generator)
    generator(styles, noise)
    before = list(seen)
    for layer in range(generator.layers):
        seen.clear()
        mixed = styles.clone()
        mixed[:, layer] += 1
        generator(mixed, noise)
        changed = [not torch.equal(old, new) for old, new in zip(before, seen, strict=True)]
        assert changed == [level >= layer // 2 for level in range(len(changed))]


@pytest.mark.parametrize("kind", ["image", "loop"])
def test_noise_is_the_argument_s_alone_and_all_of_it_is_heard(kind):
    generator = tiny(kind)
    styles, noise = inputs(generator, batch=1)
    noise.requires_grad_()
    spectrogram = generator(styles, noise)
    assert torch.equal(spectrogram, generator(styles, noise))
    (gradient,) = torch.autograd.grad(spectrogram.square().sum(), noise)
    assert (gradient != 0).all()


@pytest.mark.parametrize("band, frame", [(0, 0), (3, 5), (7, 11)])
def test_every_band_of_every_frame_has_noise_of_its_own_with_grain_around_it_in_a_circle(band, frame):
    generator = tiny("loop")
    styles, noise = inputs(generator, batch=1)
    louder = noise.clone()
    louder[:, sum(generator.lines) + frame * generator.mels + band] += 1
    changed = (generator(styles, louder) != generator(styles, noise))[0, 0].nonzero()
    bands = range(max(band - 1, 0), min(band + 2, generator.mels))
    expected = {(near, (frame + off) % generator.frames) for near in bands for off in (-1, 0, 1)}
    assert {(row, column) for row, column in changed.tolist()} == expected


def test_a_fresh_loop_generator_starts_with_the_variance_of_normalised_spectrograms():
    torch.manual_seed(4)
    config = Config(generator=GeneratorConfig(channels=(128, 96, 64)), channels=2)
    generator, mapping = build_generator(config), build_mapping(config, 0)
    styles = mapping(torch.randn(8, config.generator.z), torch.zeros(8, 0)).unsqueeze(1).expand(-1, 6, -1)
    spectrograms = generator(styles, torch.randn(8, generator.noise_size))
    assert spectrograms.std().item() == pytest.approx(1, abs=0.25)
    assert spectrograms.std(0).mean() > 0.5


@pytest.mark.parametrize("kind", ["image", "loop"])
def test_gradients_reach_every_parameter_of_a_fresh_generator_and_its_mapping(kind):
    torch.manual_seed(3)
    sizes = GeneratorConfig(kind=kind, z=8, w=8, mapping_layers=2, start=4, rows=8, channels=(8, 8, 8))
    config = Config(channels=2, mel=MelConfig(mels=32), generator=sizes)
    generator, mapping = build_generator(config), build_mapping(config, 2)
    styles = mapping(torch.randn(4, 8), torch.randn(4, 2)).unsqueeze(1).expand(-1, generator.layers, -1)
    generator(styles, torch.randn(4, generator.noise_size)).square().mean().backward()
    for name, parameter in [*generator.named_parameters(), *mapping.named_parameters()]:
        assert parameter.grad is not None and parameter.grad.isfinite().all() and parameter.grad.any(), name


@pytest.mark.parametrize("kind", ["image", "loop"])
def test_second_derivatives_for_the_path_length(kind):
    generator = tiny(kind, start=2, channels=(3, 2))
    styles, noise = inputs(generator, batch=1)
    directions = torch.randn_like(generator(styles, noise))
    weight = generator.convs[-1].weight
    name = f"convs.{len(generator.convs) - 1}.weight"

    def length(styles, weight):
        spectrogram = torch.func.functional_call(generator, {name: weight}, (styles, noise))
        (slope,) = torch.autograd.grad((spectrogram * directions).sum(), styles, create_graph=True)
        return slope.square().sum((1, 2)).sqrt()

    assert torch.autograd.gradcheck(length, (styles.requires_grad_(), weight.detach().requires_grad_()))


@pytest.mark.parametrize("kind", ["image", "loop"])
def test_a_sample_does_not_depend_on_its_batch(kind):
    generator = tiny(kind).float()
    styles, noise = (tensor.float() for tensor in inputs(generator, batch=7))
    together = generator(styles, noise)
    for row in range(7):
        alone = generator(styles[row : row + 1], noise[row : row + 1])
        assert torch.allclose(together[row : row + 1], alone, atol=1e-5)


@pytest.mark.parametrize("kind", ["image", "loop"])
def test_half_precision_is_near_and_gives_full_precision_back(kind):
    generator = tiny(kind, channels=(32, 32, 32)).float()
    styles, noise = (tensor.float() for tensor in inputs(generator))
    exact = generator(styles, noise)
    with torch.autocast("cpu", torch.bfloat16):
        near = generator(styles, noise)
    assert near.dtype == torch.float32
    assert 0 < (near - exact).square().mean().sqrt() / exact.std() < 0.02
