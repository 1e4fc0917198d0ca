"""What a denoiser is made of, what it is taught and how it is sampled. Importable without torch."""

from dataclasses import dataclass, field
from math import inf, prod
from typing import Literal

from tritone.errors import UserError

Objective = Literal["v", "epsilon", "x0", "flow"]
Times = Literal["uniform", "logit-normal", "log-snr"]
SamplerName = Literal["unipc", "2m", "ddim", "euler", "heun", "2m-sde", "3m-sde", "ancestral", "ping-pong"]
Grid = Literal["log-sigma", "karras", "linear"]


@dataclass(frozen=True)
class UNetConfig:
    """A one-dimensional U-Net; entry i of every list is level i, the finest first."""

    channels: tuple[int, ...] = (8, 32, 64, 128, 256, 512, 512, 1024, 1024)
    """Channels at each level."""
    factors: tuple[int, ...] = (1, 4, 4, 4, 2, 2, 2, 2, 2)
    """By how much time is divided on the way into each level."""
    items: tuple[int, ...] = (1, 2, 2, 2, 2, 2, 2, 4, 4)
    """Residual blocks at each level, on the way down and again on the way up."""
    attentions: tuple[int, ...] = (0, 0, 0, 0, 0, 1, 1, 1, 1)
    """1 where the blocks of a level are followed by self-attention."""
    cross_attentions: tuple[int, ...] = ()
    """1 where they are followed by attention to tokens (text); empty for none."""
    context_level: int = -1
    """Level at which context channels come in (a diffusion autoencoder's latent); -1 for none."""
    heads: int = 8
    """Heads of every attention."""
    head_features: int = 64
    """Features of every head."""
    features: int = 1024
    """Features of the embedded time and of all that modulates the blocks."""
    groups: int = 8
    """Groups of the norms."""

    @property
    def ratio(self) -> int:
        """Samples for one frame of the coarsest level."""
        return prod(self.factors)

    def problems(self) -> list[str]:
        """Complaints, each a part of a sentence."""
        count = len(self.channels)
        lists = {"factors": self.factors, "items": self.items, "attentions": self.attentions}
        lists |= {"cross_attentions": self.cross_attentions} if self.cross_attentions else {}
        found = [
            f"unet.{name} needs {count} entries, one for each level, not {len(values)}"
            for name, values in lists.items()
            if len(values) != count
        ]
        if min((*self.channels, *self.factors, self.heads, self.head_features, self.features, self.groups)) < 1:
            found.append("unet.channels, factors, heads, head_features, features and groups must be at least 1")
        if self.head_features % 2:
            found.append(f"unet.head_features must be even, not {self.head_features}")
        if not self.channels or min(self.items, default=0) < 1:
            found.append("unet.items must hold at least 1 for each level")
        if any(width % max(1, min(self.groups, width)) for width in self.channels):
            widths = list(self.channels)
            found.append(f"unet.channels must be multiples of groups {self.groups}, or below it, not {widths}")
        if not -1 <= self.context_level < max(1, count):
            found.append(f"unet.context_level must lie between -1 and {count - 1}, not {self.context_level}")
        return found


@dataclass(frozen=True)
class TransformerConfig:
    """A diffusion transformer (arXiv 2212.09748) over the frames of a latent."""

    width: int = 512
    """Features of a frame."""
    depth: int = 12
    """Blocks."""
    heads: int = 8
    """Heads of every attention."""
    patch: int = 1
    """Frames that are one token of the transformer."""
    features: int = 512
    """Features of the embedded time and of all that modulates the blocks."""

    def problems(self) -> list[str]:
        """Complaints, each a part of a sentence."""
        found = [
            f"transformer.{name} must be at least 1, not {getattr(self, name)}"
            for name in ("width", "depth", "heads", "patch", "features")
            if getattr(self, name) < 1
        ]
        if not found and self.width % (2 * self.heads):
            found.append(f"transformer.width must be a multiple of twice heads, {2 * self.heads}, not {self.width}")
        return found


