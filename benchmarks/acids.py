"""The peer acids-rave 2.3.1: built on today's libraries with random weights, and those weights carried into our models.

acids-rave was written for older libraries; `build_peer` first puts back what it expects of scipy (`kaiser`, `nyq`,
arrays of one element where numbers are meant). Nothing of its files is changed.
"""

import logging
import sys
import warnings
from dataclasses import replace
from functools import cache
from importlib.resources import files
from types import ModuleType
from typing import Any, Literal

import numpy as np
import torch
from scipy import signal
from scipy.signal import windows
from torch import Tensor, nn

from tritone.config import deep_merge, make_config, parse_yaml
from tritone.families.vae.config import Config, PqmfConfig
from tritone.families.vae.model import VAE, build
from tritone.play.foreign.names import carry
from tritone.play.foreign.shapes import read_shape

Name = Literal["v1", "v2", "v2_small"]
PRESETS: dict[str, str] = {"v1": "vae-v1", "v2": "vae-v2", "v2_small": "vae-v2-small"}
GAIN = 2.0


@cache
def peer_modules() -> tuple[ModuleType, ModuleType, ModuleType]:
    """The modules gin, rave and cached_conv, imported behind the shims."""
    firwin, kaiserord = signal.firwin, signal.kaiserord

    def number(value: Any) -> float:
        return float(np.squeeze(value))

    def firwin_as_before(taps: int, cutoff: Any, *args: Any, nyq: float | None = None, **kwargs: Any) -> np.ndarray:
        rate = {} if nyq is None else {"fs": 2 * nyq}
        return firwin(taps, number(cutoff), *args, **kwargs, **rate)

    signal.kaiser = windows.kaiser
    signal.firwin = firwin_as_before
    signal.kaiserord = lambda ripple, width: kaiserord(ripple, number(width))
    logging.getLogger().setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import cached_conv
        import gin
        import rave
    return gin, rave, cached_conv


def unsettle_norms(peer: nn.Module) -> None:
    """Random statistics and gains into all batch norms."""
    for module in peer.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 2.0)
            nn.init.normal_(module.bias, std=0.1)


def build_peer(name: Name, *, causal: bool = False, channels: int = 1, seed: int = 0) -> nn.Module:
    """acids-rave's model with random weights.

    Batch norm gets statistics that are not the identity; weight-norm gains are raised by `GAIN`, without which an
    untrained model of this depth gives next to nothing and every difference would look small.
    """
    gin, rave, cached_conv = peer_modules()
    gin.enter_interactive_mode()
    gin.clear_config()
    cached_conv.use_cached_conv(False)
    gin.parse_config_files_and_bindings([f"{name}.gin"] + (["causal.gin"] if causal else []), [])
    torch.manual_seed(seed)
    peer = rave.RAVE(n_channels=channels).eval()
    unsettle_norms(peer)
    for module in peer.modules():
        if hasattr(module, "weight_g"):
            module.weight_g.data *= GAIN
    return peer


def silence_noise(peer: nn.Module) -> None:
    """Leave the noise branch out of the peer's decoder (v1 does so by itself until it is "warmed up")."""
    if getattr(peer.decoder, "noise_module", None) is not None:
        peer.decoder.noise_module.forward = lambda signal: 0.0


def our_config(name: Name, *, causal: bool = False, channels: int = 1) -> Config:
    """Our preset of the same architecture, with the peer's filter bank."""
    preset = _preset(PRESETS[name] + ("-causal" if causal else ""))
    config = make_config("vae", {"model": preset["model"]}).model
    return replace(config, channels=channels, pqmf=PqmfConfig(design="kaiser"))


def build_ours(peer: nn.Module, name: Name, *, causal: bool = False, channels: int = 1) -> VAE:
    """Our model with the peer's encoder, decoder and filter bank."""
    ours = build(our_config(name, causal=causal, channels=channels)).eval()
    tensors = peer.state_dict()
    carry(tensors, read_shape(tensors), ours)
    return ours


def _preset(name: str) -> dict[str, Any]:
    values = parse_yaml((files("tritone") / "presets" / f"{name}.yaml").read_text(encoding="utf-8"), name)
    return deep_merge(_preset(values["base"]), values) if "base" in values else values


def difference(ours: Tensor, peer: Tensor) -> float:
    """Largest absolute difference."""
    return (ours - peer).abs().max().item()


if __name__ == "__main__":
    sys.exit("acids.py is a part of the benchmarks; run vae_parity.py or vae_speed.py.")
