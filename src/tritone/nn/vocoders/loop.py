"""Loops from spectrograms on a grid: exactly periodic, of exactly as many samples as the bar lasts."""

import torch
from torch import Tensor

from tritone.nn.mel_frames import resample_frames
from tritone.nn.vocoders.base import Vocoder
from tritone.signal.periodic import resample_periodic


def render_loop(vocoder: Vocoder, log_mel: Tensor, samples: int, times: int = 1) -> Tensor:
    """Log-mel `(batch, channels, mels, frames)` on a grid over a loop to sound `(batch, channels, samples)`.

    With `times` the grid is that of the loop written out so many times, and so is the sound.

    The grid is brought to the whole number of hops that is nearest to `samples`, made sound on a circle, and resampled
    as one period to exactly `samples`, so that the last sample leads into the first. That moves pitch by at most half
    a hop over the whole loop (128 samples in 2 s: 2.5 cents). The spectrogram must have the vocoder's channels; see
    `fit_channels`. Raises ValueError where it has not.
    """
    if log_mel.shape[1] != vocoder.channels:
        raise ValueError(f"the vocoder makes {vocoder.channels} channel(s), but the spectrogram has {log_mel.shape[1]}")
    frames = times * max(1, round(samples / vocoder.hop))
    return resample_periodic(vocoder.around(resample_frames(log_mel, frames)), times * samples)


def fit_channels(signal: Tensor, channels: int) -> Tensor:
    """`(batch, source channels, …)` with 1 or 2 channels: doubled on the way into stereo, averaged on the way out.

    For spectrograms into a vocoder with more channels and for the sound that comes out of it.
    """
    if signal.shape[1] == channels:
        return signal
    if signal.shape[1] == 1:
        return torch.cat([signal] * channels, 1)
    return signal.mean(1, keepdim=True)
