"""A generator of loops as an instrument: styles, and sound of exact length whose end leads into its start."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from math import log2
from typing import Any

import torch
from torch import Tensor, nn

from tritone.errors import UserError
from tritone.families.base import Capability, Precision, Synthesizer
from tritone.families.gan.config import Config
from tritone.families.gan.networks import build_generator, build_mapping
from tritone.nn.blocks import fold_weight_norm
from tritone.nn.mel_frames import MelFrames
from tritone.nn.noise import sample_normal
from tritone.nn.vocoders import build_vocoder
from tritone.nn.vocoders.loop import fit_channels, render_loop
from tritone.signal.loops import loop_length

MEAN_STYLES = 2048
"""Styles whose mean truncation goes towards."""
BAR_SEEDS = 1 << 40
"""Distance between the grain seeds of the bars of one loop."""
LINE_SEED, GRAIN_SEED = 1 << 33, 1 << 34
"""What is added to a loop's seed for its lines and its grain, so that neither repeats what its style is drawn from."""
LEAST_STD = 1e-2
LIMIT = 6.0
"""Deviations from the mean of a band that no spectrogram exceeds, so that none can overflow what hears it."""


def build(config: Config) -> "LoopGAN":
    """A generator with fresh weights."""
    return LoopGAN(config)


