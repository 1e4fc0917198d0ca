"""The README model of audio-diffusion-pytorch 0.1.3 and ours of the same ladder: a forward, and a training step.

Their network is built by their own `UNetV0` with the values of their README, in float32 as there; `autocast` adds the
bf16 that PyTorch offers to any network. A training step is whole: forward, the v-objective's squared error, backward,
AdamW with the settings of their trainer; our optimiser is the fused one, as in our training.
"""

import time
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from tritone.nn.diffusion.config import NetworkConfig, UNetConfig
from tritone.nn.diffusion.networks import build_network

Side = Literal["ours", "peer"]
Precision = Literal["float32", "bf16", "autocast"]
LADDER = UNetConfig()
ADAMW = {"lr": 1e-4, "betas": (0.95, 0.999), "eps": 1e-6, "weight_decay": 1e-3}
"""Of audio-diffusion-pytorch-trainer."""


def peer_keywords(ladder: UNetConfig = LADDER) -> dict[str, object]:
    """A ladder of ours in the words of `UNetV0`."""
    return {
        "dim": 1,
        "in_channels": 2,
        "channels": list(ladder.channels),
        "factors": list(ladder.factors),
        "items": list(ladder.items),
        "attentions": list(ladder.attentions),
        "attention_heads": ladder.heads,
        "attention_features": ladder.head_features,
        "modulation_features": ladder.features,
        "resnet_groups": ladder.groups,
    }


def network(side: Side, ladder: UNetConfig = LADDER) -> nn.Module:
    """The network of one side for stereo sound; called as `network(x, time=time)` on both."""
    torch.manual_seed(0)
    if side == "ours":
        return build_network(NetworkConfig(unet=ladder), inputs=2, outputs=2)
    from audio_diffusion_pytorch import UNetV0

    return UNetV0(**peer_keywords(ladder))


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


class Player:
    """One evaluation of a network. `bf16` rounds our weights once, as our players do; theirs has only `autocast`."""

    def __init__(self, side: Side, precision: Precision) -> None:
        self.network, self.autocast = network(side).eval(), precision == "autocast"
        if precision == "bf16":
            self.network.use_precision("bf16")  # type: ignore[operator]

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            return self.network(x, time=torch.full((len(x),), 0.5))


class Learner:
    """Training steps of a network; `seconds` are those of the forward and backward pass and of the optimiser."""

    def __init__(self, side: Side) -> None:
        self.network = network(side)
        fused = True if side == "ours" else None
        self.optimizer = torch.optim.AdamW(self.network.parameters(), **ADAMW, fused=fused)  # type: ignore[arg-type]

    def __call__(self, x: Tensor, target: Tensor, autocast: bool = False) -> tuple[float, float]:
        begun = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            estimate = self.network(x, time=torch.full((len(x),), 0.5))
        (estimate.float() - target).square().mean().backward()
        learned = time.perf_counter()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return learned - begun, time.perf_counter() - learned


def seconds(action: Callable[[], object]) -> float:
    """How long it takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun
