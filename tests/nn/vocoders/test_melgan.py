import torch
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from tritone.nn.blocks import fold_weight_norm
from tritone.nn.vocoders import build_vocoder
from tritone.nn.vocoders.config import VocoderConfig
from tritone.nn.vocoders.melgan import DilatedUnit
from tritone.signal.mel_config import MelConfig

PAPER = VocoderConfig("melgan", 1, MelConfig(16_000, 64, 1024, 160), width=32, layers=3, ratios=(5, 4, 4, 2))


def test_the_papers_network_has_its_size():
    """Counted from the layers: kernel * inputs * outputs + biases + one gain for each output (input if transposed)."""

    def layer(inputs: int, outputs: int, kernel: int) -> int:
        return kernel * inputs * outputs + 2 * outputs

    total = layer(64, 512, 7) + layer(32, 1, 7)
    for inputs, ratio in ((512, 5), (256, 4), (128, 4), (64, 2)):
        half = inputs // 2
        total += 2 * ratio * inputs * half + half + inputs
        total += 3 * (layer(half, half, 3) + 2 * layer(half, half, 1))
    assert total == sum(parameter.numel() for parameter in build_vocoder(PAPER).parameters())
    assert round(total / 1e6, 3) == 3.193


def test_a_dilated_unit_is_that_of_the_paper():
    unit = DilatedUnit(6, 9).double()
    x = torch.randn(2, 6, 50, dtype=torch.float64)
    wide, narrow, beside = unit.block[1], unit.block[3], unit.shortcut
    inner = functional.conv1d(functional.leaky_relu(x, 0.2), wide.weight, wide.bias, padding=9, dilation=9)
    inner = functional.conv1d(functional.leaky_relu(inner, 0.2), narrow.weight, narrow.bias)
    torch.testing.assert_close(unit(x), inner + functional.conv1d(x, beside.weight, beside.bias))


def test_folded_weights_and_bf16_sound_the_same():
    vocoder = build_vocoder(VocoderConfig("melgan", 1, MelConfig(16_000, 20, 256, 64), 8, 2, ratios=(8, 8))).eval()
    mel = torch.randn(1, 1, 20, 12)
    with torch.inference_mode():
        before = vocoder(mel)
        fold_weight_norm(vocoder)
        torch.testing.assert_close(vocoder(mel), before, rtol=0, atol=1e-5)
        vocoder.use_precision("bf16")
        rough = vocoder(mel)
    assert rough.dtype == torch.float32
    assert 0 < (rough - before).square().mean() < 1e-3 * before.square().mean()


def test_weights_are_normalised_for_training():
    vocoder = build_vocoder(PAPER)
    reference = weight_norm(torch.nn.Conv1d(64, 512, 7))
    names = {name.removeprefix("layers.0.") for name, _ in vocoder.named_parameters() if name.startswith("layers.0.")}
    assert names == {name for name, _ in reference.named_parameters()}
