"""A vocoder that finds the waveform in noise: the diffusion vocoder of audio-diffusion-pytorch (arXiv 2301.11757).

The spectrogram is flattened by a learned overlap-add bank (`flatten`) and laid beside the noisy waveform. Ours: the
spectrogram also tells how loud the sound is from moment to moment, which the waveform is divided by (`loudness`); the
channels of stereo sound are made jointly, not folded into the batch; bands are normalised by fixed numbers, not by the
largest of the batch; what the sound's own spectrogram then lacks is corrected as in `vocos`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.config import SamplingConfig
from tritone.nn.diffusion.denoise import Show
from tritone.nn.diffusion.networks import Network, build_network
from tritone.nn.diffusion.objective import Denoiser
from tritone.nn.diffusion.samplers import sample
from tritone.nn.diffusion.windows import Windowed
from tritone.nn.mel_frames import MelFrames
from tritone.nn.spectrum import SpectrumToWave
from tritone.nn.vocoders.base import Vocoder
from tritone.nn.vocoders.config import VocoderConfig
from tritone.nn.vocoders.flatten import Flatten
from tritone.nn.vocoders.loudness import Loudness, deemphasised, emphasised
from tritone.nn.vocoders.vocos import MOST, Spread

BAND_CENTRE, BAND_SPREAD = -1.2, 2.4
"""About the mean and the standard deviation of log-mels of music less the log RMS of their frame."""
LEVEL_CENTRE, LEVEL_SPREAD = -4.7, 1.6
"""The same of that log RMS."""
WINDOW_SAMPLES, OVERLAP_SAMPLES = 1 << 18, 1 << 14
"""How much sound is denoised at a time, and how much of that its neighbours denoise too."""


@dataclass(frozen=True)
class Told:
    """What a spectrogram tells: `channels` `(batch, channels, time)` for the denoiser, and the loudness, alike."""

    channels: Tensor
    loudness: Tensor


class DiffusionVocoder(Vocoder):
    """A denoiser of waveforms that are divided by their loudness, beside what tells it of the spectrogram.

    Sound follows from the spectrogram and a seed, which is 0 unless another is given: each row is the same whatever
    stands beside it. Norms and attention of the denoiser see the whole sound, or the whole of a window of it; `context`
    is what windows share. Not differentiable.
    """

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__(config)
        if config.diffusion is None:
            raise ValueError("a diffusion vocoder needs the configuration of its denoiser")
        mel, made = config.mel, config.diffusion
        self.sampling = made.sampling
        self.loudness = Loudness(config)
        self.flatten = Flatten(mel.mels + 1, mel.window, mel.hop)
        sides = config.channels
        network = build_network(made.network, inputs=sides, outputs=sides, channels=sides)
        self.denoiser = Denoiser(network, made.noise.objective)
        self.measure, self.spread = MelFrames(mel), Spread(config)
        self.wave = SpectrumToWave(mel.window, mel.hop, sides)
        self.context = -(-OVERLAP_SAMPLES // mel.hop)

    def told(self, log_mel: Tensor, circular: bool = False) -> Told:
        """What a log-mel `(batch, channels, mels, frames)` tells of the sound."""
        with torch.autocast(log_mel.device.type, enabled=False):
            level = self.loudness(log_mel.float())
            bands = (log_mel.float() - level[:, :, None] - BAND_CENTRE) / BAND_SPREAD
            rows = torch.cat([bands, (level[:, :, None] - LEVEL_CENTRE) / LEVEL_SPREAD], 2)
            return Told(self.flatten(rows, circular), self.loudness.at_samples(level, circular))

    def clean(self, audio: Tensor, loudness: Tensor) -> Tensor:
        """What is diffused of sound `(batch, channels, time)`: emphasised, and of about unit variance."""
        return emphasised(audio) / loudness

    def forward(self, log_mel: Tensor) -> Tensor:
        """The sound of a stretch of frames with silence around it."""
        return self.render(log_mel)

    def around(self, log_mel: Tensor) -> Tensor:
        """The sound of frames that lie on a circle: the last leads into the first."""
        return self.render(log_mel, circular=True)

    @torch.no_grad()
    def render(
        self,
        log_mel: Tensor,
        seeds: Sequence[int] | Tensor | None = None,
        sampling: SamplingConfig | None = None,
        *,
        circular: bool = False,
        show: Show | None = None,
    ) -> Tensor:
        """The sound of a spectrogram; row i follows from it and `seeds[i]`. `sampling` replaces the vocoder's own."""
        count, channels, _, frames = log_mel.shape
        if not frames:
            return log_mel.new_zeros(count, channels, 0)
        told = self.told(log_mel, circular)
        signal = sample(
            self._estimates(told, circular),
            (channels, frames * self.hop),
            [0] * count if seeds is None else seeds,
            sampling or self.sampling,
            device=log_mel.device,
            show=show,
        )
        audio = deemphasised(signal.float() * told.loudness, circular)
        for _ in range(self.config.corrections):
            audio = self._corrected(audio, log_mel.float(), circular)
        return audio

    @property
    def network(self) -> Network:
        """What the denoiser asks."""
        network = self.denoiser.network
        assert isinstance(network, Network)
        return network

    def use_precision(self, precision: Literal["float32", "bf16"]) -> None:
        """Play in float32, or with the denoiser's network in bf16; weights once rounded stay so."""
        self.precision = precision
        self.network.use_precision(precision)

    def _estimates(self, told: Told, circular: bool) -> Callable[[Tensor, Tensor], Tensor]:
        denoise = Windowed(self.denoiser, WINDOW_SAMPLES, OVERLAP_SAMPLES)
        conditions = Conditions(channels=told.channels)
        return lambda x, sigma: denoise(x, sigma, conditions, circular)

    def _corrected(self, audio: Tensor, wanted: Tensor, circular: bool) -> Tensor:
        """The sound with every bin raised or lowered by what its bands lack of those `wanted`."""
        frames, samples = wanted.shape[-1], audio.shape[-1]
        beyond = self.config.mel.window // self.hop if circular else 0
        if circular:
            wanted = wanted[..., torch.arange(-beyond, frames + beyond, device=wanted.device) % frames]
            around = torch.arange(-beyond * self.hop, samples + beyond * self.hop, device=audio.device) % samples
            audio = audio[..., around]
        spectrum = self.measure.spectrum(audio)
        lack = (wanted - self.measure.bands(spectrum)).transpose(-1, -2)
        whole = self.wave.synthesise(spectrum * self.spread.between(lack.clamp(-MOST, MOST)).exp())
        return whole[..., beyond * self.hop : beyond * self.hop + samples]
