"""The feature networks that ship beside the original packages, and what their maps cost beside the plain layout.

Parity: every shipped loop that fills a window, against what aisfx 0.1.2 (Essentia and its own torch code) and musicnn
0.1.0 (librosa and its own TensorFlow graph) gave, as recorded by tools/feature_references.py. aisfx's weights are
stored as float16: its error is that rounding. `quiet` is musicnn's own float16 path at 1/20 of the level; at full level
it overflows. `from mel` is the way over our 128-band spectrogram, which cannot be exact: cosine with that over sound.
Cost: maps of 16 spectrograms of 96 x 128, seconds of processor time of one thread; the peer is the same network as its
authors write it: frames by bands, channels first, batch norm as a layer, maximum last.
"""

import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from table import Row, arguments, at_least, at_most, finish, in_turn, machine
from torch import Tensor, nn

from tritone.assets import LOOPS
from tritone.nn.feature_networks import load_network
from tritone.nn.feature_networks.base import FeatureNetwork
from tritone.nn.mel_frames import MelFrames
from tritone.signal.files import read_audio
from tritone.signal.mel_config import MelConfig

REFERENCES = Path(__file__).parent.parent / "tests/nn/feature_networks"
BARS = {"aisfx": 0.006, "musicnn-mtt": 0.003, "musicnn-msd": 0.003}
"""Largest relative error of an embedding."""
QUIET = 0.05
MEL = MelConfig()


def parity_rows(name: str) -> list[Row]:
    """Spectrogram and embedding against the original, and our mel's way against the way over sound."""
    network, kind = load_network(name), name.split("-")[0]
    with np.load(REFERENCES / f"{kind}_reference.npz") as file:
        reference = dict(file)
    mels, errors, quiet, cosines, by_mel = [], [], [], [], []
    for path in sorted(LOOPS.glob("*.ogg")):
        audio, rate = torch.from_numpy(read_audio(path)[0])[None], 44_100
        spectrogram = network.from_audio(audio, rate)
        window, key = spectrogram[..., : network.window_frames], f"{name}/{path.stem}/"
        mels.append(float(np.median(np.abs(window[0, :, ::25].numpy() - reference[f"{kind}/{path.stem}/mel"]))))
        if key + "embedding" in reference:
            error, cosine = compare(network.embed_windows(window)[0], reference[key + "embedding"])
            errors.append(error)
            cosines.append(cosine)
            by_mel.append(cosine_by_mel(network, audio.mean(1, keepdim=True), spectrogram))
        if key + "quiet" in reference:
            window = network.from_audio(QUIET * audio, rate)[..., : network.window_frames]
            quiet.append(compare(network.embed_windows(window)[0], reference[key + "quiet"])[0])
    spread = f"median {statistics.median(errors):.2g}, least cosine {min(cosines):.6f}"
    rows = [
        at_most(f"{name}: spectrogram, worst median difference", max(mels), 1e-5, "abs", len(mels)),
        at_most(f"{name}: embedding, worst relative error", max(errors), BARS[name], "rel", len(errors), spread),
    ]
    if quiet:
        rows.append(at_most(f"{name}: the same, quiet", max(quiet), BARS[name], "rel", len(quiet)))
    low = f"{min(by_mel):.3f} to {max(by_mel):.3f}"
    rows.append(Row(f"{name}: from mel, mean cosine", statistics.mean(by_mel), None, None, "cos", len(by_mel), low))
    return rows


def compare(found: Tensor, expected: NDArray) -> tuple[float, float]:
    """Relative error and cosine."""
    wanted = torch.from_numpy(expected)
    error = (found - wanted).norm() / wanted.norm()
    return error.item(), torch.cosine_similarity(found, wanted, dim=0).item()


def cosine_by_mel(network: FeatureNetwork, audio: Tensor, spectrogram: Tensor) -> float:
    """Cosine of the embedding over our own spectrogram with that over sound."""
    log_mel = MelFrames(MEL).at_hop(audio)[:, 0]
    found = network.from_mel(log_mel, MEL, MEL.rate, MEL.rate / MEL.hop, False)
    return torch.cosine_similarity(network.embed(found), network.embed(spectrogram)).item()


class PlainMusicnn(nn.Module):
    """As its authors write it; random weights."""

    def __init__(self) -> None:
        super().__init__()
        pools = ((4, 1), (2, 2), (2, 2), (2, 2))
        self.first = nn.BatchNorm2d(1)
        self.parts = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(128 if index else 1, 128, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(128), nn.MaxPool2d(pool, 2)
            )
            for index, pool in enumerate(pools)
        )

    def maps(self, spectrogram: Tensor) -> list[Tensor]:
        found = [self.first(spectrogram.transpose(1, 2)[:, None])]
        for part in self.parts:
            found.append(part(found[-1]))
        return found[1:]


class PlainAisfx(nn.Module):
    """As its authors write it; random weights."""

    def __init__(self) -> None:
        super().__init__()
        widths = (1, 64, 128, 256, 512)
        self.parts = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(),
                nn.Conv2d(after, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(),
                nn.MaxPool2d(1 if after == 512 else 2),
            )
            for before, after in pairwise(widths)
        )  # fmt: skip

    def maps(self, spectrogram: Tensor) -> list[Tensor]:
        found = [spectrogram.transpose(1, 2)[:, None]]
        for part in self.parts:
            found.append(part(found[-1]))
        return found[1:]


def cost_rows(name: str, plain: nn.Module, repeats: int) -> list[Row]:
    """Seconds of processor time, forward alone and forward with backward to the input."""
    ours = load_network(name)
    plain.eval().requires_grad_(False)
    rows = []
    for half in (False, True):
        for backward in (False, True):
            mine, theirs = (run(network.maps, half, backward) for network in (ours, plain))
            mine(), theirs()
            what = ("bfloat16" if half else "float32") + (", forward and backward" if backward else ", forward")
            rows.append(at_least(f"{name}: maps, {what}", *in_turn(repeats, mine, theirs), "s", None))
    return rows


def run(maps: Callable[[Tensor], list[Tensor]], half: bool, backward: bool) -> Callable[[], float]:
    """A measurement of one pass."""
    spectrogram = torch.rand(16, 96, 128, requires_grad=backward)

    def once() -> float:
        start = time.process_time()
        with torch.set_grad_enabled(backward), torch.autocast("cpu", torch.bfloat16, enabled=half):
            found = maps(spectrogram)
        middle = time.process_time() - start
        if not backward:
            return middle
        gradients = [torch.ones_like(one) for one in found]
        start = time.process_time()
        torch.autograd.backward(found, gradients)
        return middle + time.process_time() - start

    return once


def main() -> None:
    chosen = arguments(__doc__)
    torch.set_num_threads(1)
    repeats = 3 if chosen.quick else 9
    rows = [row for name in BARS for row in parity_rows(name)]
    rows += cost_rows("musicnn-mtt", PlainMusicnn(), repeats) + cost_rows("aisfx", PlainAisfx(), repeats)
    finish("feature_parity", rows, machine(), chosen.json)


if __name__ == "__main__":
    main()
