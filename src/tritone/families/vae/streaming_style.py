"""The style of another sound on blocks: fixed gains and shifts at every place where it enters."""

from collections.abc import Mapping

from torch import Tensor, nn

from tritone.nn.instance_norm import LEAST, AdaptiveInstanceNorm, Style
from tritone.nn.streaming.style import StreamingStyle


class Exchange(nn.Module):
    """`tritone.nn.instance_norm.exchange` on rows `(batch, time, channels)`."""

    gain: Tensor
    shift: Tensor

    def __init__(self, gain: Tensor, shift: Tensor) -> None:
        super().__init__()
        self.register_buffer("gain", gain.clone())
        self.register_buffer("shift", shift.clone())

    def forward(self, signal: Tensor) -> Tensor:
        """Same shape out."""
        return signal * self.gain + self.shift


def exchanges(network: nn.Module, style: Style | None) -> Mapping[nn.Module, nn.Module]:
    """What stands in a stream at every place of `network` where a style can enter; without one, nothing."""
    places = [module for module in network.modules() if isinstance(module, AdaptiveInstanceNorm)]
    if style is None:
        return {place: nn.Identity() for place in places}
    made: dict[nn.Module, nn.Module] = {}
    for place, source, target in zip(places, style.source, style.target, strict=True):
        gain = target.std / source.std.clamp_min(LEAST)
        made[place] = Exchange(gain, target.mean - gain * source.mean)
    return made


def style_slots(network: nn.Module) -> list[int]:
    """Which tensors of its state hold the styles of a streaming network, in the order of its places."""
    return [module.slot for module in network.modules() if isinstance(module, StreamingStyle)]
