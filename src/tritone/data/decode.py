"""One sound file, decoded, mixed, resampled, measured and quantised."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tritone.data.config import PrepareConfig
from tritone.data.duplicates import Fingerprinter
from tritone.data.measure import Measures, Meter
from tritone.data.scan import Source
from tritone.errors import UserError
from tritone.signal.channels import mix
from tritone.signal.files import read_blocks
from tritone.signal.resample import resample_blocks

SHORTEST_SECONDS = 0.005
"""Shorter sounds are left out."""


@dataclass(frozen=True)
class Decoded:
    """Samples `(frames, channels)` as they are stored (none in a lazy dataset), and what is known of them."""

    samples: np.ndarray | None
    frames: int
    rate: int
    channels: int
    content: str
    fingerprint: bytes
    measures: Measures
    overs: int


def decode(source: Source, config: PrepareConfig) -> Decoded:
    """The file as it will be stored. Raises UserError, with the reason to print, where it cannot be used."""
    rate, channels, blocks = read_blocks(source.path)
    meter, prints = Meter(channels), Fingerprinter(config.sample_rate)
    digest = hashlib.blake2b(digest_size=16)
    parts, frames, overs = [], 0, 0
    measured = _measured(blocks, meter, config.channels)
    for block in resample_blocks(measured, config.channels, rate, config.sample_rate):
        prints.add(block)
        levels = np.rint(block.T * np.float32(32768))
        overs += int(np.count_nonzero((levels > 32767) | (levels < -32768)))
        integers = np.clip(levels, -32768, 32767).astype("<i2")
        digest.update(integers.tobytes())
        frames += len(integers)
        if not config.lazy:
            parts.append(integers if config.dtype == "int16" else np.ascontiguousarray(block.T, "<f4"))
    measures = meter.result()
    _check(measures, frames / config.sample_rate)
    samples = np.concatenate(parts) if parts else None
    return Decoded(samples, frames, rate, channels, digest.hexdigest(), prints.result(), measures, overs)


def _measured(blocks: Iterator[np.ndarray], meter: Meter, channels: int) -> Iterator[np.ndarray]:
    for block in blocks:
        meter.add(block)
        if meter.broken:
            raise UserError(f"{meter.broken} samples are not numbers (NaN or infinity)")
        yield mix(block, channels)


def _check(measures: Measures, seconds: float) -> None:
    if seconds < SHORTEST_SECONDS:
        raise UserError(f"too short ({1000 * seconds:.0f} ms; at least {1000 * SHORTEST_SECONDS:.0f} ms)")
    if measures.silent:
        raise UserError("silent (no sample above -70 dBFS)")
