"""The noise branch on blocks: amplitudes, filters and the filtering of every frame as small matrix products."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.families.vae.noise_branch import NoiseBranch, impulse_responses, modified_sigmoid
from tritone.nn.streaming.memory import Delay, Memory, Start
from tritone.nn.streaming.plan import Place, Plan
from tritone.nn.streaming.twins import twin


class StreamingNoise(nn.Module):
    """`NoiseBranch` on blocks: shapes `noise (batch, time, bands)` by what stands at `place`.

    The noise of a block belongs to the latents of the same block, so it waits here for the layers before it. What comes
    out runs behind by what `NoiseBranch.lag` says.
    """

    responses: Tensor

    def __init__(self, branch: NoiseBranch, place: Place, plan: Plan) -> None:
        super().__init__()
        self.layers, amplitudes = twin(branch.layers, place, plan)
        self.bands, self.amplitudes, self.hop = branch.bands, branch.amplitudes, branch.hop
        self.register_buffer("responses", impulse_responses(torch.eye(branch.amplitudes)))
        self.start = Start(Place(place.rate, branch.bands), plan)
        self.wait = Delay(amplitudes.lag * branch.hop, branch.bands, plan)
        self.overlap = -(-(self.hop + branch.taps - 1) // self.hop)
        self.memory = Memory(self.overlap - 1, branch.bands * self.overlap * self.hop, plan)

    def forward(self, signal: Tensor, noise: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        """`(batch, time, bands)`."""
        batch, time = noise.shape[0], noise.shape[1]
        frames = time // self.hop
        amplitudes = modified_sigmoid(self.layers(signal, clock, state) - 5)
        filters = amplitudes.view(batch, frames, self.bands, self.amplitudes) @ self.responses
        waited = self.wait(self.start(noise, clock), state)
        framed = waited.view(batch, frames, self.hop, self.bands).transpose(2, 3)
        return self._overlap_add(self._filtered(framed, filters), state)

    def _filtered(self, noise: Tensor, filters: Tensor) -> Tensor:
        """Convolves `(batch, frames, bands, hop)` with `(batch, frames, bands, taps)`, padded to whole hops.

        The shorter of the two weighs shifted copies of the longer.
        """
        short, long = (noise, filters) if noise.shape[3] < filters.shape[3] else (filters, noise)
        length, count = self.overlap * self.hop, short.shape[3]
        padded = functional.pad(long, [count - 1, length - long.shape[3]])
        shifted: list[Tensor] = []
        for place in range(count):
            shifted.append(padded[..., count - 1 - place : count - 1 - place + length])
        return (short.unsqueeze(3) @ torch.stack(shifted, 3)).squeeze(3)

    def _overlap_add(self, windows: Tensor, state: list[Tensor]) -> Tensor:
        """Windows `(batch, frames, bands, overlap * hop)`, a hop apart, to `(batch, time, bands)`."""
        batch, frames = windows.shape[0], windows.shape[1]
        joined = self.memory(windows.flatten(2), state).view(batch, -1, self.bands, self.overlap, self.hop)
        total = joined[:, self.overlap - 1 :, :, 0]
        for place in range(1, self.overlap):
            first = self.overlap - 1 - place
            total = total + joined[:, first : first + frames, :, place]
        return total.transpose(2, 3).reshape(batch, frames * self.hop, self.bands)
