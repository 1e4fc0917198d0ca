"""What diffusion_control measures of inpainting: is what is kept the same, and can one see where it ends?

The middle quarter of held-out sounds is made anew as `tritone generate --inpaint` does, from file to file. At each of
its two borders the change of the spectrum (tritone.judge.border) is ranked among the changes elsewhere in the sound,
and compared with that of the untouched sound at the same place. There the change of a model that fills gaps as the data
goes on would be the greater in half of the cases, whatever the music. An observer who goes by it and is right in three
of four cases is at the usual threshold of hearing tests with two choices: the interval must end below that. Another
sound that is cut in instead, with the same crossfade, shows that the measure is not deaf; the codec's own rendering of
the sound, cut in likewise, shows what a model of latents is up against.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from diffusion_control_sounds import Player
from diffusion_control_text import through_codec
from diffusion_steps_sounds import Piece
from gan_loop_sounds import p95, spread
from table import Row, at_most
from torch import Tensor

from tritone.data.store import Dataset
from tritone.judge.border import BorderChange, border_change, told_apart
from tritone.judge.loopability import seam_jump
from tritone.judge.retrieval import wilson
from tritone.play.inpaint import inpaint_file
from tritone.signal.files import read_audio, write_wav
from tritone.signal.spectrogram import MELS, RANGE_DB, mel_decibels
from tritone.signal.splice import FADE_SECONDS, splice

THRESHOLD = 0.75
"""Share of right answers at which something counts as audible where there are two choices."""
PICTURES = 4


@dataclass(frozen=True)
class Filled:
    """Sounds `(count, channels, time)` as their files have them."""

    given: Tensor
    made: Tensor
    rate: int

    @property
    def borders(self) -> tuple[int, int]:
        """Where what is made anew begins and ends."""
        return middle_quarter(self.given.shape[-1])

    @property
    def kept(self) -> Tensor:
        """Bool `(time,)`."""
        places, (first, last) = torch.arange(self.given.shape[-1]), self.borders
        return (places < first) | (places >= last)

    def changes(self, audio: Tensor) -> BorderChange:
        """Of such sounds at the borders."""
        return border_change(audio, self.rate, self.borders)

    def patched(self, other: Tensor) -> Tensor:
        """`given` with the middle quarter of `other`, crossfaded as inpainting does it."""
        return splice(other, self.given, self.kept[None, None], round(FADE_SECONDS * self.rate))


def middle_quarter(samples: int) -> tuple[int, int]:
    """First sample, and the one after the last."""
    return 3 * samples // 8, 5 * samples // 8


def inpainting_rows(one: Player, dataset: Dataset, pieces: Sequence[Piece], picture: Path | None) -> list[Row]:
    """All rows; the first four sounds before and after into `picture`."""
    filled = fill(one, dataset, pieces)
    if picture:
        _write_picture(picture, filled)
    kept = float((filled.made - filled.given).abs()[..., filled.kept].max())
    rows = [at_most("kept samples, largest difference between the files", kept, 0, "of full scale", len(pieces))]
    others = {"another sound cut in": filled.patched(filled.given.roll(1, 0))}
    if one.codec:
        through = torch.stack([through_codec(one, audio) for audio in filled.given])
        others["the codec's rendering cut in"] = filled.patched(through)
    real, made = filled.changes(filled.given), filled.changes(filled.made)
    rows += [_rank_row(made, real), _told_row("a new part", made, real, barred=True)]
    rows += [_told_row(what, filled.changes(audio), real, barred=False) for what, audio in others.items()]
    return [*rows, _jump_row(filled), _level_row(filled)]


def fill(one: Player, dataset: Dataset, pieces: Sequence[Piece]) -> Filled:
    """The middle quarter of each piece made anew, one seed each."""
    rate, given, made = dataset.sample_rate, [], []
    first, last = middle_quarter(pieces[0].audio.shape[-1])
    subtype = "PCM_16" if dataset.dtype == "int16" else "FLOAT"
    with TemporaryDirectory() as folder:
        for seed, piece in enumerate(pieces):
            print(f"inpainting {seed + 1} of {len(pieces)}", file=sys.stderr, flush=True)
            path = Path(folder) / f"{seed:03d}.wav"
            write_wav(path, piece.audio.numpy(), rate, subtype)
            [out] = inpaint_file(
                one.model, path, Path(folder) / "out", redo=[(first / rate, last / rate)], run=one.path, count=1,
                seed=seed, controls=one.controls(piece.item),
            )  # fmt: skip
            given.append(_read(path))
            made.append(_read(out))
    return Filled(torch.stack(given), torch.stack(made), rate)


def _read(path: Path) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(read_audio(path)[0], np.float32))


def _rank_row(made: BorderChange, real: BorderChange) -> Row:
    ranks = [each.rank.flatten().tolist() for each in (made, real)]
    median, top = float(np.median(ranks[0])), p95(ranks[1])
    what = "change of the spectrum at the borders among those elsewhere in the sound, median rank"
    bar = f"<= {top:.3g}, real sound's 95th percentile"
    peer = float(np.median(ranks[1]))
    return Row(what, median, peer, None, "share below", len(ranks[0]), spread(ranks), bar, median <= top)


def _jump_row(filled: Filled) -> Row:
    jumps = [_each_border(audio, filled.borders, seam_jump) for audio in (filled.made, filled.given)]
    what = "sample jump at the borders, 95th percentile"
    return Row(what, p95(jumps[0]), p95(jumps[1]), None, "p99 of steps", len(jumps[0]), spread(jumps))


def _told_row(what: str, made: BorderChange, real: BorderChange, *, barred: bool) -> Row:
    """How often the change at the borders tells a sound that was touched from itself."""
    what = f"sound with {what} told from itself by the change at its borders"
    shares = told_apart(made.decibels, real.decibels)
    low, high = wilson(float(shares.sum()), len(shares))
    bar = f"interval below {THRESHOLD:g}, the threshold of hearing tests" if barred else None
    note = f"95 % {low:.3g} to {high:.3g}; 0.5 is guessing"
    holds = high < THRESHOLD if barred else None
    return Row(what, float(shares.mean()), 0.5, None, "share", len(shares), note, bar, holds)


def _each_border(audio: Tensor, borders: Sequence[int], measure: Callable[[Tensor], Tensor]) -> list[float]:
    """A measure of seams at each border of each sound, by turning the sound until it begins there."""
    return [float(value) for border in borders for value in measure(audio.roll(-border, -1))]


def _level_row(filled: Filled) -> Row:
    """How loud what is new is beside what stood there."""
    first, last = filled.borders
    loud = [audio[..., first:last].square().mean((1, 2)).clamp(min=1e-10) for audio in (filled.made, filled.given)]
    levels = (10 * (loud[0] / loud[1]).log10()).tolist()
    what = "level of the new part over that of what stood there, median"
    return Row(what, float(np.median(levels)), None, None, "dB", len(levels), f"{min(levels):.3g} to {max(levels):.3g}")


def _write_picture(path: Path, filled: Filled) -> None:
    """A column for each of the first sounds: as it was, and with its middle quarter made anew between two lines."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = min(PICTURES, len(filled.given))
    both = {"held-out sound": filled.given, "between the lines made anew": filled.made}
    drawn = [[mel_decibels(audio, filled.rate) for audio in side[:count]] for side in both.values()]
    top = max(float(each.max()) for side in drawn for each in side)
    seconds = filled.given.shape[-1] / filled.rate
    figure = Figure(figsize=(3.4 * count, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    for row, (title, side) in enumerate(zip(both, drawn, strict=True)):
        for column, picture in enumerate(side):
            axes = figure.add_subplot(2, count, row * count + column + 1)
            axes.imshow(
                picture, origin="lower", aspect="auto", vmin=top - RANGE_DB, vmax=top, cmap="magma",
                extent=(0, seconds, 0, MELS),
            )  # fmt: skip
            for border in filled.borders if row else ():
                axes.axvline(border / filled.rate, color="white", linewidth=0.7, linestyle=(0, (1, 3)))
            axes.set_title(f"{title}, seed {column}" if row else title, fontsize=8, loc="left")
            axes.set_yticks([])
            axes.locator_params("x", nbins=4)
            axes.tick_params(labelsize=6)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    sys.exit("diffusion_control_inpainting.py is a part of the benchmarks; run diffusion_control.py.")
