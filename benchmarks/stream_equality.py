"""Whether a stream gives the offline sound: difference, latency and polarity, of every preset and of acids-rave.

Ours: every preset of the VAE as shipped, with random loud weights, through `LiveStream` in blocks of random sizes from
1 to 16,384 samples; a click and noise; against `reconstruct`, `latency_samples` later, from the first sample on.

acids-rave says no latency, so its stream (cached convolutions, blocks of 2048) is laid where it correlates best with
its own offline model, whatever the sign. Its latent frames begin at other samples than offline (256 later in v1, 1920
in v2, 384 in v2_small), so that even then the sound differs. Posterior means, no noise, the same weights on both sides.

Every model of ours is played once in double precision too: what is left between stream and offline there is a true
difference, and what float32 differs from it, offline and live, is rounding.
"""

import argparse
import copy
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from unittest.mock import patch

import numpy as np
import torch
from acids import PRESETS, Name, build_ours, build_peer, peer_modules, silence_noise
from table import Row, arguments, finish, machine
from torch import Tensor, nn
from torch.nn import functional

from tritone.config import deep_merge, make_config, parse_yaml
from tritone.families.vae.model import VAE, build
from tritone.nn.blocks import fold_weight_norm
from tritone.play.live import LiveStream

BAR = 1e-5
DOUBLE_BAR = 1e-10
"""What stream and offline may differ by where both compute in double precision."""
LARGEST = 16_384
PEER_BLOCK = 2048
CALIBRATED = 32_768
"""Samples, at least, on which the random weights are scaled: more than any preset's receptive field."""
SEARCHED = 65_536
"""Samples of latency within which the peer's stream is looked for."""


def presets() -> list[str]:
    """Names of the VAE's presets."""
    folder = files("tritone") / "presets"
    return sorted(path.name.removesuffix(".yaml") for path in folder.iterdir() if path.name.startswith("vae-"))


def values(name: str) -> dict:
    """A preset with what it is based on."""
    read = parse_yaml((files("tritone") / "presets" / f"{name}.yaml").read_text(encoding="utf-8"), name)
    return deep_merge(values(read["base"]), read) if "base" in read else read


def preset_model(name: str) -> VAE:
    """The preset's model with random weights such that every convolution's output is about a half."""
    torch.manual_seed(0)
    model = fold_weight_norm(build(make_config("vae", {"model": values(name)["model"]}).model).eval())
    for network in (model.encoder, model.decoder):
        hooks = [
            layer.register_forward_hook(_scale)
            for layer in network.modules()
            if isinstance(layer, nn.Conv1d | nn.ConvTranspose1d)
        ]
        with torch.no_grad():
            model.reconstruct(sound(model.channels, max(CALIBRATED, 12 * model.ratio)))
        for hook in hooks:
            hook.remove()
    return model


def _scale(layer: nn.Module, _: object, output: Tensor) -> Tensor:
    with torch.inference_mode(False):
        size = max(2 * output.std().item(), 1e-6)
    layer.weight.data.div_(size)
    if layer.bias is not None:
        layer.bias.data.div_(size)
    return output / size


