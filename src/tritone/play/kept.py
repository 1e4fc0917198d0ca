"""Files of which a part is that of another file, sample by sample."""

from pathlib import Path

import numpy as np
import torch

from tritone.play.sound import make_folder
from tritone.signal.files import audio_info, read_audio, write_wav
from tritone.signal.splice import FADE_SECONDS, splice


def write_kept(target: Path, made: np.ndarray, path: Path, keep: np.ndarray) -> None:
    """Write `made (channels, samples)` with the samples of the file `path` where `keep (samples,)` is True.

    `made` has the rate of the file and begins where it begins. Where what was made went through another rate, and so is
    not quite the same in what is kept, both are crossfaded. Written in 24 bits, or in floats where the file holds
    these.
    """
    given, rate = read_audio(path)
    same = np.zeros_like(made)
    length = min(given.shape[-1], made.shape[-1])
    same[:, :length] = given[:, :length]
    whole, first, mask = (torch.from_numpy(np.ascontiguousarray(part))[None] for part in (made, same, keep[None]))
    exact = bool((whole == first)[mask.expand_as(whole)].all())
    fade = 0 if exact else round(FADE_SECONDS * rate)
    floats = audio_info(path).subtype in ("FLOAT", "DOUBLE")
    make_folder(target.parent)
    write_wav(target, splice(whole, first, mask, fade)[0].numpy(), rate, "FLOAT" if floats else "PCM_24")
