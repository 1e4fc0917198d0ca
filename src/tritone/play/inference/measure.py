"""How fast an engine is, and how near to float32 in torch it stays: the same sound through it block by block."""

import time
from dataclasses import dataclass

import numpy as np

from tritone.play.inference.engine import LiveEngine, StreamFacts


@dataclass(frozen=True)
class Trial:
    """What an engine gave, `(channels, samples)`, and the seconds that each block took, encoding and decoding apart."""

    output: np.ndarray
    encode: np.ndarray
    decode: np.ndarray

    @property
    def both(self) -> np.ndarray:
        """Seconds for each block, encoding and decoding."""
        return self.encode + self.decode


def probe(facts: StreamFacts, block: int, blocks: int, seed: int = 0) -> np.ndarray:
    """Noise that swells and fades, with clicks: `(blocks, channels, block)`."""
    random = np.random.default_rng(seed)
    samples = blocks * block
    sound = 0.25 * random.standard_normal((facts.channels, samples)) * np.sin(np.arange(samples) / 5000)
    sound[:, :: 3 * facts.ratio + 1] = 0.9
    return np.ascontiguousarray(sound.reshape(facts.channels, blocks, block).swapaxes(0, 1), np.float32)


def enough_blocks(facts: StreamFacts, block: int, beyond: int) -> int:
    """So many blocks that the last `beyond` of them hold sound from all layers."""
    return -(-facts.latency_samples // block) + beyond


def try_out(engine: LiveEngine, blocks: np.ndarray) -> Trial:
    """All `blocks (count, channels, block)` from the start through a fresh engine, which is fresh again afterwards."""
    engine.reset()
    encode, decode, output = [], [], []
    for block in blocks:
        start = time.perf_counter()
        latent = engine.encode(block)
        between = time.perf_counter()
        output.append(engine.decode(latent))
        end = time.perf_counter()
        encode.append(between - start)
        decode.append(end - between)
    engine.reset()
    return Trial(np.concatenate(output, -1), np.array(encode), np.array(decode))


def signal_to_noise(reference: np.ndarray, other: np.ndarray) -> float:
    """Power of `reference` over that of the difference, in decibels; infinite where there is none."""
    wanted = reference.astype(np.float64)
    error = np.square(wanted - other).sum()
    if not np.isfinite(error):
        return -np.inf
    return np.inf if error == 0 else float(10 * np.log10(np.square(wanted).sum() / error)) if wanted.any() else -np.inf
