"""Our U-Net and that of audio-diffusion-pytorch 0.1.3: the same size, and what each keeps of what it promises."""

import copy
import io
from collections.abc import Callable
from functools import partial

import torch
from diffusion_memory import peak_megabytes
from diffusion_sides import Player, Side, network, parameters, peer_keywords, seconds
from safetensors.torch import save
from table import Row, arguments, at_least, finish, in_turn, machine
from torch import Tensor, nn

from tritone.nn.diffusion.attention import attend
from tritone.nn.diffusion.config import UNetConfig

THREADS = 2
SMALL = UNetConfig(
    channels=(8, 16, 32), factors=(1, 4, 4), items=(1, 1, 1), attentions=(0, 0, 1), heads=2, head_features=8,
    features=32,
)  # fmt: skip
"""A ladder on which what does not depend on size is looked at."""


def size_rows(samples: int, repeats: int) -> list[Row]:
    """Parameters, time and memory of the README model, both in float32."""
    counts = {side: parameters(network(side)) for side in ("ours", "peer")}  # type: ignore[arg-type]
    ratio = counts["ours"] / counts["peer"]
    rows = [
        Row(
            "parameters of the README model", counts["ours"], counts["peer"], ratio, "", 1, "-", "0.98 to 1.02",
            0.98 <= ratio <= 1.02,
        )
    ]  # fmt: skip
    x = torch.randn(1, 2, samples, generator=torch.Generator().manual_seed(0))
    ours, peer = Player("ours", "float32"), Player("peer", "float32")
    ours(x)
    peer(x)
    times = in_turn(repeats, partial(seconds, partial(ours, x)), partial(seconds, partial(peer, x)))
    sides: tuple[Side, Side] = ("ours", "peer")
    peaks = [[peak_megabytes(side, "float32", "forward", samples, THREADS)] for side in sides]
    what = f"forward, 2 x {samples} samples, both in float32"
    return [*rows, at_least(what, *times, "s", None), at_least(f"{what}: peak memory", *peaks, "MB", None)]


def mask_row() -> Row:
    """Attention to tokens of which two are masked, before and after these two change: the largest change."""
    from a_unet.blocks import AttentionBase

    torch.manual_seed(0)
    q, k, v = torch.randn(2, 16, 32), torch.randn(2, 6, 32), torch.randn(2, 6, 32)
    other_k, other_v = k.clone(), v.clone()
    other_k[:, 4:], other_v[:, 4:] = torch.randn(2, 2, 2, 32)
    mask = (torch.arange(6) < 4).expand(2, 6)
    peer = AttentionBase(32, head_features=16, num_heads=2)

    def heads(*signals: Tensor) -> list[Tensor]:
        return [signal.unflatten(-1, (2, 16)) for signal in signals]

    with torch.no_grad():
        ours_changed = attend(*heads(q, k, v), mask) - attend(*heads(q, other_k, other_v), mask)
        peer_changed = peer(q, k, v, mask) - peer(q, other_k, other_v, mask)
    change = float(ours_changed.abs().max())
    return Row(
        "attention: largest change when masked tokens change", change, float(peer_changed.abs().max()), None, "", 1,
        "-", "<= 0", change <= 0,
    )  # fmt: skip


def copy_row() -> Row:
    """Relative change of a deep copy's result when all weights of the copy change."""
    changes = {}
    for side in ("ours", "peer"):
        original = _random(network(side, SMALL))  # type: ignore[arg-type]
        twin = copy.deepcopy(original)
        before = _small(twin)
        with torch.no_grad():
            for parameter in twin.parameters():
                parameter.mul_(1.5)
        changes[side] = float((_small(twin) - before).norm() / before.norm())
    return Row(
        "deepcopy: change of the copy's result when its weights change", changes["ours"], changes["peer"], None, "", 1,
        "-", "> 0", changes["ours"] > 0,
    )  # fmt: skip


def ability_rows() -> list[Row]:
    """1 where something works, 0 where it raises."""
    from audio_diffusion_pytorch import DiffusionModel, UNetV0

    ours, peer = _random(network("ours", SMALL)), _random(network("peer", SMALL))
    whole = DiffusionModel(net_t=UNetV0, **{k: v for k, v in peer_keywords(SMALL).items() if k != "dim"})
    odd = torch.randn(1, 2, 1001)
    rows = [
        _works("any length: 1,001 samples", lambda: ours(odd, time=odd[:, 0, 0]), lambda: peer(odd, time=odd[:, 0, 0])),
        _works("torch.save of the network", lambda: _pickled(ours), lambda: _pickled(peer)),
        _works(
            "safetensors takes the state_dict", lambda: save(ours.state_dict()), lambda: save(whole.state_dict())
        ),
    ]  # fmt: skip
    names = len(whole.state_dict()) / len({value.data_ptr() for value in whole.state_dict().values()})
    own = ours.state_dict()
    mine = len(own) / len({value.data_ptr() for value in own.values()})
    return [*rows, Row("names in the state_dict for each weight", mine, names, None, "", 1, "-", "<= 1", mine <= 1)]


def _works(what: str, ours: Callable[[], object], peer: Callable[[], object]) -> Row:
    mine, theirs = _tried(ours), _tried(peer)
    return Row(f"{what} (1 works, 0 raises)", mine, theirs, None, "", 1, "-", "1", mine == 1)


def _tried(action: Callable[[], object]) -> int:
    try:
        action()
    except Exception:  # whatever it is, it does not work
        return 0
    return 1


def _pickled(module: nn.Module) -> None:
    torch.save(module, io.BytesIO())


def _small(module: nn.Module) -> Tensor:
    x = torch.randn(1, 2, 256, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return module(x, time=torch.tensor([0.5]))


def _random(module: nn.Module) -> nn.Module:
    """All weights random, so that no layer starts at zero."""
    torch.manual_seed(0)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return module


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    torch.set_num_threads(THREADS)
    samples, repeats = (2**16, 3) if args.quick else (2**18, 7)
    rows = [*size_rows(samples, repeats), mask_row(), copy_row(), *ability_rows()]
    finish("diffusion_parity", rows, machine(["audio-diffusion-pytorch", "a-unet"]), args.json)


if __name__ == "__main__":
    main()
