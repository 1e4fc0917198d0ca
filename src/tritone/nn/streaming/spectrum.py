"""Short-time spectra on blocks: the Fourier transform of a frame as a product with cosines and sines."""

import torch
from torch import Tensor, nn

from tritone.nn.spectrum import LogSpectrum, SpectrumToWave
from tritone.nn.streaming.memory import Memory, Start
from tritone.nn.streaming.plan import Place, Plan


class StreamingLogSpectrum(nn.Module):
    """`LogSpectrum` on blocks `(batch, n * hop, channels)` to `(batch, n, channels * bins)`."""

    cosines: Tensor
    sines: Tensor

    def __init__(self, layer: LogSpectrum, place: Place, plan: Plan) -> None:
        super().__init__()
        self.hop, self.window, self.floor = layer.hop, layer.window, layer.floor
        spectrum = torch.fft.rfft(torch.diag(layer.hann.double()))
        self.register_buffer("cosines", spectrum.real.float().contiguous())
        self.register_buffer("sines", spectrum.imag.float().contiguous())
        behind = self.window - 1 - (place.lag + self.window - 1 - layer.margin) % self.hop
        self.start, self.memory = Start(place, plan), Memory(behind, place.channels, plan)

    def forward(self, audio: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        joined = self.memory(self.start(audio, clock), state).transpose(1, 2)
        count = audio.shape[1] // self.hop
        rows: list[Tensor] = []
        for first in range(0, self.window, self.hop):
            part = joined[..., first : first + count * self.hop]
            rows.append(part.reshape(part.shape[0], part.shape[1], count, self.hop))
        frames = torch.cat(rows, 3)
        magnitudes = ((frames @ self.cosines).square() + (frames @ self.sines).square()).sqrt()
        return (magnitudes + self.floor).log().transpose(1, 2).flatten(2)


class StreamingSpectrumToWave(nn.Module):
    """`SpectrumToWave` on blocks `(batch, n, channels * 2 * bins)` to `(batch, n * hop, channels)`, not yet cut."""

    matrix: Tensor

    def __init__(self, layer: SpectrumToWave, place: Place, plan: Plan) -> None:
        super().__init__()
        self.channels, self.level, self.ceiling = layer.channels, layer.level, layer.ceiling
        self.hop, self.overlap, self.bins = layer.hop, layer.window // layer.hop, layer.bins
        hann, unit = layer.hann.double(), torch.eye(layer.bins, dtype=torch.float64)
        gain = hann * (layer.hop / hann.square().sum())
        waves = torch.cat([torch.fft.irfft(unit + 0j, layer.window), torch.fft.irfft(unit * 1j, layer.window)])
        self.register_buffer("matrix", (waves * gain).float())
        self.start = Start(place, plan)
        self.memory = Memory(self.overlap - 1, layer.channels * layer.window, plan)

    def forward(self, parameters: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        batch, frames = parameters.shape[0], parameters.shape[1]
        rows = parameters.view(batch, frames, self.channels, 2 * self.bins)
        magnitude = (rows[..., : self.bins] + self.level).clamp(max=self.ceiling).exp()
        phase = rows[..., self.bins :]
        windows = torch.cat([magnitude * phase.cos(), magnitude * phase.sin()], 3) @ self.matrix
        joined = self.memory(self.start(windows.flatten(2), clock), state)
        hops = joined.view(batch, frames + self.overlap - 1, self.channels, self.overlap, self.hop)
        total = hops[:, self.overlap - 1 :, :, 0]
        for place in range(1, self.overlap):
            first = self.overlap - 1 - place
            total = total + hops[:, first : first + frames, :, place]
        return total.transpose(2, 3).reshape(batch, frames * self.hop, self.channels)
