import numpy as np
import pytest
import torch

from tritone.nn import losses
from tritone.nn.losses import SpectralDistance, kl_divergence
from tritone.signal.stft import magnitude


def sounds(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    target = torch.randn(*shape, generator=generator, dtype=torch.float64) * 0.1
    return target, target + 0.05 * torch.randn(*shape, generator=generator, dtype=torch.float64)


def by_numpy(output, target, scales, epsilon):
    total = 0.0
    for scale in scales:
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(scale) / scale)
        levels = []
        for audio in (target, output):
            rows = np.pad(audio.reshape(-1, audio.shape[-1]), ((0, 0), (scale // 2, scale // 2)), mode="reflect")
            starts = range(0, rows.shape[1] - scale + 1, scale // 4)
            levels.append(np.abs(np.fft.rfft(np.stack([rows[:, s : s + scale] * hann for s in starts], 1))))
        x, y = levels
        total += ((x - y) ** 2).mean() / (x**2).mean() + np.abs(np.log(x + epsilon) - np.log(y + epsilon)).mean()
    return total


def plain(output, target, scales, epsilon):
    total = 0.0
    for scale in scales:
        x, y = magnitude(target, scale, scale // 4), magnitude(output, scale, scale // 4)
        total = total + (x - y).square().mean() / x.square().mean()
        total = total + ((x + epsilon).log() - (y + epsilon).log()).abs().mean()
    return total


@pytest.mark.parametrize("shape", [(2, 1, 4096), (1, 3, 1500), (3, 2, 1027)])
@pytest.mark.parametrize("epsilon", [1e-7, 1.0])
def test_distance_is_the_formula(shape, epsilon):
    target, output = sounds(*shape)
    scales = (1024, 256, 64)
    result = SpectralDistance(scales, epsilon)(output, target)
    assert float(result) == pytest.approx(by_numpy(output.numpy(), target.numpy(), scales, epsilon), rel=1e-9)
    single = SpectralDistance(scales, epsilon)(output.float(), target.float())
    assert float(single) == pytest.approx(float(result), rel=1e-5)


@pytest.mark.parametrize("chunk", [1, 100_000])
def test_gradient_is_that_of_the_plain_formula(monkeypatch, chunk):
    monkeypatch.setattr(losses, "CHUNK_SAMPLES", chunk)
    target, output = sounds(3, 2, 1500)
    ours, theirs = output.clone().requires_grad_(), output.clone().requires_grad_()
    (3 * SpectralDistance((512, 128), 1e-3)(ours, target)).backward()
    (3 * plain(theirs, target, (512, 128), 1e-3)).backward()
    assert torch.allclose(ours.grad, theirs.grad, rtol=1e-7, atol=1e-12)


def test_gradient_agrees_with_finite_differences():
    target, output = sounds(1, 1, 200)
    distance = SpectralDistance((64,), 1e-2)
    assert torch.autograd.gradcheck(lambda y: distance(y, target), output.requires_grad_(), eps=1e-7, atol=1e-4)


def test_silent_output_has_a_finite_gradient():
    target, _ = sounds(2, 1, 1024)
    output = torch.zeros(2, 1, 1024, requires_grad=True)
    SpectralDistance((256,))(output, target.float()).backward()
    assert torch.equal(output.grad, torch.zeros_like(output))


def test_equal_sounds_have_no_distance_and_the_target_no_gradient():
    target, output = sounds(1, 1, 1024)
    assert float(SpectralDistance((256,))(target, target)) == 0
    target.requires_grad_()
    SpectralDistance((256,))(output.requires_grad_(), target).backward()
    assert target.grad is None


def test_two_halves_of_a_batch_average_to_the_whole():
    target, output = sounds(4, 1, 2048)
    target[2:] *= 10
    whole, distance = output.clone().requires_grad_(), SpectralDistance((512, 128))
    value = distance(whole, target)
    value.backward()
    energies = []
    for part in (target[:2], target[2:]):
        energies.append([magnitude(part, scale, scale // 4).square().mean() for scale in (512, 128)])
    shared = [sum(both) / 2 for both in zip(*energies, strict=True)]
    parts = []
    for half in (slice(0, 2), slice(2, 4)):
        answers = iter(shared)
        leaf = output[half].clone().requires_grad_()
        part = distance(leaf, target[half], mean=lambda own, answers=answers: next(answers))
        part.backward()
        parts.append((part, leaf.grad / 2))
    assert torch.allclose(value, (parts[0][0] + parts[1][0]) / 2)
    assert torch.allclose(whole.grad, torch.cat([parts[0][1], parts[1][1]]))


def test_divergence_by_hand():
    mean = torch.tensor([[[0.0, 2.0], [1.0, 1.0]]])
    std = torch.tensor([[[1.0, 1.0], [np.e, 1.0]]])
    expected = (0 + 4) / 2 + ((1 + np.e**2 - 2 - 1) + 1) / 2
    assert float(kl_divergence(mean, std)) == pytest.approx(expected, rel=1e-6)


def test_silence_as_target_gives_a_finite_distance_and_gradient():
    output = (1e-3 * torch.randn(2, 1, 8192)).requires_grad_()
    distance = SpectralDistance()(output, torch.zeros(2, 1, 8192))
    distance.backward()
    assert torch.isfinite(distance) and torch.isfinite(output.grad).all()
