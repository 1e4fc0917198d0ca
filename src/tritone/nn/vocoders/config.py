"""What a vocoder is made of. Importable without torch."""

from dataclasses import dataclass, field
from typing import Literal

from tritone.errors import UserError
from tritone.nn.diffusion.config import NetworkConfig, NoiseConfig, SamplingConfig
from tritone.signal.mel_config import MelConfig


@dataclass(frozen=True)
class DenoiserConfig:
    """What finds the waveform in noise (diffusion)."""

    network: NetworkConfig = field(default_factory=NetworkConfig)
    """What estimates the clean waveform."""
    noise: NoiseConfig = field(default_factory=NoiseConfig)
    """Which noise was learned."""
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    """How the waveform is found."""


@dataclass(frozen=True)
class VocoderConfig:
    """From mel spectrogram to sound."""

    architecture: Literal["vocos", "melgan", "griffin-lim", "diffusion"] = "vocos"
    """vocos: ConvNeXt blocks and an inverse Fourier transform (arXiv 2306.00814); melgan: transposed convolutions
    (arXiv 1910.06711); griffin-lim: no network, phases found by iteration; diffusion: a waveform found in noise."""
    channels: int = 1
    """1 mono, 2 stereo; channels are made jointly."""
    mel: MelConfig = field(default_factory=MelConfig)
    """The spectrogram that is turned into sound."""
    width: int = 256
    """Channels of the blocks (vocos), or of the last upsampling, doubled at every one before (melgan: 32)."""
    layers: int = 6
    """Blocks (vocos), or residual layers after every upsampling (melgan: 3)."""
    expansion: int = 3
    """Inner width of a block over its width (vocos)."""
    ratios: tuple[int, ...] = (8, 8, 2, 2)
    """Upsampling factors, whose product is the hop (melgan)."""
    corrections: int = 1
    """Rounds in which the sound's own spectrogram is brought nearer to the one asked for (vocos, diffusion)."""
    iterations: int = 32
    """Rounds of phase reconstruction (griffin-lim)."""
    diffusion: DenoiserConfig | None = None
    """The denoiser (diffusion)."""

    def __post_init__(self) -> None:
        problems = [
            f"{name} must be at least 1, not {getattr(self, name)}"
            for name in ("width", "layers", "expansion", "iterations")
            if getattr(self, name) < 1
        ]
        if self.corrections < 0:
            problems.append(f"corrections must be at least 0, not {self.corrections}")
        if self.channels not in (1, 2):
            problems.append(f"channels must be 1 (mono) or 2 (stereo), not {self.channels}")
        if self.architecture in ("vocos", "diffusion") and self.mel.window % self.mel.hop:
            problems.append(
                f"mel.window must be a multiple of mel.hop for {self.architecture}, "
                f"not {self.mel.window}, {self.mel.hop}"
            )
        if self.architecture == "diffusion" and self.diffusion is None:
            problems.append("diffusion must say what the denoiser is, where the architecture is diffusion")
        product = 1
        for ratio in self.ratios:
            product *= ratio
        if self.architecture == "melgan" and (min(self.ratios, default=0) < 2 or product != self.mel.hop):
            problems.append(f"ratios must be numbers from 2 on whose product is mel.hop {self.mel.hop}")
        if problems:
            raise UserError("vocoder: " + "; ".join(problems) + ".")


def denoising(
    *, channels: int, mel: MelConfig, network: NetworkConfig, noise: NoiseConfig, sampling: SamplingConfig
) -> VocoderConfig:
    """The vocoder of these parts, architecture diffusion, with two corrections."""
    denoiser = DenoiserConfig(network, noise, sampling)
    return VocoderConfig("diffusion", channels=channels, mel=mel, corrections=2, diffusion=denoiser)
