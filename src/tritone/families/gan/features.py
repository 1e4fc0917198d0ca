"""Frozen feature networks side by side: the spectrograms that a projected discriminator judges, as it sees them."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from tritone.nn.feature_networks.base import FeatureNetwork
from tritone.signal.mel_config import MelConfig


class FrozenFeatures(nn.Module):
    """Maps of log-mel spectrograms by one or several pretrained networks, each fed in its own scale.

    The networks are no part of the training state: they have no parameters to an optimiser, nothing in `state_dict`,
    and `train()` leaves them in evaluation mode. They move along with `to(device)`. Gradients reach the input.
    """

    widths: tuple[tuple[int, ...], ...]
    """Channels of the four maps of each network, all channels of the sound together."""

    def __init__(
        self, networks: Sequence[FeatureNetwork], *, mel: MelConfig, rate: int, frame_rate: float, channels: int
    ) -> None:
        """For spectrograms by `mel` of sound at `rate` with `channels`, `frame_rate` frames a second, read as loops."""
        super().__init__()
        self.networks = tuple(network.requires_grad_(False).eval() for network in networks)
        self.mel = mel
        self.rate = rate
        self.frame_rate = frame_rate
        self.channels = channels
        self.widths = tuple(tuple(channels * width for width in network.widths) for network in networks)

    @classmethod
    def named(
        cls, names: Sequence[str], *, mel: MelConfig, rate: int, frame_rate: float, channels: int
    ) -> "FrozenFeatures":
        """With the networks of these names (`nn.feature_networks.load_network`). UserError where one is not there."""
        from tritone.nn.feature_networks import load_network

        networks = [load_network(name) for name in names]
        return cls(networks, mel=mel, rate=rate, frame_rate=frame_rate, channels=channels)

    def forward(self, log_mel: Tensor) -> list[list[Tensor]]:
        """`(batch, channels, mels, frames)` to four maps `(batch, channels * width, bands, frames)` for each network.

        The channels of a sound go through a network as sounds of their own; their maps are joined, the first channel's
        first, so that what judges them sees left and right together.
        """
        count = len(log_mel)
        separate = log_mel.flatten(0, 1)
        features = []
        for network in self.networks:
            spectrogram = network.from_mel(separate, self.mel, self.rate, self.frame_rate, circular=True)
            maps = network.maps(spectrogram)
            features.append([each.unflatten(0, (count, self.channels)).flatten(1, 2) for each in maps])
        return features

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "FrozenFeatures":
        super()._apply(fn, recurse)
        for network in self.networks:
            network._apply(fn, recurse)
        return self
