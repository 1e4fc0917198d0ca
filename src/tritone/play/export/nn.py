"""`--to nn`: one TorchScript file that nn~ plays in Max and Pure Data, and `torch.jit.load` in Python and C++.

The file holds a StreamingVAE (weight norm, batch norm and the latent's rotation multiplied into the weights, small
blocks as matrix products) behind the names that nn~ asks for (`tritone.play.export.nn_model`). TorchScript is
deprecated in PyTorch, and still the only thing that nn~ loads.
"""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from tritone.errors import UserError
from tritone.families.prior.streaming import StreamingPrior
from tritone.families.vae.model import VAE
from tritone.families.vae.streaming import StreamingVAE
from tritone.play.export.nn_model import NnModel
from tritone.play.export.nn_prior import NnModelWithPrior
from tritone.play.export.nn_verify import verify, verify_prior
from tritone.play.export.placed import placed

FACTS = "tritone.json"
"""Name of the file inside the file that says what it is."""


def write(
    vae: VAE, path: Path, *, dims: int, noise: bool = True, prior: StreamingPrior | None = None
) -> dict[str, Any]:
    """Write `vae` with `dims` axes of its latent to `path` (FILE.ts) for nn~.

    With `noise` its noise branch is heard, if there is one; with a `prior` of its latents the file can make them by
    itself. The file is loaded again and compared with the model before it gets its name. Returns its facts: methods,
    attributes, rates, latency, and by method the largest difference from the model. UserError where nn~ could not play
    it, where the prior has other axes, and where the file differs from the model.
    """
    if vae.ratio & (vae.ratio - 1):
        raise UserError(
            f"A latent frame of this model lasts {vae.ratio} samples, but nn~ plays blocks of a power of two; "
            "export a model whose bands times ratios are a power of two, or use --to onnx."
        )
    if prior is not None and prior.dims > dims:
        raise UserError(
            f"The prior makes {prior.dims} axes of the latent; export at least so many: --dims {prior.dims}."
        )
    stream = vae.streaming(dims=dims, noise=noise, learning=vae.config.adaptive_norm)
    module = scripted(stream, prior)
    facts = _facts(stream, module)
    with placed(path, ".ts") as (part,):
        _save(module, part, facts)
        facts["differences"] = verify(load(part), vae, stream)
        if prior is not None:
            facts["differences"]["prior"] = verify_prior(load(part), prior)
        _save(module, part, facts)
    return facts


def scripted(stream: StreamingVAE, prior: StreamingPrior | None = None) -> torch.jit.ScriptModule:
    """The nn~ module of a stream, and of a prior of its latents, scripted."""
    module = NnModel(stream) if prior is None else NnModelWithPrior(stream, prior)
    with _deprecated():
        return torch.jit.script(module.eval())


def load(path: Path | str) -> torch.jit.ScriptModule:
    """A file that was written for nn~ (or any TorchScript file), on the CPU."""
    with _deprecated():
        return torch.jit.load(str(path), map_location="cpu")


def read_facts(path: Path | str) -> dict[str, Any]:
    """What a file of `write` says of itself; empty for other TorchScript files."""
    kept = {FACTS: ""}
    with _deprecated():
        torch.jit.load(str(path), map_location="cpu", _extra_files=kept)
    return json.loads(kept[FACTS] or "{}")


def _facts(stream: StreamingVAE, module: Any) -> dict[str, Any]:
    return {
        "format": "nn",
        "sample_rate": stream.sample_rate,
        "channels": stream.channels,
        "ratio": stream.ratio,
        "latent_rate": stream.sample_rate / stream.ratio,
        "dims": stream.dims,
        "latent": stream.latent,
        "latency_samples": stream.latency_samples,
        "latency_ms": 1000 * stream.latency_samples / stream.sample_rate,
        "encoder_lag": stream.encoder_lag,
        "noise": stream.noise_bands > 0 or stream.beside > 0,
        "methods": module.get_methods(),
        "attributes": module.get_attributes(),
    }


def _save(module: torch.jit.ScriptModule, path: Path, facts: dict[str, Any]) -> None:
    with _deprecated(), path.open("wb") as file:  # torch itself would end the process where the disk is full
        torch.jit.save(module, file, _extra_files={FACTS: json.dumps(facts)})


@contextmanager
def _deprecated() -> Iterator[None]:
    """PyTorch says at every call that TorchScript is deprecated; whoever exports for nn~ has no choice."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
        yield
