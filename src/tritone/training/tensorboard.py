"""TensorBoard: scalars, audio and spectrograms in RUN/tensorboard."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch


class TensorBoard:
    """A `Tracker`. Opening it hides what an interrupted run wrote after `step`."""

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=step + 1 if step >= 0 else None)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers by name."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def audio(self, step: int, name: str, audio: np.ndarray, rate: int) -> None:
        """A sound `(channels, frames)` and its spectrogram. TensorBoard plays one channel: the mean of all."""
        mono = torch.from_numpy(np.ascontiguousarray(audio)).float().mean(0)
        self._writer.add_audio(name, mono.clamp(-1, 1)[None], step, sample_rate=rate)
        self._writer.add_image(f"{name}/spectrogram", _picture(mono), step)

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


def _picture(audio: torch.Tensor, window: int = 1024) -> torch.Tensor:
    """Log-magnitude spectrogram of `(frames,)` as a grey image `(1, height, width)`, 80 dB from black to white."""
    audio = torch.nn.functional.pad(audio, (0, max(0, window - audio.shape[-1])))
    spectrum = torch.stft(audio, window, window // 4, window=torch.hann_window(window), return_complex=True).abs()
    decibels = 20 * torch.log10(spectrum / spectrum.max().clamp(min=1e-5) + 1e-9)
    return (1 + decibels / 80).clamp(0, 1).flip(0)[None]
