"""Files for nn~ and what they give in this PyTorch, for a host that runs another one: every VAE preset, and runs.

    .venv/bin/python benchmarks/nn_host/record.py DIR [RUN ...]

A preset is exported with fresh weights and few channels. Beside `DIR/files/NAME.ts` lie, as raw float32 `(channels,
time)`, `NAME.METHOD.in.f32` and `NAME.METHOD.out.f32`.
"""

import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch

from tritone.config import deep_merge, make_config, parse_yaml
from tritone.families.prior.heads import MixtureHead
from tritone.families.prior.networks import CausalNetwork
from tritone.families.prior.streaming import StreamingPrior
from tritone.families.vae.config import Config
from tritone.families.vae.model import VAE, build
from tritone.play.export.nn import load, write

FRAMES = 32
LOUD = 1.6
"""Gain of every layer of fresh weights, without which they give next to nothing."""


def presets() -> list[str]:
    return sorted(path.name.removesuffix(".yaml") for path in _folder().iterdir() if path.name.startswith("vae-"))


def narrow(preset: str) -> VAE:
    """The model of a preset with fresh weights and few channels."""
    config = make_config("vae", {"model": _values(preset)["model"]}).model
    assert isinstance(config, Config)
    torch.manual_seed(0)
    model = build(replace(config, capacity=8, latent=8)).eval()
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, torch.nn.Conv1d | torch.nn.ConvTranspose1d):
                for weight in layer.parameters():
                    weight *= LOUD
    return model


def small_prior(dims: int) -> StreamingPrior:
    """A prior with fresh weights over so many axes."""
    network = CausalNetwork(dims, 16, 2, (1, 2, 4), 0.0)
    head = MixtureHead(network.says, dims, 4, 0.1)
    return StreamingPrior(network, head, torch.zeros(1, 16), torch.zeros(dims), torch.ones(dims))


def record(model: VAE, path: Path, prior: StreamingPrior | None = None) -> None:
    """Export `model` to `path` and write down what each method gives for noise."""
    facts = write(model, path, dims=model.streaming(dims=None if model.bottleneck.rows < 8 else 4).dims, prior=prior)
    file = load(path)
    for method in facts["methods"]:
        channels, ratio, *_ = getattr(file, f"{method}_params").tolist()
        given = 0.3 * torch.randn(1, channels, FRAMES * facts["ratio"] // ratio)
        with torch.inference_mode():
            result = getattr(file, method)(given)
        for end, signal in (("in", given), ("out", result)):
            signal.contiguous().numpy().tofile(path.with_suffix(f".{method}.{end}.f32"))
    print(path, facts["differences"])


def _values(name: str) -> dict[str, Any]:
    values = parse_yaml((_folder() / f"{name}.yaml").read_text(encoding="utf-8"), name)
    return deep_merge(_values(values["base"]), values) if "base" in values else values


def _folder() -> Any:
    return files("tritone") / "presets"


def main() -> None:
    from tritone.play.load import load as load_run

    torch.set_num_threads(1)
    folder = Path(sys.argv[1]) / "files"
    folder.mkdir(parents=True, exist_ok=True)
    for preset in presets():
        model = narrow(preset)
        if "stream" in model.capabilities():
            record(model, folder / f"{preset}.ts")
    record(narrow("vae-nano"), folder / "prior.ts", small_prior(3))
    for run in sys.argv[2:]:
        model = load_run(run)
        assert isinstance(model, VAE)
        record(model, folder / f"{Path(run).name}.ts")


if __name__ == "__main__":
    main()
