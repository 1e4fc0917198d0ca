"""What every frozen text encoder offers: texts to token states and a mask."""

from collections.abc import Callable, Sequence
from typing import Self

import torch
from torch import Tensor, nn

LONGEST = 128
"""Tokens of a text that are read at most; the rest of a longer one is left out."""


class TextEncoder:
    """A frozen network that reads texts, with its tokenizer.

    Not a module: a model that holds one neither trains it nor keeps it in its checkpoints.
    """

    def __init__(
        self,
        name: str,
        numbers: Callable[[str], Sequence[int]],
        network: nn.Module,
        features: int,
        longest: int = LONGEST,
    ) -> None:
        """`numbers` gives the token numbers of a text, begin and end marks included, at most `longest` of them;
        `network` takes them as int64 `(1, length)` and gives a `last_hidden_state` `(1, length, features)`.
        """
        self.name = name
        self.features = features
        """Features of a token."""
        self.longest = longest
        """Tokens that a text can have."""
        self._numbers = numbers
        self._network = network.eval().requires_grad_(False)

    def encode(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Token states float32 `(count, length, features)` with zeros behind the shorter texts, and a bool mask
        `(count, length)`, True where there is a token. `length` is that of the longest text, at least 1.

        Texts are read one by one, without padding, so that each gives the same numbers whatever it stands beside. An
        empty text gives the marks that begin and end a text, a state each: valid, and not the same as no text.
        """
        read = {text: self._states(text) for text in dict.fromkeys(texts)}
        length = max([1, *(len(states) for states in read.values())])
        device = self.device
        tokens = torch.zeros(len(texts), length, self.features, device=device)
        mask = torch.zeros(len(texts), length, dtype=torch.bool, device=device)
        for row, text in enumerate(texts):
            states = read[text]
            tokens[row, : len(states)] = states
            mask[row, : len(states)] = True
        return tokens, mask

    def to(self, device: torch.device | str) -> Self:
        """Reads on `device` from now on, and gives its results there."""
        self._network.to(device)
        return self

    @property
    def device(self) -> torch.device:
        """Where it reads."""
        return next(self._network.parameters()).device

    @torch.no_grad()
    def _states(self, text: str) -> Tensor:
        """Of one text, `(length, features)`; in float32 whatever the arithmetic around it."""
        device = self.device
        numbers = torch.tensor([list(self._numbers(well_formed(text)))], dtype=torch.int64, device=device)
        with torch.autocast(device.type, enabled=False):
            states: Tensor = self._network(numbers).last_hidden_state[0]
        return states.float()


def well_formed(text: str) -> str:
    """The text without what is no unicode: halves of surrogate pairs, as undecodable file names have them."""
    return text.encode("utf-8", "ignore").decode("utf-8")
