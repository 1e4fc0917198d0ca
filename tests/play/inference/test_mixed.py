"""What rounding a layer does to the output is known before it is done, and the plan of an engine rests on that."""

from dataclasses import replace

import pytest
import torch
from narrow import small
from torch import Tensor

from tritone.families.vae.model import VAE, build
from tritone.nn.blocks import fold_weight_norm
from tritone.play.inference import mixed
from tritone.play.inference.measure import probe, signal_to_noise
from tritone.play.inference.mixed import bf16, int8, rounded_layers
from tritone.play.inference.sensitivity import products, sensitivities
from tritone.play.inference.steps import Step


@pytest.fixture(scope="module")
def vae() -> VAE:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = replace(small("vae-v2-small"), dilations=((1,), (1,), (1,), (3,)))
    model = fold_weight_norm(build(config).eval())
    for layer in model.modules():
        if isinstance(layer, torch.nn.Conv1d | torch.nn.ConvTranspose1d):
            layer.weight.data *= 1.5
    return model


def played(vae: VAE, rounded: dict[str, str]) -> Tensor:
    model = vae.streaming()
    with torch.no_grad():
        for name, layer in products(model).items():
            if name in rounded:
                layer.matrix.copy_({"bf16": bf16, "bf16 twice": bf16, "int8": int8}[rounded[name]](layer.matrix))
        step = Step(model, "forward", 60 * model.ratio)
        _, *state = step.example()
        sound = torch.from_numpy(probe(model, 60 * model.ratio, 1, seed=5))
        return step(sound, *state)[0][0, :, model.latency_samples :]


@pytest.mark.parametrize("kind", ["bf16", "int8"])
def test_noise_is_what_was_foretold(vae: VAE, kind: str) -> None:
    layers = sensitivities(vae.streaming(), {"bf16": bf16, "int8": int8}, 200)
    foretold = torch.tensor(sum(layer.noise[kind] for layer in layers if layer.noise))
    exact = played(vae, {}).numpy()
    given = played(vae, {layer.name: kind for layer in layers}).numpy()
    assert signal_to_noise(exact, given) == pytest.approx(float(-10 * foretold.log10()), abs=3)


def test_measuring_leaves_the_model_as_it_was(vae: VAE) -> None:
    model = vae.streaming()
    before = {name: value.clone() for name, value in model.named_buffers()}
    layers = sensitivities(model, {"bf16": bf16}, 0)
    assert all(torch.equal(value, before[name]) for name, value in model.named_buffers())
    assert not any(value.requires_grad for value in model.buffers())
    assert [layer.name for layer in layers] == list(products(model))
    assert all(layer.weights == before[f"{layer.name}.matrix"].numel() for layer in layers)


def test_less_noise_is_allowed_fewer_layers_are_rounded(vae: VAE, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed, "AT_LEAST", 200)
    monkeypatch.setattr(mixed, "FIXED", dict.fromkeys(mixed.FIXED, 0.0))
    many = rounded_layers(vae.streaming(), ("bf16", "int8"), 2, twice=True)
    monkeypatch.setattr(mixed, "TRUE_DB", 60.0)
    few = rounded_layers(vae.streaming(), ("bf16", "int8"), 2, twice=True)
    monkeypatch.setattr(mixed, "TRUE_DB", 200.0)
    assert 0 < len(few) < len(many)
    assert rounded_layers(vae.streaming(), ("bf16", "int8"), 2, twice=True) == {}
