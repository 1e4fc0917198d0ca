import numpy as np
import pytest
import torch

from tritone.signal.mel import hertz_to_mel, log_mel, mel_filters, mel_to_hertz
from tritone.signal.spectrogram import mel_decibels, spectrogram_png


def test_scales_at_known_points():
    assert hertz_to_mel(1000, "htk") == pytest.approx(999.9855, abs=1e-3)
    assert hertz_to_mel(700, "htk") == pytest.approx(2595 * np.log10(2))
    assert hertz_to_mel(500, "slaney") == pytest.approx(7.5)
    assert hertz_to_mel(1000, "slaney") == pytest.approx(15)
    assert hertz_to_mel(6400, "slaney") == pytest.approx(42)


@pytest.mark.parametrize("scale", ["slaney", "htk"])
def test_scales_invert_each_other(scale):
    hertz = np.array([0.0, 20, 440, 999, 1000, 1001, 8000, 24000])
    assert np.allclose(mel_to_hertz(hertz_to_mel(hertz, scale), scale), hertz)


def test_htk_filter_is_a_triangle_of_unit_peak_between_its_neighbours_centres():
    rate, window, mels = 16000, 4096, 20
    edges = mel_to_hertz(np.linspace(0, float(hertz_to_mel(8000, "htk")), mels + 2), "htk")
    filters = mel_filters(rate, window, mels, scale="htk").numpy()
    bins = np.arange(window // 2 + 1) * rate / window
    for row, low, centre, high in zip(filters, edges, edges[1:], edges[2:], strict=False):
        assert np.allclose(row, np.interp(bins, [low, centre, high], [0, 1, 0], left=0, right=0), atol=1e-6)


def test_slaney_filters_have_unit_area():
    filters = mel_filters(48000, 16384, 40)
    assert torch.allclose(filters.sum(1) * 48000 / 16384, torch.ones(40), atol=2e-2)


def test_log_mel_peaks_at_the_filter_of_the_tone():
    rate = 32000
    time = torch.arange(rate) / rate
    result = log_mel(torch.sin(2 * np.pi * 3000 * time)[None], rate, mels=64)
    edges = mel_to_hertz(np.linspace(0, float(hertz_to_mel(rate / 2)), 66))
    expected = int(np.abs(edges[1:-1] - 3000).argmin())
    assert result.shape == (1, 64, rate // 512 + 1)
    assert abs(int(result[0, :, 30].argmax()) - expected) <= 1
    assert float(log_mel(torch.zeros(1, 4096), rate).max()) == pytest.approx(np.log(1e-5))


def test_picture_decibels_of_a_full_scale_tone():
    time = torch.arange(16000) / 16000
    picture = mel_decibels(torch.sin(2 * np.pi * 1000 * time)[None], 16000)
    step = float(hertz_to_mel(8000, "htk")) / 193
    assert abs(int(picture[:, 40].argmax()) + 1 - float(hertz_to_mel(1000, "htk")) / step) < 1.5
    assert -12 < picture[:, 40].max() <= 0.1


def test_picture_is_written_whole(tmp_path):
    spectrogram_png(tmp_path / "a.png", {"short": torch.zeros(2, 10), "noise": torch.randn(1, 8000)}, 8000)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]
    with pytest.raises(FileNotFoundError):
        spectrogram_png(tmp_path / "nowhere" / "a.png", {"noise": torch.randn(1, 8000)}, 8000)
