"""Random numbers that a TorchScript file makes by itself: each is a function of its seed, its row and its time.

Generators cannot be scripted for every libtorch, and numbers that are drawn one after another would depend on the size
of the blocks. So a number is a hash of where it stands: two rounds of the 32-bit mixer "lowbias32" (Wellons, Hash
Prospector, public domain), the second keyed by seed, stream and row. Only integer products, shifts and xor are used.
"""

import torch
from torch import Tensor


def mixed(number: Tensor) -> Tensor:
    """A one-to-one map of the numbers 0 to 2^32 - 1 (int64) in which every bit depends on every other."""
    number = number ^ (number >> 16)
    number = (number * 0x7FEB352D) & 0xFFFFFFFF
    number = number ^ (number >> 15)
    number = (number * -0x7B935975) & 0xFFFFFFFF  # 0x846ca68b less 2^32: the same product, within int64
    return number ^ (number >> 16)


def hashed_bits(seed: int, stream: int, batch: int, rows: int, first: int, count: int) -> Tensor:
    """32 random bits for each place: int64 `(batch, rows, count)` for the times `first` to `first + count - 1`.

    Streams of one seed, items of a batch and rows are independent; which times are asked for together does not matter.
    """
    key = mixed((torch.full([1, 1, 1], seed, dtype=torch.int64) + 0x9E3779B9) & 0xFFFFFFFF)
    key = mixed((key + stream) & 0xFFFFFFFF)
    key = mixed((key + torch.arange(batch).view(-1, 1, 1)) & 0xFFFFFFFF)
    key = mixed((key + torch.arange(rows).view(1, -1, 1)) & 0xFFFFFFFF)
    time = torch.arange(first, first + count) & 0xFFFFFFFF
    return mixed(mixed(time) ^ key)


def hashed_uniform(seed: int, stream: int, batch: int, rows: int, first: int, count: int) -> Tensor:
    """Numbers uniform in [-1, 1), float32 `(batch, rows, count)`; see `hashed_bits`."""
    return (hashed_bits(seed, stream, batch, rows, first, count) >> 8).float() * 2.0**-23 - 1.0


def hashed_normal(seed: int, stream: int, batch: int, rows: int, first: int, count: int) -> Tensor:
    """Standard normal numbers (Box and Muller, 1958), float32 `(batch, rows, count)`; takes two streams."""
    radius = (hashed_bits(seed, stream, batch, rows, first, count) >> 8).double() * 2.0**-24 + 2.0**-25
    angle = (hashed_bits(seed, stream + 1, batch, rows, first, count) >> 8).double() * 2.0**-24
    return (torch.sqrt(-2.0 * torch.log(radius)) * torch.cos(6.283185307179586 * angle)).float()
