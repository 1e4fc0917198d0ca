"""Modulated convolutions against the paper's own form: weights of each sample's own, and SciPy's convolutions."""

import numpy
import pytest
import torch
from scipy.ndimage import correlate1d
from scipy.signal import convolve2d, correlate2d

from tritone.families.gan.modulated import (
    ImageConv,
    ImageOutput,
    LoopConv,
    LoopOutput,
    doubled,
    doubled_image,
    power,
)

BLUR = numpy.array([1.0, 3.0, 3.0, 1.0])


def finished(values, bias, noise):
    """Bias, noise and activation; the layers' last step."""
    values = values + bias + noise
    return numpy.where(values > 0, values, 0.2 * values) * 2**0.5


def demodulated(weight, style):
    """Equations 1 and 3 for one sample; weight (outputs, inputs, …), style (inputs,)."""
    weight = weight * style.reshape(-1, *[1] * (weight.ndim - 2))
    return weight / numpy.sqrt((weight**2).sum(tuple(range(1, weight.ndim)), keepdims=True) + 1e-8)


def randomised(module):
    """The module in float64 with every parameter random."""
    torch.manual_seed(1)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    return module.double()


def arrays(*tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def normal(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def circular_blur(values):
    """(frames, channels) through [1, 3, 3, 1] / 4, frame n from n - 2 to n + 1."""
    return sum(tap / 4 * numpy.roll(values, shift, 0) for tap, shift in zip(BLUR, (2, 1, 0, -1), strict=True))


def spread(values, axes):
    """Zeros after every value along `axes`."""
    for axis in axes:
        shape = list(values.shape)
        shape[axis] *= 2
        wide = numpy.zeros(shape)
        wide[tuple(slice(None, None, 2) if at == axis else slice(None) for at in range(len(shape)))] = values
        values = wide
    return values


@pytest.mark.parametrize("frames", [1, 2, 7])
@pytest.mark.parametrize("up", [False, True])
def test_loop_conv_is_the_paper_s_with_weights_of_each_sample_s_own(up, frames):
    conv = randomised(LoopConv(5, 4, 3, up=up))
    signal, style, noise = normal(2, frames, 5), normal(2, 3), normal(2, frames * (2 if up else 1))
    weight = conv.weight.permute(2, 0, 1) if up else conv.weight.permute(2, 1, 0)
    factors, weight, bias, strength = arrays(conv.modulation.affine(style), weight, conv.bias, conv.strength)
    for row in range(2):
        taps = demodulated(weight / 15**0.5, factors[row])
        line = spread(signal[row].numpy(), [0]) if up else signal[row].numpy()
        summed = numpy.stack(
            [sum(correlate1d(line[:, i], taps[o, i], mode="wrap") for i in range(5)) for o in range(4)], 1
        )
        summed = circular_blur(summed) if up else summed
        expected = finished(summed, bias, noise[row].numpy()[:, None] * strength)
        numpy.testing.assert_allclose(conv(signal, style, noise)[row].detach(), expected, atol=1e-12)


@pytest.mark.parametrize("up", [False, True])
def test_image_conv_is_the_paper_s_with_weights_of_each_sample_s_own(up):
    conv = randomised(ImageConv(3, 4, 2, up=up))
    factor = 2 if up else 1
    signal, style, noise = normal(2, 3, 5, 3), normal(2, 2), normal(2, 5 * factor, 3 * factor)
    factors, weight, bias, strength = arrays(conv.modulation.affine(style), conv.weight, conv.bias, conv.strength)
    for row in range(2):
        taps = demodulated(weight / 27**0.5, factors[row])
        for o in range(4):
            summed = sum(plane(signal[row, i].numpy(), taps[o, i], up) for i in range(3))
            expected = finished(summed, bias[o], noise[row].numpy() * strength)
            numpy.testing.assert_allclose(conv(signal, style, noise)[row, o].detach(), expected, atol=1e-12)


def plane(image, taps, up):
    """One channel of a convolution with zeros around, or of a transposed one of stride 2 and the blur."""
    if not up:
        return correlate2d(image, taps, mode="same")
    wide = convolve2d(spread(image, [0, 1])[:-1, :-1], taps, mode="full")
    return convolve2d(numpy.pad(wide, 1), numpy.outer(BLUR, BLUR) / 16, mode="valid")


@pytest.mark.parametrize("times", [1e-2, 1.0, 1e3])
@pytest.mark.parametrize("kind", [LoopConv, ImageConv])
def test_demodulation_gives_unit_variance_however_strong_the_style(kind, times):
    torch.manual_seed(2)
    conv, style = kind(64, 8, 4), torch.randn(1, 4)
    with torch.no_grad():
        conv.modulation.affine.weight *= times
        conv.modulation.affine.bias *= times
        image = kind is ImageConv
        signal = torch.randn((1, 64, 96, 96) if image else (1, 8192, 64))
        output = conv(signal, style, torch.zeros((1, 96, 96) if image else (1, 8192)))
    squares = output.square().mean((0, 2, 3) if image else (0, 1))
    assert torch.allclose(squares, torch.full((8,), 1.04), rtol=0.08)  # a unit normal through leaky ReLU: 1 + 0.2²


@pytest.mark.parametrize("kind", [LoopOutput, ImageOutput])
def test_outputs_are_linear_and_not_demodulated(kind):
    output = randomised(kind(6, 2, 3))
    style = normal(1, 3)
    signal = normal(1, 6, 4, 5)
    factors, weight, bias = arrays(output.modulation.affine(style)[0], output.weight, output.bias)
    matrix = weight[:, :, 0, 0].T if kind is ImageOutput else weight
    expected = numpy.einsum("ihw,io->ohw", signal[0].numpy(), factors[:, None] / 6**0.5 * matrix) + bias[:, None, None]
    given = signal if kind is ImageOutput else signal.flatten(2).transpose(1, 2)
    result = output(given, style)[0].detach().numpy()
    numpy.testing.assert_allclose(result if kind is ImageOutput else result.T.reshape(2, 4, 5), expected, atol=1e-12)


def test_doubling_is_spreading_and_the_blur():
    sequence = normal(2, 5, 3)
    for row in range(2):
        expected = circular_blur(spread(sequence[row].numpy(), [0]))
        numpy.testing.assert_allclose(doubled(sequence)[row], expected, atol=1e-14)
    image = normal(1, 2, 4, 3)
    for channel in range(2):
        wide = numpy.pad(spread(image[0, channel].numpy(), [0, 1]), ((2, 1), (2, 1)))
        expected = convolve2d(wide, numpy.outer(BLUR, BLUR) / 16, mode="valid")
        numpy.testing.assert_allclose(doubled_image(image)[0, channel], expected, atol=1e-14)


def test_doubling_a_sequence_is_linear_interpolation_at_the_half_frames():
    ramp = torch.arange(6, dtype=torch.float64).view(1, 6, 1)
    assert torch.allclose(doubled(ramp)[0, 1:-1, 0], torch.arange(0.25, 5, 0.5, dtype=torch.float64))


@pytest.mark.parametrize("shift", range(1, 6))
def test_turning_a_loop_by_a_frame_turns_its_double_by_two(shift):
    conv = randomised(LoopConv(4, 3, 2, up=True))
    signal, style, noise = normal(2, 6, 4), normal(2, 2), normal(2, 12)
    turned = conv(signal.roll(shift, 1), style, noise.roll(2 * shift, 1))
    straight = conv(signal, style, noise)
    assert torch.allclose(turned, straight.roll(2 * shift, 1), atol=1e-12)
    assert not torch.allclose(turned, straight, atol=0.1)


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_power_is_the_sum_of_squares(dim):
    weight = normal(3, 4, 5)
    numpy.testing.assert_allclose(power(weight, dim), (weight.numpy() ** 2).sum(dim), atol=1e-12)
