"""Captions that were encoded once, looked up by number in training."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import safetensors
import torch
from safetensors.torch import load_file, save
from torch import Tensor

from tritone.errors import UserError, unwritten
from tritone.nn.text import encoder_folder, load_encoder
from tritone.nn.text.base import TextEncoder
from tritone.nn.text.folders import fingerprint
from tritone.signal.files import whole_file

_FORMAT = 1
_LARGEST = torch.finfo(torch.float16).max


def silent(done: int, total: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class TokenTable:
    """Token states of captions, one caption behind the other."""

    states: Tensor
    """float16 `(tokens + 1, features)`; the last row is zero."""
    lengths: Tensor
    """Tokens of each caption, int64 `(captions + 1,)`; the last, of no caption, is 0."""

    @classmethod
    def encoded(cls, encoder: TextEncoder, captions: Sequence[str], show: Callable[[int, int], None] = silent) -> Self:
        """The captions as the encoder reads them, rounded to half precision; `show` is told how many are done."""
        found, lengths = [], []
        for done, caption in enumerate(captions, 1):
            tokens, mask = encoder.encode([caption])
            states = tokens[0, mask[0]].clamp(-_LARGEST, _LARGEST).half().cpu()
            found.append(states)
            lengths.append(len(states))
            show(done, len(captions))
        last = torch.zeros(1, encoder.features, dtype=torch.float16)
        return cls(torch.cat([*found, last]), torch.tensor([*lengths, 0]))

    @classmethod
    def load(cls, path: Path) -> Self:
        """The table that `save` wrote. Raises UserError where there is none, or a damaged one."""
        try:
            content = load_file(path)
            table = cls(content["states"], content["lengths"])
        except (OSError, KeyError, safetensors.SafetensorError) as error:
            raise UserError(f"{path} is no table of encoded captions, or damaged; train again with DATA.") from error
        if not table._sound():
            raise UserError(f"{path} is damaged: its parts do not fit together; train again with DATA.")
        return table

    def save(self, path: Path) -> None:
        """Write a safetensors file that is whole or not there. Raises UserError where it cannot be written."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as part:
                part.write_bytes(save({"states": self.states, "lengths": self.lengths}))
        except OSError as error:
            raise unwritten(path, error) from error

    def __len__(self) -> int:
        return len(self.lengths) - 1

    @property
    def features(self) -> int:
        """Features of a token."""
        return self.states.shape[1]

    @cached_property
    def longest(self) -> int:
        """Tokens of the longest caption, at least 1; as many has every row."""
        return max(1, int(self.lengths.max()))

    def to(self, device: torch.device | str) -> Self:
        """The same table on `device`."""
        return type(self)(self.states.to(device), self.lengths.to(device))

    def rows(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Token states float32 `(batch, longest, features)` and mask bool `(batch, longest)` of captions by number,
        int64 `(batch,)` on the table's device. -1 gives a row without tokens. Zeros stand where the mask is False.
        """
        places = torch.arange(self.longest, device=numbers.device)
        lengths = self.lengths[numbers]  # -1 takes the last, that of no caption
        mask = places < lengths[:, None]
        chosen = torch.where(mask, self._first[numbers][:, None] + places, len(self.states) - 1)
        return self.states[chosen].float(), mask

    @cached_property
    def _first(self) -> Tensor:
        """The row of `states` at which each caption begins."""
        return self.lengths.cumsum(0) - self.lengths

    def _sound(self) -> bool:
        states, lengths = self.states, self.lengths
        kinds = (states.dtype, lengths.dtype, states.dim(), lengths.dim())
        if kinds != (torch.float16, torch.int64, 2, 1) or not len(lengths):
            return False
        return bool((lengths >= 0).all()) and int(lengths[-1]) == 0 and int(lengths.sum()) + 1 == len(states)


def caption_table(
    folder: Path,
    name: str,
    captions: Sequence[str],
    device: torch.device | str = "cpu",
    show: Callable[[int, int], None] = silent,
) -> Path:
    """The file in `folder` with the captions encoded by the encoder `name`; made, on `device`, unless it is there
    already, whole. Its name follows from the encoder's files and the captions.

    Raises UserError where the encoder cannot be had or the file cannot be written.
    """
    content = [_FORMAT, name.partition(":")[0], fingerprint(encoder_folder(name)), list(captions)]
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    path = folder / f"{name.partition(':')[0]}-{digest[:16]}.safetensors"
    try:
        if len(TokenTable.load(path)) == len(captions):
            return path
    except UserError:
        pass  # not there, or damaged
    TokenTable.encoded(load_encoder(name).to(device), captions, show).save(path)
    return path
