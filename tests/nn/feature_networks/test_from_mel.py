import numpy as np
import pytest
import torch
from torch import Tensor

from tritone.assets import LOOPS
from tritone.nn.feature_networks import load_network
from tritone.nn.feature_networks.base import FeatureNetwork
from tritone.nn.feature_networks.from_mel import noise_ratio, time_matrix
from tritone.nn.mel_frames import MelFrames
from tritone.signal.files import read_audio
from tritone.signal.mel_config import MelConfig

RATE = 44_100
MEL = MelConfig()


@pytest.fixture(scope="module", params=["aisfx", "musicnn-mtt"])
def network(request: pytest.FixtureRequest) -> FeatureNetwork:
    return load_network(request.param)


def decibels(network: FeatureNetwork, spectrogram: Tensor) -> Tensor:
    loudest = 9.457798957824707 if network.name == "aisfx" else 1.0
    return 10 * ((10 ** (spectrogram * loudest) - 1) / 10_000).clamp(min=1e-9).log10()


def loops() -> list[Tensor]:
    paths = sorted(LOOPS.glob("*bpm.ogg"))[5:9]
    return [torch.from_numpy(read_audio(path)[0]).mean(0)[None, None] for path in paths]


@pytest.mark.parametrize("weights", [[1.0], [0.5, 0.5], [0.2, 0.5, 0.3], [0.1] * 10])
def test_the_noise_ratio_is_what_noise_shows(weights: list[float]) -> None:
    noise = np.random.default_rng(3).standard_normal((10_000, 256))
    size = len(weights)
    spectra = np.fft.rfft(noise * np.hanning(257)[:-1])[:, 40 : 40 + size]
    expected = ((np.abs(spectra) @ np.array(weights)) ** 2).mean() / (np.abs(spectra) ** 2).mean()
    found = noise_ratio(torch.tensor([weights], dtype=torch.float64)).item()
    assert found == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("circular", [True, False])
def test_time_is_mixed_without_gain(circular: bool) -> None:
    matrix = time_matrix(64, 32.0, 0.023, 125, 0.0, 0.016, 0.016, circular)
    assert matrix.min() >= 0
    assert torch.allclose(matrix.sum(1), torch.ones(125))


def test_an_event_stays_where_it_is() -> None:
    matrix = time_matrix(256, 128.0, 0.023, 125, 0.0, 0.016, 0.016, False)
    for frame in (10, 100, 200):
        heard = matrix[:, frame] @ (torch.arange(125) * 0.016) / matrix[:, frame].sum()
        assert heard.item() == pytest.approx((frame + 0.5) / 128, abs=0.004)


def test_noise_comes_out_as_loud_as_through_sound(network: FeatureNetwork) -> None:
    noise = 0.1 * torch.randn(1, 1, 5 * RATE, generator=torch.Generator().manual_seed(4))
    through_mel = network.from_mel(MelFrames(MEL).at_hop(noise)[:, 0], MEL, RATE, RATE / MEL.hop, False)
    level, expected = (
        10 * (10 ** (decibels(network, one) / 10)).mean(-1).log10()
        for one in (through_mel, network.from_audio(noise, RATE))
    )
    assert through_mel.shape[1] == 96
    assert (level - expected).abs().median() < 0.2
    assert (level - expected).abs().max() < 1.0


def test_real_loops_come_out_as_through_sound(network: FeatureNetwork) -> None:
    frames, differences, cosines = MelFrames(MEL), [], []
    for audio in loops():
        found = network.from_mel(frames.at_hop(audio)[:, 0], MEL, RATE, RATE / MEL.hop, False)
        expected = network.from_audio(audio, RATE)[..., : found.shape[-1]]
        found = found[..., : expected.shape[-1]]
        differences.append((decibels(network, found) - decibels(network, expected)).abs().median().item())
        cosines.append(torch.cosine_similarity(network.embed(found), network.embed(expected)).item())
    print(
        f"{network.name}: median {np.mean(differences):.2f} dB, cosine {np.mean(cosines):.3f}, least {min(cosines):.3f}"
    )
    assert np.mean(differences) < 1.3
    assert np.mean(cosines) > {"aisfx": 0.94, "musicnn-mtt": 0.88}[network.name]


def test_a_turned_loop_gives_turned_spectrograms(network: FeatureNetwork) -> None:
    samples = 4 * RATE
    loop = loops()[0].repeat(1, 1, 4)[..., :samples]
    count = round(4 * network.frame_rate)
    grid = MelFrames(MEL).on_grid(loop, torch.tensor([samples]), 4 * count)[:, 0]
    found = network.from_mel(grid, MEL, RATE, count, True)
    turned = network.from_mel(grid.roll(4 * 10, -1), MEL, RATE, count, True)
    assert found.shape[-1] == count
    assert torch.allclose(turned, found.roll(10, -1), atol=1e-4)


def test_bands_laid_out_for_one_rate_serve_another(network: FeatureNetwork) -> None:
    at_48k = MelFrames(MEL).at_hop(0.1 * torch.randn(1, 1, 96_000, generator=torch.Generator().manual_seed(5)))[:, 0]
    found = decibels(network, network.from_mel(at_48k, MEL, 48_000, 48_000 / MEL.hop, False))
    noise = 0.1 * torch.randn(1, 1, 96_000, generator=torch.Generator().manual_seed(6))
    expected = decibels(network, network.from_audio(noise, 48_000))
    assert (found.mean(-1) - expected.mean(-1)).abs().median() < 0.8


def test_gradients_reach_the_mel(network: FeatureNetwork) -> None:
    log_mel = (torch.randn(2, 128, 64) - 4).requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = network.from_mel(log_mel, MEL, RATE, 32.0, True)
    assert found.dtype == torch.float32
    found.sum().backward()
    assert log_mel.grad is not None and bool(log_mel.grad.isfinite().all()) and log_mel.grad.abs().sum() > 0
