"""What a model is told of a whole sound: label, tempo, seconds and caption, each of which can be left unsaid."""

from collections.abc import Sequence
from dataclasses import replace
from math import pi
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.data.batch import Batch
from tritone.errors import UserError
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.controls import Controls
from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.noise import sample_uniform
from tritone.nn.text import TextEncoder, feature_count, load_encoder
from tritone.nn.text.table import TokenTable
from tritone.schema import nearest

WAVES = 8
"""Pairs of sine and cosine that a number is told by."""
TEMPO_OCTAVES = 6.0
"""Range of the logarithm of the tempo over which the slowest of them goes round once."""
SECONDS_OCTAVES = 16.0
SLOWEST_TEMPO, SHORTEST = 16.0, 1 / 64
KINDS = ("label", "tempo", "seconds", "caption")
"""What a model can be told of a whole sound."""


def left_out(seeds: Tensor, config: Config, device: torch.device | str) -> Tensor:
    """What training leaves unsaid, bool `(batch, kinds)`: everything with the probability `dropout`, for guidance, and
    each by itself with `dropout_each`, so that any of them can be asked for alone.
    """
    chance = sample_uniform(seeds, (1 + len(KINDS),), device) / 2 + 0.5
    return (chance[:, :1] < config.dropout) | (chance[:, 1:] < config.dropout_each)


class Conditioner(nn.Module):
    """Makes `Conditions` of batches in training and of wishes in playing.

    A label is one column of many; tempo and seconds are sines and cosines of their logarithms. Beside each stands a
    column that is 1 where it is told. Captions are encoded once, before training; prompts when they are asked for.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.width = (
            (len(config.labels) + 1 if config.labels else 0)
            + (2 * WAVES + 1) * config.by_tempo
            + 2 * (2 * WAVES + 1) * config.by_seconds
        )
        self.features = feature_count(config.text) if config.text else 0
        self._table: TokenTable | None = None
        self._encoder: TextEncoder | None = None

    def told(self, batch: Batch, dropped: Tensor) -> Conditions:
        """What a training batch is told, but for what `dropped` names: bool `(batch, kinds)`, or `(batch,)` for all."""
        each = dropped if dropped.ndim == 2 else dropped[:, None].expand(-1, len(KINDS))
        label, tempo, seconds, caption = each.unbind(1)
        tokens, mask = self._captions(torch.where(caption, -1, batch.captions)) if self.features else (None, None)
        vector = self._vector(
            torch.where(label, -1, batch.labels),
            batch.tempos * ~tempo,
            torch.stack([batch.starts, batch.totals], 1),
            ~seconds & (batch.totals > 0),
        )
        return Conditions(vector=vector, tokens=tokens, mask=mask)

    def asked(self, controls: Controls, count: int, seconds: float, device: torch.device | str) -> Conditions:
        """What is asked for, `count` times: sound of so many seconds, from its beginning."""
        self._check(controls)
        label = self.config.labels.index(controls.label) if controls.label else -1
        vector = self._vector(
            torch.full((count,), label, device=device),
            torch.full((count,), controls.bpm or 0.0, device=device),
            torch.tensor([[0.0, seconds]], device=device).expand(count, 2),
            torch.ones(count, dtype=torch.bool, device=device),
        )
        tokens, mask = self._words([controls.prompt] * count, device)
        return Conditions(vector=vector, tokens=tokens, mask=mask)

    def beginning(self, conditions: Conditions, seconds: float) -> Conditions:
        """The same conditions of a part that begins at `seconds`; rows that were not told where they begin stay so."""
        if conditions.vector is None or not self.config.by_seconds:
            return conditions
        size, vector = 2 * WAVES + 1, conditions.vector.clone()
        starts = vector[:, -2 * size : -size]
        told = starts[:, -1] > 0
        starts.copy_(_waves(torch.full_like(starts[:, 0], seconds / SHORTEST), SECONDS_OCTAVES, told))
        return replace(conditions, vector=vector)

    def unsaid(self, negative: str, count: int, device: torch.device | str) -> Conditions:
        """What guidance leads away from: nothing told, or the words `negative`."""
        vector = self._vector(
            torch.full((count,), -1, device=device),
            torch.zeros(count, device=device),
            torch.zeros(count, 2, device=device),
            torch.zeros(count, dtype=torch.bool, device=device),
        )
        tokens, mask = self._words([negative] * count, device)
        return Conditions(vector=vector, tokens=tokens, mask=mask)

    def _vector(self, labels: Tensor, tempos: Tensor, seconds: Tensor, timed: Tensor) -> Tensor | None:
        parts: list[Tensor] = []
        if self.config.labels:
            parts.append(functional.one_hot(labels + 1, len(self.config.labels) + 1).float())
        if self.config.by_tempo:
            parts.append(_waves(tempos / SLOWEST_TEMPO, TEMPO_OCTAVES, tempos > 0))
        if self.config.by_seconds:
            parts += [_waves(column / SHORTEST, SECONDS_OCTAVES, timed) for column in seconds.unbind(1)]
        return torch.cat(parts, 1) if parts else None

    def _captions(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        if self._table is None:
            self._table = TokenTable.load(Path(str(self.config.text_table)))
        tokens, mask = self._table.rows(numbers.cpu())
        return tokens.to(numbers.device), mask.to(numbers.device)

    def _words(self, texts: Sequence[str], device: torch.device | str) -> tuple[Tensor | None, Tensor | None]:
        """Tokens and mask of prompts; an empty one is none."""
        if not self.features:
            return None, None
        if not any(text.strip() for text in texts):
            return (
                torch.zeros(len(texts), 1, self.features, device=device),
                torch.zeros(len(texts), 1, dtype=torch.bool, device=device),
            )
        if self._encoder is None:
            self._encoder = load_encoder(str(self.config.text))
        tokens, mask = self._encoder.encode(texts)
        said = torch.tensor([bool(text.strip()) for text in texts])
        return tokens.to(device), (mask & said[:, None]).to(device)

    def _check(self, controls: Controls) -> None:
        config = self.config
        if controls.label and controls.label not in config.labels:
            if not config.labels:
                raise UserError(f"This model was trained without labels; leave --label {controls.label} out.")
            raise UserError(
                f"This model does not know --label {controls.label!r}, it knows {', '.join(config.labels[:20])}"
                f"{nearest(controls.label, config.labels)}"
            )
        if (controls.prompt or controls.negative) and not config.text:
            raise UserError("This model was trained without words; leave --prompt and --negative out.")
        if controls.bpm is not None and not config.by_tempo:
            raise UserError("This model was trained without tempos; leave --bpm out.")


def _waves(ratio: Tensor, octaves: float, told: Tensor) -> Tensor:
    """`(batch, 2 WAVES + 1)`: sines and cosines of the logarithm, and a column that is 1 where `told`."""
    position = ratio.clamp(min=1.0).log2() / octaves
    angles = 2 * pi * position[:, None] * 2.0 ** torch.arange(-1, WAVES - 1, device=ratio.device)
    waves = torch.cat([angles.sin(), angles.cos(), torch.ones_like(position[:, None])], 1)
    return waves * told[:, None]
