"""Mel spectrograms in training as a loop's reach the vocoder: measured on another grid and interpolated to the hop."""

import torch
from torch import Tensor

from tritone.nn.mel_frames import MelFrames, window_starts
from tritone.nn.noise import sample_uniform


def training_mel(measure: MelFrames, audio: Tensor, seeds: Tensor, share: float, hops: tuple[float, float]) -> Tensor:
    """Log-mel `(batch, channels, mels, time / hop)`, a `share` of the rows off another grid, as their seeds decide.

    The distance of that grid's frames lies between `hops`, in hops, evenly in logarithm.
    """
    mels = measure.at_hop(audio)
    drawn = (sample_uniform(seeds, (2,)).double() + 1) / 2
    for row, (lot, place) in enumerate(drawn.tolist()):
        if lot < share:
            distance = hops[0] * (hops[1] / hops[0]) ** place
            mels[row] = off_grid(measure, audio[row], mels.shape[-1], distance)
    return mels


def off_grid(measure: MelFrames, sound: Tensor, frames: int, distance: float) -> Tensor:
    """`(channels, time)` to `(channels, mels, frames)` by way of frames about `distance` hops apart.

    The grid divides the sound evenly, as it does a loop; outside of the sound there are zeros, and beyond the outermost
    frames their values stay.
    """
    window, time = measure.config.window, sound.shape[-1]
    count = max(1, round(frames / distance))
    starts = window_starts(count, time, count, window, sound.device) + window
    padded = torch.nn.functional.pad(sound, (window, window))
    coarse = measure.measure(padded[:, starts[:, None] + torch.arange(window, device=sound.device)])
    places = (torch.arange(frames, device=sound.device, dtype=torch.float64) + 0.5) * (count / frames) - 0.5
    places = places.clamp(0, count - 1)
    left = places.floor().clamp(max=max(0, count - 2))
    before = left.long()
    return torch.lerp(coarse[..., before], coarse[..., (before + 1).clamp(max=count - 1)], (places - left).to(coarse))
