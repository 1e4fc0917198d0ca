"""Captions of a dataset, encoded once before training."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tritone.errors import UserError
from tritone.nn.text.table import caption_table

if TYPE_CHECKING:
    from tritone.data.store import Dataset

FOLDER = "text"
"""Where encoded captions lie in a DATA folder."""


def text_table(encoder: str, dataset: "Dataset") -> Path:
    """The file with the captions of a dataset as this encoder reads them; made where it is not there yet.

    UserError where nothing in the data has a caption, or the encoder cannot be had.
    """
    if not dataset.captions:
        raise UserError(
            f"model.text: no sound in {dataset.path} has a caption; lay NAME.txt beside NAME.wav, or name the files."
        )
    return caption_table((dataset.path / FOLDER).resolve(), encoder, dataset.captions, show=_tell)


def _tell(done: int, total: int) -> None:
    if done == total or done % 500 == 0:
        print(f"encoding captions: {done} of {total}", file=sys.stderr)
