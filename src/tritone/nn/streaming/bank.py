"""The filter bank on blocks: both ways one matrix product on rows of several frames, as `tritone.signal.pqmf` does.

Odd bands change sign at even frames, counted from the start of the sound. Where a latent frame lasts an even number of
the bank's frames the matrices carry these signs; else they follow the position.
"""

from math import gcd

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.nn.streaming.memory import Memory, Start
from tritone.nn.streaming.plan import Place, Plan
from tritone.signal.pqmf import GROUP, Pqmf


class StreamingAnalysis(nn.Module):
    """`Pqmf.analysis` on blocks `(batch, n * bands, channels)` to `(batch, n, channels * bands)`."""

    def __init__(self, bank: Pqmf, place: Place, plan: Plan) -> None:
        super().__init__()
        frames = analysed(bank, place)
        self.channels, self.bands, self.group = place.channels, bank.bands, _group(frames.rate)
        self.start, self.turn = Start(place, plan), _Turn(bank.bands, frames)
        matrix = _repeat_down(bank.kernels.T, self.group, bank.bands)
        if not self.turn.counts:
            matrix = matrix * _signs(self.group, bank.bands, frames.lag).flatten()
        self.product = _RowProduct(matrix, self.channels, plan)

    def forward(self, audio: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        batch, time = audio.shape[0], audio.shape[1]
        width = self.group * self.bands
        rows = self.start(audio, clock).view(batch, time // width, width, self.channels).transpose(2, 3)
        bands = self.product(rows.reshape(batch, time // width, -1), state)
        frames = bands.view(batch, time // width, self.channels, self.group, self.bands).transpose(2, 3)
        return self.turn(frames.reshape(batch, time // self.bands, self.channels * self.bands), state)


class StreamingSynthesis(nn.Module):
    """`Pqmf.synthesis` on blocks `(batch, n, channels * bands)` to `(batch, n * bands, channels)`, not yet cut."""

    def __init__(self, bank: Pqmf, place: Place, plan: Plan) -> None:
        super().__init__()
        self.channels, self.bands, self.group = place.channels // bank.bands, bank.bands, _group(place.rate)
        self.start, self.turn = Start(place, plan), _Turn(bank.bands, place)
        blocks = bank.taps // bank.bands
        backwards = bank.kernels.view(bank.bands, blocks, bank.bands).flip(1).permute(1, 0, 2).reshape(bank.taps, -1)
        matrix = _repeat_down(backwards * bank.bands, self.group, bank.bands)
        if not self.turn.counts:
            frames = len(matrix) // bank.bands
            matrix = matrix * _signs(frames, bank.bands, place.lag).flatten()[:, None]
        self.product = _RowProduct(matrix, self.channels, plan)

    def forward(self, bands: Tensor, clock: list[Tensor], state: list[Tensor]) -> Tensor:
        batch, frames = bands.shape[0], bands.shape[1]
        turned = self.turn(self.start(bands, clock), state)
        rows = turned.view(batch, frames // self.group, self.group, self.channels, self.bands).transpose(2, 3)
        audio = self.product(rows.reshape(batch, frames // self.group, -1), state)
        samples = audio.view(batch, frames // self.group, self.channels, -1).transpose(2, 3)
        return samples.reshape(batch, frames * self.bands, self.channels)


class _RowProduct(nn.Module):
    """Rows `(batch, n, channels * width)`, each with those before it, times one matrix `(span, width)`."""

    matrix: Tensor

    def __init__(self, matrix: Tensor, channels: int, plan: Plan) -> None:
        super().__init__()
        self.channels, self.width = channels, matrix.shape[1]
        self.reach = -(-matrix.shape[0] // self.width)
        missing = self.reach * self.width - matrix.shape[0]
        self.register_buffer("matrix", functional.pad(matrix, (0, 0, missing, 0)).contiguous())
        self.memory = Memory(self.reach - 1, channels * self.width, plan)

    def forward(self, rows: Tensor, state: list[Tensor]) -> Tensor:
        """`(batch, n, channels, width)`."""
        batch, count = rows.shape[0], rows.shape[1]
        joined = self.memory(rows, state).view(batch, -1, self.channels, self.width)
        shifted: list[Tensor] = []
        for place in range(self.reach):
            shifted.append(joined[:, place : place + count])
        return torch.cat(shifted, 3) @ self.matrix


class _Turn(nn.Module):
    """Signs of `(batch, frames, channels * bands)` by position, where a latent frame has an odd number of frames."""

    odd: Tensor

    def __init__(self, bands: int, place: Place) -> None:
        super().__init__()
        self.rate, self.lag, self.bands = place.rate, place.lag, bands
        self.counts = place.rate % 2 == 1
        self.register_buffer("odd", torch.arange(bands).remainder(2).float())

    def forward(self, frames: Tensor, state: list[Tensor]) -> Tensor:
        """Same shape out."""
        if not self.counts:
            return frames
        count = frames.shape[1]
        index = state[0] * self.rate - self.lag + torch.arange(count, device=frames.device)
        even = (1 - index.remainder(2)).to(frames.dtype).unsqueeze(1)
        signs = (1 - 2 * even * self.odd.to(frames.dtype)).unsqueeze(1)
        return (frames.view(frames.shape[0], count, -1, self.bands) * signs).flatten(2)


def analysed(bank: Pqmf, place: Place) -> Place:
    """Where the bands of the sound at `place` are."""
    return Place(place.rate // bank.bands, place.channels * bank.bands, bank.analysis_lag(place.lag))


def synthesised(bank: Pqmf, place: Place) -> Place:
    """Where the sound of the bands at `place` is."""
    return Place(place.rate * bank.bands, place.channels // bank.bands, bank.synthesis_lag(place.lag))


def _group(rate: int) -> int:
    """How many of the bank's frames make a row: a divisor of those that a latent frame lasts."""
    return gcd(GROUP, rate)


def _signs(frames: int, bands: int, lag: int) -> Tensor:
    """`(frames, bands)`: -1 for odd bands at even offline frames, where the last of `frames` ends a row."""
    signs = torch.ones(frames, bands)
    even = (torch.arange(frames) - frames - lag) % 2 == 0
    signs[even, 1::2] = -1
    return signs


def _repeat_down(column: Tensor, count: int, step: int) -> Tensor:
    """`(length, width)` so many times side by side, each copy `step` rows further down."""
    length, width = column.shape
    matrix = column.new_zeros(length + (count - 1) * step, count * width)
    for index in range(count):
        matrix[index * step : index * step + length, index * width : (index + 1) * width] = column
    return matrix