def sound(channels: int, samples: int) -> Tensor:
    """A click, then noise: `(1, channels, samples)`."""
    generator = torch.Generator().manual_seed(1)
    audio = 0.3 * torch.randn(1, channels, samples, generator=generator, dtype=torch.float32)
    audio[..., : samples // 4] = 0
    audio[..., samples // 8] = 1
    return audio


@torch.inference_mode()
def both_ways(model: VAE, samples: int, seed: int) -> tuple[Tensor, Tensor, int]:
    """Live from the first sample on, in blocks of any size; offline, `samples` of it; the latency between them."""
    live, precision = LiveStream(model.streaming()), model.basis.mean.dtype
    ahead = model.receptive_field()[1] + 4 * model.ratio
    silence = torch.zeros(1, model.channels, ahead + live.latency_samples, dtype=precision)
    audio = torch.cat([sound(model.channels, samples).to(precision), silence], -1)
    wanted = model.reconstruct(audio)[..., :samples]
    random, given, place = np.random.default_rng(seed), [], 0
    while place < audio.shape[-1]:
        size = int(2 ** random.uniform(0, np.log2(LARGEST)))
        given.append(live.process(audio[..., place : place + size]))
        place += size
    return torch.cat(given, -1), wanted, live.latency_samples


def ours_apart(model: VAE, samples: int, seed: int) -> tuple[float, float, int]:
    """Largest difference from offline, correlation with it, latency in samples of blocks of any size."""
    output, wanted, late = both_ways(model, samples, seed)
    found = output[..., late : late + samples]
    gap = max((found - wanted).abs().max().item(), output[..., :late].abs().max().item())
    return gap / wanted.abs().max().item(), correlation(found, wanted), late


def rounding(model: VAE, samples: int) -> tuple[float, float, float]:
    """In double precision stream from offline; then how far float32 is from that truth, offline and live.

    Largest differences, relative to the loudest.
    """
    live, offline, late = both_ways(model, samples, 0)
    with doubled():
        true_live, truth, _ = both_ways(copy.deepcopy(model).double(), samples, 0)
    loudest = truth.abs().max()

    def apart(output: Tensor) -> float:
        return ((output - truth).abs().max() / loudest).item()

    cut = slice(late, late + samples)
    return apart(true_live[..., cut]), apart(offline), apart(live[..., cut])


@contextmanager
def doubled() -> Iterator[None]:
    """While open, tensors are made in double precision, and what asks for float32 gets that too.

    Norms that take their epsilon from the type keep float32's: another would be another model.
    """
    norm = partial(functional.rms_norm, eps=torch.finfo(torch.float32).eps)
    torch.set_default_dtype(torch.float64)
    try:
        with patch.object(Tensor, "float", Tensor.double), patch.object(functional, "rms_norm", norm):
            yield
    finally:
        torch.set_default_dtype(torch.float32)


def correlation(one: Tensor, other: Tensor) -> float:
    """Cosine of the angle between two sounds."""
    return (torch.dot(one.flatten(), other.flatten()) / (one.norm() * other.norm())).item()


def build_cached(peer: nn.Module, name: Name, causal: bool) -> nn.Module:
    """The peer's streaming model with the weights of `peer`."""
    gin, rave, cached_conv = peer_modules()
    gin.enter_interactive_mode()
    gin.clear_config()
    cached_conv.use_cached_conv(True)
    gin.parse_config_files_and_bindings([f"{name}.gin"] + (["causal.gin"] if causal else []), [])
    live = rave.RAVE(n_channels=1).eval()
    cached_conv.use_cached_conv(False)
    live.load_state_dict(peer.state_dict(), strict=False)
    silence_noise(live)
    return live


@torch.no_grad()
def through(peer: nn.Module, audio: Tensor) -> Tensor:
    """Encoder's mean, decoder, filter bank."""
    return peer.pqmf.inverse(peer.decoder(peer.encoder(peer.pqmf(audio)).chunk(2, 1)[0]))


def peer_apart(peer: nn.Module, live: nn.Module, samples: int) -> tuple[float, float, int]:
    """As `ours_apart`, where the peer's stream correlates best with its offline sound."""
    audio = torch.cat([sound(1, samples), torch.zeros(1, 1, SEARCHED)], -1)
    audio = audio[..., : audio.shape[-1] // PEER_BLOCK * PEER_BLOCK]
    wanted = through(peer, audio)[..., :samples]
    given = torch.cat([through(live, block) for block in audio.split(PEER_BLOCK, -1)], -1)
    size = 2 ** int(np.ceil(np.log2(given.shape[-1] + samples)))
    product = torch.fft.rfft(given.flatten(), size) * torch.fft.rfft(wanted.flatten(), size).conj()
    late = int(torch.fft.irfft(product, size)[:SEARCHED].abs().argmax())
    found = given[..., late : late + samples]
    sign = correlation(found, wanted)
    return (found * np.sign(sign) - wanted).abs().max().item() / wanted.abs().max().item(), sign, late


def rows_of(label: str, model: VAE, peer: tuple[float, float, int] | None, samples: int, trials: int) -> list[Row]:
    """Difference, latency and polarity."""
    found = [ours_apart(model, samples, seed) for seed in range(trials)]
    gap, late, sign = max(each[0] for each in found), found[0][2], min(each[1] for each in found)
    theirs = peer or (None, None, None)
    pure, rate = late - (model.ratio - 1), model.sample_rate
    note = f"{1000 * pure / rate:.1f} ms, and up to {1000 * (model.ratio - 1) / rate:.1f} ms of buffer"
    note += "" if peer is None else f" | {1000 * peer[2] / rate:.1f} ms"
    ratio = None if peer is None else peer[2] / pure
    alike = sign > 0.9999
    apart, offline, live = rounding(model, samples // 2)
    beside = f"float32 from there: offline {offline:.1e}, stream {live:.1e}"
    return [
        Row(f"{label}: stream against offline, relative to the loudest", gap, theirs[0], None, "max abs", trials, "-",
            f"ours <= {BAR:g}", gap <= BAR),
        Row(f"{label}: the same in double precision", apart, None, None, "max abs", 1, beside,
            f"ours <= {DOUBLE_BAR:g}", apart <= DOUBLE_BAR),
        Row(f"{label}: latency without buffer", pure, theirs[2], ratio, "samples", 1, note),
        Row(f"{label}: correlation with offline", sign, theirs[1], None, "", trials, "-", "ours > 0.9999", alike),
    ]  # fmt: skip


def main() -> None:
    options: argparse.Namespace = arguments(__doc__.splitlines()[0])
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    trials, samples = (1, 65_536) if options.quick else (5, 131_072)
    rows: list[Row] = []
    for name in PRESETS:
        for causal in (False, True):
            peer = build_peer(name, causal=causal)
            silence_noise(peer)
            ours = fold_weight_norm(build_ours(peer, name, causal=causal))
            theirs = peer_apart(peer, build_cached(peer, name, causal), samples)
            rows += rows_of(
                f"acids-rave's weights, {name}{', causal' if causal else ''}", ours, theirs, samples, trials
            )
    for name in presets():
        rows += rows_of(name, preset_model(name), None, samples, trials)
    finish("stream_equality", rows, machine(["acids-rave", "cached-conv"]), options.json)


if __name__ == "__main__":
    sys.exit(main())
