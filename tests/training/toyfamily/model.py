import torch
from torch import Tensor, nn

from toyfamily.config import Config
from tritone.families.base import Synthesizer


class Toy(Synthesizer):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.sample_rate, self.channels = config.sample_rate, config.channels
        self.encoder = nn.Conv1d(config.channels, config.hidden, 8, stride=4, padding=2)
        self.decoder = nn.ConvTranspose1d(config.hidden, config.channels, 8, stride=4, padding=2)
        self.unused = nn.Linear(2, 2)
        self.dropout = config.dropout
        self.register_buffer("power", torch.zeros(()))
        self.register_buffer("analysed", torch.zeros(config.hidden))

    def capabilities(self):
        return frozenset({"reconstruct"})

    def encode(self, audio: Tensor) -> Tensor:
        return torch.tanh(self.encoder(audio))

    def reconstruct(self, audio: Tensor, noise: Tensor | None = None) -> Tensor:
        latent = self.encode(audio)
        latent = latent if noise is None else latent + 0.1 * noise
        if self.training and self.dropout:
            latent = nn.functional.dropout(latent, self.dropout)
        return self.decoder(latent)


def build(config: Config) -> Toy:
    return Toy(config)
