"""How fast ours encodes and decodes beside acids-rave: the same weights, sound and threads, in one process.

Ten seconds at 48 kHz at once, weight norm folded and the noise branch (v1) on in both.
"""

import time
from collections.abc import Callable
from copy import deepcopy

import torch
from acids import Name, build_ours, build_peer
from sounds import training_batch
from table import Row, arguments, at_least, finish, in_turn, machine, median_spread
from torch import Tensor, nn

from tritone.families.vae.model import VAE
from tritone.nn.blocks import fold_weight_norm

THREADS = 2
SECONDS = 10
RATE = 48_000
NAMES: tuple[Name, ...] = ("v1", "v2", "v2_small")


def offline_rows(name: Name, repeats: int) -> list[Row]:
    """Encode and decode, and decode alone."""
    peer = build_peer(name)
    ours = fold_weight_norm(build_ours(peer, name))
    ours16 = deepcopy(ours)
    ours16.use_precision("bf16")
    _fold_peer(peer)
    peer.decoder.set_warmed_up(True)
    audio = training_batch(1, -(-SECONDS * RATE // ours.ratio) * ours.ratio)
    with torch.inference_mode():
        latent = ours.encode(audio)
        theirs = _timer(lambda: peer.decode(peer.encode(audio).chunk(2, 1)[0]))
        whole = in_turn(repeats, _timer(lambda: _through(ours, audio)), theirs)
        half = in_turn(repeats, _timer(lambda: _through(ours16, audio)), theirs)
        decode = in_turn(repeats, _timer(lambda: _decode(ours, latent)), _timer(lambda: peer.decode(latent)))
        ratio = _signal_to_noise(_through(ours, audio), _through(ours16, audio))
    seconds = audio.shape[-1] / RATE
    what = f"{name}: encode and decode {seconds:.2f} s at 48 kHz"
    return [
        at_least(f"{what}, float32", *whole, "s", 1.3),
        at_least(f"{what}, ours in bf16, theirs in float32", *half, "s", 2.0),
        Row(f"{name}: signal to noise of bf16 against float32 (random weights)", ratio, None, None, "dB", 1, "-"),
        _real_time(f"{name}: decode 48 kHz, float32", *decode, seconds),
    ]


def _real_time(what: str, ours: list[float], peer: list[float], seconds: float) -> Row:
    mine, mine_spread = median_spread([seconds / taken for taken in ours])
    theirs, their_spread = median_spread([seconds / taken for taken in peer])
    spread = f"{mine_spread} | {their_spread}"
    return Row(what, mine, theirs, mine / theirs, "x real time", len(ours), spread, "ours >= 20", mine >= 20)


def _through(ours: VAE, audio: Tensor) -> Tensor:
    return ours.reconstruct(audio, noise_seeds=_noise(ours))


def _decode(ours: VAE, latent: Tensor) -> Tensor:
    return ours.decode(latent, noise_seeds=_noise(ours))


def _noise(ours: VAE) -> list[int] | None:
    return None if ours.decoder.noise_branch is None else [0]


def _signal_to_noise(reference: Tensor, other: Tensor) -> float:
    return 10 * torch.log10(reference.square().sum() / (reference - other).square().sum()).item()


def _fold_peer(peer: nn.Module) -> None:
    for module in peer.modules():
        if hasattr(module, "weight_g"):
            nn.utils.remove_weight_norm(module)


def _timer(action: Callable[[], object]) -> Callable[[], float]:
    """A measurement of `action`, which has run once before."""
    action()

    def seconds() -> float:
        start = time.perf_counter()
        action()
        return time.perf_counter() - start

    return seconds


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    torch.set_num_threads(THREADS)
    repeats = 5 if args.quick else 15
    rows = [row for name in NAMES for row in offline_rows(name, repeats)]
    finish("vae_offline", rows, machine(["acids-rave"]), args.json)


if __name__ == "__main__":
    main()