@dataclass(frozen=True)
class NetworkConfig:
    """What estimates the clean signal."""

    kind: Literal["unet", "transformer"] = "unet"
    """unet for waveforms, spectra and latents; transformer for latents."""
    unet: UNetConfig = field(default_factory=UNetConfig)
    """The U-Net, where `kind` is unet."""
    transformer: TransformerConfig = field(default_factory=TransformerConfig)
    """The transformer, where `kind` is transformer."""

    def problems(self) -> list[str]:
        """Complaints, each a part of a sentence."""
        return self.unet.problems() if self.kind == "unet" else self.transformer.problems()


@dataclass(frozen=True)
class NoiseConfig:
    """Which noise is learned. Signals are scaled to unit variance, so sigma is the noise's size beside the signal's."""

    objective: Objective = "v"
    """What the network gives: v (arXiv 2202.00512), the noise (2006.11239), the clean signal, or the velocity of
    rectified flow (2209.03003)."""
    times: Times = "uniform"
    """How noise levels are drawn in training: uniform in time, logit-normal in time (arXiv 2403.03206), or normal in
    log sigma (arXiv 2206.00364)."""
    times_mean: float = 0.0
    """Mean of the normal that `times` logit-normal or log-snr draws from."""
    times_std: float = 1.0
    """Its standard deviation."""
    min_snr: float = 0.0
    """Largest signal-to-noise ratio that counts in the loss (arXiv 2303.09556); 0 weighs all times alike."""

    def problems(self) -> list[str]:
        """Complaints, each a part of a sentence."""
        found = []
        if not 0 < self.times_std < inf:
            found.append(f"noise.times_std must be a number above 0, not {self.times_std}")
        if not 0 <= self.min_snr < inf:
            found.append(f"noise.min_snr must be at least 0, not {self.min_snr}")
        return found


@dataclass(frozen=True)
class SamplingConfig:
    """How sound is made from noise where nothing else is asked."""

    sampler: SamplerName = "unipc"
    """UniPC of order 2 (arXiv 2302.04867), or another; 2m is DPM-Solver++ 2M (2211.01095)."""
    steps: int = 16
    """Steps; each is one evaluation of the network, with heun two."""
    grid: Grid = "log-sigma"
    """Noise levels of the steps: evenly spaced in log sigma, as Karras et al. (rho 7), or evenly spaced in time."""
    sigma_max: float = 25.0
    """Noise level of the first step."""
    sigma_min: float = 0.03
    """Noise level of the last step, which ends at none."""
    guidance: float = 1.0
    """Classifier-free guidance (arXiv 2207.12598): 1 follows the conditions as learned, more exaggerates them."""
    rescale: float = 0.0
    """Share in which guided estimates are brought back to their unguided loudness (arXiv 2305.08891)."""
    guidance_interval: tuple[float, float] = (0.0, inf)
    """Noise levels between which guidance acts (arXiv 2404.07724)."""

    def problems(self) -> list[str]:
        """Complaints, each a part of a sentence."""
        found = []
        if self.steps < 1:
            found.append(f"sampling.steps must be at least 1, not {self.steps}")
        if not 0 < self.sigma_min < self.sigma_max < inf:
            found.append(
                f"sampling.sigma_min and sigma_max must go from low to high above 0, not {self.sigma_min} and "
                f"{self.sigma_max}"
            )
        if not 0 <= self.guidance < inf:
            found.append(f"sampling.guidance must be at least 0, not {self.guidance}")
        if not 0 <= self.rescale <= 1:
            found.append(f"sampling.rescale is a share and must lie between 0 and 1, not {self.rescale}")
        if not 0 <= self.guidance_interval[0] <= self.guidance_interval[1]:
            found.append(f"sampling.guidance_interval must go from low to high, not {list(self.guidance_interval)}")
        return found


def check(problems: list[str], section: str = "model") -> None:
    """UserError where there are complaints."""
    if problems:
        raise UserError(f"{section}: " + "; ".join(problems) + ".")