class LoopGAN(Synthesizer):
    """Style-based generation of log-mel spectrograms on the grid of a bar, and a vocoder (arXiv 2209.01751).

    A style is one row for each layer of the generator: its vector, and the line of noise that says what happens when (a
    value for each of the layer's frames, zeros behind). Lines decide the rhythm as much as the vectors do, so they are
    mixed, walked between and searched for along with them; a loop's seed decides only its grain besides. The image
    generator, whose noise is no line, has vectors alone. `mean` and `std` are those of every band over the training
    loops; the generator makes spectrograms that are normalised by them.
    """

    controls = ("bars", "bpm", "truncation", "label")
    mean: Tensor
    std: Tensor
    fitted: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.sample_rate, self.channels = config.sample_rate, config.channels
        self.bars, self.beats, self.w = config.bars, config.beats, config.generator.w
        self.labels, self.tempos = config.labels, config.tempos
        self.mapping = build_mapping(config, self.condition_dims)
        self.generator = build_generator(config)
        self.vocoder = build_vocoder(config.vocoder)
        self.vocoder.requires_grad_(False)
        self.spectrogram = MelFrames(config.mel)
        self.register_buffer("mean", torch.full((config.channels, config.mel.mels, 1), -5.0))
        self.register_buffer("std", torch.full((config.channels, config.mel.mels, 1), 2.0))
        self.register_buffer("fitted", torch.zeros((), dtype=torch.bool))
        self.precision: Precision = "float32"

    def capabilities(self) -> frozenset[Capability]:
        """New loops; no encoder."""
        return frozenset({"generate", "loop"})

    def use_precision(self, precision: Precision) -> None:
        """Play in float32, or with generator and vocoder in bf16. Folds weight norm; weights once rounded stay so."""
        fold_weight_norm(self.vocoder)
        self.vocoder.use_precision(precision)
        self.precision = precision

    def use_vocoder(self, source: str) -> None:
        """Take another vocoder: a run of `tritone train vocoder`, or the name of one that ships.

        UserError where it is none, or was made for other spectrograms than the generator makes.
        """
        from tritone.families.gan.vocoder_source import check_rate, vocoder_config, vocoder_weights

        config, rate = vocoder_config(source)
        check_rate(source, rate, self.sample_rate)
        if replace(config.mel, hop=self.config.mel.hop) != self.config.mel:
            raise UserError(f"The vocoder {source} was made for other spectrograms than this model; train one for it.")
        self.vocoder = build_vocoder(config).to(self.mean.device).eval()
        self.vocoder.load_state_dict(vocoder_weights(source))
        fold_weight_norm(self.vocoder)
        self.vocoder.use_precision(self.precision)
        self.config = replace(self.config, vocoder=config)

    @property
    def condition_dims(self) -> int:
        """Columns of the condition: one for each label, and one of tempo where the data has several."""
        return len(self.labels) + int(self.by_tempo)

    @property
    def by_tempo(self) -> bool:
        """Whether the generator knows the tempo."""
        return self.config.by_tempo and bool(self.tempos) and self.tempos[0] < self.tempos[-1]

    def default_tempo(self) -> float:
        """The middle tempo of the training loops."""
        return self.tempos[1] if self.tempos else 120.0

    def condition(self, labels: Tensor, tempos: Tensor) -> Tensor:
        """`(batch, condition_dims)` of indices into `labels` and tempos in beats a minute, both `(batch,)`."""
        columns = [torch.nn.functional.one_hot(labels.clamp(min=0), len(self.labels)).float()] if self.labels else []
        if self.by_tempo:
            slow, _, fast = self.tempos
            place = (tempos.float().clamp(slow, fast) / slow).log2() / log2(fast / slow)
            columns.append(2 * place[:, None] - 1)
        return torch.cat(columns, 1) if columns else torch.zeros(len(tempos), 0, device=tempos.device)

    @torch.no_grad()
    def styles(
        self, seeds: Sequence[int], *, label: str = "", bpm: float | None = None, truncation: float = 1.0
    ) -> Tensor:
        """Styles `(count, layers, columns)`; each depends on its seed, the label and the tempo alone.

        Without a `label` the seed chooses one. `truncation` 0 gives the mean vectors, 1 leaves them as they are.
        """
        chosen = [self._label(int(seed), label) for seed in seeds]
        rows = [self._mapped([int(seed)], index, bpm)[0] for seed, index in zip(seeds, chosen, strict=True)]
        if truncation != 1.0:
            means = {index: self.mean_style(index, bpm) for index in set(chosen)}
            rows = [torch.lerp(means[index], row, truncation) for index, row in zip(chosen, rows, strict=True)]
        vectors = torch.stack(rows)[:, None].expand(-1, self.generator.layers, -1)
        return torch.cat([vectors, self._lines([int(seed) for seed in seeds])], -1)

    @torch.no_grad()
    def render(
        self,
        styles: Tensor,
        seeds: Sequence[int],
        *,
        bars: float | None = None,
        bpm: float | None = None,
        times: int = 1,
    ) -> Tensor:
        """Loops `(count, channels, times * loop_length(bars, bpm))` of styles `(count, layers, columns)`.

        `bars` is a multiple of the model's bars; every repetition has grain of its own, so that no two are quite alike.
        The whole loop is written out `times` times before it is made sound, which is the same as playing it so often.
        """
        bars, bpm = self.bars if bars is None else bars, self.default_tempo() if bpm is None else bpm
        repeats = round(bars / self.bars)
        if repeats < 1 or abs(repeats * self.bars - bars) > 1e-9:
            raise UserError(f"bars must be a multiple of {self.bars:g}, which this model was trained on, not {bars:g}.")
        samples = loop_length(bars, bpm, self.sample_rate, round(self.beats / self.bars))
        sounds = []
        for style, seed in zip(styles, seeds, strict=True):
            bars_in_turn = style[None].expand(repeats, -1, -1)
            written = self.spectrograms(bars_in_turn, self._grain_seeds(seed, repeats))
            sounds.append(self.sound(written.repeat(times, 1, 1, 1), samples, times))
        return torch.cat(sounds) if sounds else torch.empty(0, self.channels, times * samples)

    def spectrograms(self, styles: Tensor, seeds: Sequence[int]) -> Tensor:
        """Log-mel spectrograms `(count, channels, mels, frames)` of styles, on the grid of the model's bars."""
        return self.from_generator(self.made(styles, self.grain(seeds)))

    def made(self, styles: Tensor, grain: Tensor) -> Tensor:
        """What the generator makes of styles and `grain (count, grain size)`: normalised spectrograms."""
        lines = [styles[:, layer, self.w : self.w + size] for layer, size in enumerate(self.generator.lines)]
        with self._arithmetic():
            return self.generator(styles[..., : self.w], torch.cat([*lines, grain], 1)).float()

    def grain(self, seeds: Sequence[int]) -> Tensor:
        """The noise that no style holds, `(count, grain size)`."""
        return sample_normal(seeds, (self.generator.noise_size - sum(self.generator.lines),), self.mean.device)

    def sound(self, spectrograms: Tensor, samples: int, times: int = 1) -> Tensor:
        """One loop `(1, channels, times * samples)` from the spectrograms of its bars, one after another.

        Turned down where its peak lies beyond full scale.
        """
        whole = torch.cat(list(spectrograms), -1)[None]
        fitted = fit_channels(whole, self.config.vocoder.channels)
        audio = fit_channels(render_loop(self.vocoder, fitted, samples, times), self.channels).float()
        return audio / audio.abs().amax().clamp(min=1.0)

    def generate(
        self,
        count: int,
        seconds: float | None,
        seeds: Sequence[int],
        *,
        bars: float | None = None,
        bpm: float | None = None,
        truncation: float = 1.0,
        label: str = "",
    ) -> Tensor:
        """New loops `(count, channels, time)`; loop i depends on `seeds[i]` and the controls alone.

        `seconds` sets bars and tempo where these are not given: as many bars as bring the tempo nearest to the default.
        """
        if count != len(seeds):
            raise UserError(f"seeds must name one seed for each of the {count} loops, not {len(seeds)}.")
        if seconds is not None and bpm is None:
            bars, bpm = self._tempo_for(seconds, bars)
        return self.render(self.styles(seeds, label=label, bpm=bpm, truncation=truncation), seeds, bars=bars, bpm=bpm)

    def normalise(self, log_mel: Tensor) -> Tensor:
        """Spectrograms with zero mean and unit variance in every band over the training loops."""
        return (log_mel - self.mean) / self.std

    def restore(self, normalised: Tensor) -> Tensor:
        """Inverse of `normalise`."""
        return normalised * self.std + self.mean

    def from_generator(self, made: Tensor) -> Tensor:
        """Log-mel spectrograms of what the generator makes, held softly within what sound can be."""
        return self.restore(LIMIT * torch.tanh(made / LIMIT))

    @torch.no_grad()
    def fit(self, mean: Tensor, std: Tensor) -> None:
        """Take over mean and deviation of every band, `(channels, mels, 1)`."""
        self.mean.copy_(mean)
        self.std.copy_(std.clamp(min=LEAST_STD))
        self.fitted.fill_(True)

    def project(self, audio: Tensor, **controls: Any) -> Tensor:
        """Styles `(1, layers, w)` whose loop comes near to a real one; see `projection.project`."""
        from tritone.families.gan.projection import project

        return project(self, audio, **controls)

    def facts(self) -> dict[str, Any]:
        """Sizes and rates in plain numbers."""
        return {
            "architecture": self.config.generator.kind,
            "sample_rate": self.sample_rate,
            "channels": self.channels,
            "bars": self.bars,
            "beats": self.beats,
            "frames": self.config.frames,
            "bands": self.config.mel.mels,
            "style": f"{self.generator.layers} layers of {self.config.generator.w}",
            "labels": ", ".join(self.labels) or "none",
            "tempos": ", ".join(f"{tempo:g}" for tempo in self.tempos) or "not trained yet",
            "vocoder": self.config.vocoder.architecture,
            "generator_parameters": _parameters(self.generator) + _parameters(self.mapping),
            "vocoder_parameters": _parameters(self.vocoder),
            "judged_by": ", ".join(self.config.discriminator.judges) or "none",
        }

    def mean_style(self, label: int, bpm: float | None) -> Tensor:
        """The mean style `(w,)` of a label and tempo."""
        return self._mapped(range(MEAN_STYLES), label, bpm).mean(0)

    def _mapped(self, seeds: Sequence[int], label: int, bpm: float | None) -> Tensor:
        device, count = self.mean.device, len(seeds)
        z = sample_normal(seeds, (self.config.generator.z,), device)
        tempo = self.default_tempo() if bpm is None else bpm
        return self.mapping(
            z, self.condition(torch.full((count,), label, device=device), torch.full((count,), tempo, device=device))
        )

    def _label(self, seed: int, label: str) -> int:
        if not label:
            generator = torch.Generator().manual_seed(seed)
            return int(torch.randint(max(1, len(self.labels)), (), generator=generator))
        if label not in self.labels:
            known = ", ".join(self.labels) or "none: it was trained without"
            raise UserError(f"This model does not know the label {label!r}; it knows {known}.")
        return self.labels.index(label)

    def _lines(self, seeds: Sequence[int]) -> Tensor:
        """Lines of noise `(count, layers, longest)` with zeros behind the shorter ones."""
        sizes = self.generator.lines
        if not sizes:
            return torch.zeros(len(seeds), self.generator.layers, 0, device=self.mean.device)
        drawn = sample_normal([seed + LINE_SEED for seed in seeds], (sum(sizes),), self.mean.device).split(sizes, 1)
        return torch.stack([torch.nn.functional.pad(line, (0, max(sizes) - line.shape[1])) for line in drawn], 1)

    @staticmethod
    def _grain_seeds(seed: int, repeats: int) -> list[int]:
        return [int(seed) + GRAIN_SEED + bar * BAR_SEEDS for bar in range(repeats)]

    def _tempo_for(self, seconds: float, bars: float | None) -> tuple[float, float]:
        """Bars and tempo that last so many seconds; of all multiples of the model's bars the tempo nearest to usual."""
        if seconds <= 0:
            raise UserError("seconds must be more than 0.")
        per_bar = 60 * self.beats / self.bars / seconds
        if bars is None:
            least = max(1, int(self.default_tempo() / (per_bar * self.bars)))
            near = min((least, least + 1), key=lambda n: abs(log2(n * self.bars * per_bar / self.default_tempo())))
            bars = near * self.bars
        return bars, bars * per_bar

    def _arithmetic(self) -> AbstractContextManager[object]:
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.mean.device.type, torch.bfloat16)


def _parameters(module: nn.Module) -> int:
    """Numbers that are saved, folded weights among them."""
    return sum(value.numel() for value in module.state_dict().values())
