"""What a VAE is made of and how it learns. Importable without torch. Paper: RAVE, arXiv 2111.05011."""

from dataclasses import dataclass, field
from math import inf, prod
from typing import Literal

from tritone.errors import UserError


@dataclass(frozen=True)
class PqmfConfig:
    """The pseudo-quadrature mirror filter bank that splits sound into bands."""

    bands: int = 16
    """Number of bands; 1 leaves the sound whole."""
    taps: int = 512
    """Length of the prototype filter; a multiple of twice the number of bands."""
    attenuation_db: float = 100.0
    """Stop-band attenuation of the Kaiser prototype."""
    design: Literal["kaiser", "refined"] = "refined"
    """kaiser: as RAVE (about 60 dB of reconstruction); refined: moved onto the perfect-reconstruction conditions."""


@dataclass(frozen=True)
class NoiseConfig:
    """The filtered-noise branch of the decoder."""

    bands: int = 5
    """Amplitudes per PQMF band and frame (taps of the noise filters follow)."""
    ratios: tuple[int, ...] = (4, 4, 4)
    """Strides of the convolutions that reduce the decoder's rate to one noise filter per product of these."""
    hidden: int = 64
    """Channels inside the branch."""
    stage: Literal[1, 2] = 2
    """The stage from which on the branch is heard and learns; before it, its amplitudes rest at -90 dB."""


@dataclass(frozen=True)
class QuantiserConfig:
    """The residual vector quantiser of a discrete latent."""

    levels: int = 16
    """Books of code vectors, each of which codes what the one before left."""
    codes: int = 1024
    """Code vectors in a book."""
    decay: float = 0.99
    """How much of its past a code vector keeps at each step, as the moving average of what it serves."""
    dead: float = 0.05
    """A code that serves less than this share of its fair part is moved beside a busy one."""
    dropout: float = 0.5
    """Share of training sounds of which only the first few levels, any number of them, are heard."""


@dataclass(frozen=True)
class DiscriminatorConfig:
    """The discriminators of stage 2."""

    scales: int = 3
    """Copies of the waveform discriminator, each on half the rate of the one before."""
    periods: tuple[int, ...] = ()
    """Periods of the multi-period discriminators; none in v1, (2, 3, 5, 7, 11) in v2."""
    resolutions: tuple[int, ...] = ()
    """Window lengths of spectrogram discriminators (UnivNet: 2048, 1024, 512); none in v1 and v2."""
    capacity: int = 64
    """Channels of the first layer; rave's spectrogram discriminators have half as many in every layer."""
    every: int = 2
    """The discriminator learns on every n-th step of stage 2, the decoder on the others."""
    design: Literal["rave", "descript"] = "rave"
    """rave: scales, periods and magnitudes; descript: periods and complex spectra in bands, of the Descript codec."""


@dataclass(frozen=True)
class Config:
    """A RAVE-style variational autoencoder."""

    architecture: Literal["v1", "v2", "nano"] = "v2"
    """Which encoder and decoder blocks: the paper's (v1), those of version 2, or ours for small machines."""
    sample_rate: int = 44_100
    """Samples a second; what the data was prepared at."""
    channels: int = 1
    """1 mono, 2 stereo; channels are modelled jointly."""
    causal: bool = False
    """Look only at the past: less latency, a little less quality."""
    latent: int = 128
    """Dimensions of the latent."""
    capacity: int = 96
    """Channels at the top; doubled at every ratio."""
    ratios: tuple[int, ...] = (4, 4, 4, 2)
    """Strides after the filter bank; one latent frame lasts bands × their product samples."""
    dilations: tuple[tuple[int, ...], ...] = ((1, 3, 9), (1, 3, 9), (1, 3, 9), (1, 3))
    """Dilations of the residual units at each ratio, from the top down."""
    activation: Literal["leaky_relu", "snake"] = "leaky_relu"
    """What stands before every change of rate and before the last convolution (v2 only); units keep leaky ReLU."""
    adaptive_norm: bool = False
    """A place before every residual unit where the style of another sound can enter at play (v2 only; see v3)."""
    bottleneck: Literal["normal", "quantised", "wasserstein", "spherical"] = "normal"
    """How the latent is treated: a normal posterior, codes, a vector distributed like N(0, 1), a unit vector."""
    quantiser: QuantiserConfig = field(default_factory=QuantiserConfig)
    """The quantiser of bottleneck quantised."""
    noise_channels: int = 0
    """Channels of noise N(0, 1) that the decoder hears beside the latent."""
    window: int = 1024
    """Window of the short-time spectrum (nano only, whose first ratio is the hop)."""
    pqmf: PqmfConfig = field(default_factory=PqmfConfig)
    """The filter bank."""
    noise: NoiseConfig | None = None
    """The filtered-noise branch; none in v2."""
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    """The discriminators of stage 2."""
    spectral_scales: tuple[int, ...] = (2048, 1024, 512, 256, 128)
    """Window lengths of the spectral distance, full band and sub-bands alike."""
    spectral_epsilon: float = 1e-7
    """Magnitude under which the spectral distance in training calls everything silence; held-out distances use 1e-7."""
    relative_feature_matching: bool = True
    """Divide the feature distance by the mean magnitude of the real features, and leave the first map out (v2)."""
    weights: dict[str, float] = field(
        default_factory=lambda: {
            "fullband": 1.0, "multiband": 1.0, "kl": 0.05,
            "adversarial": 1.0, "feature_matching": 20.0, "discriminator": 1.0, "commitment": 0.1, "mmd": 100.0,
        }
    )  # fmt: skip
    """Weight of every loss; 0 means logged only."""
    kl_start: float = 1e-6
    """Weight of the KL divergence at step 0, where it warms up; see `kl_warmup`."""
    kl_warmup: int = 20_000
    """Steps over which the KL weight rises geometrically from `kl_start` to its full weight; 0 for none."""
    stage1_steps: int = 1_000_000
    """Steps of representation learning before the encoder freezes and adversarial fine-tuning starts."""
    learning_rate: float = 1e-3
    """Adam learning rate of encoder and decoder; falls linearly to a tenth over stage 1."""
    discriminator_learning_rate: float = 1e-4
    """Adam learning rate of the discriminators."""
    betas: tuple[float, float] = (0.5, 0.9)
    """Adam's moments, for both optimisers."""

    reading = "crops"

    def __post_init__(self) -> None:
        if problems := self._not_positive() or self._contradictions():
            raise UserError("model: " + "; ".join(problems) + ".")

    @property
    def ratio(self) -> int:
        """Samples per latent frame."""
        return self.pqmf.bands * prod(self.ratios)

    def check_crop(self, samples: int) -> None:
        """UserError where training crops of so many samples are too short, or no whole number of latent frames."""
        longest = max(self.pqmf.bands * max(self.spectral_scales), *(0, *self.discriminator.resolutions)) // 2
        if samples % self.ratio or samples <= longest:
            least = (longest // self.ratio + 1) * self.ratio
            near = max(least, samples // self.ratio * self.ratio)
            raise UserError(
                f"training.crop_samples must be a multiple of {self.ratio} and at least {least} for this model, "
                f"not {samples}; a near one is --training.crop_samples {near}."
            )

    def _not_positive(self) -> list[str]:
        """Complaints about numbers that must be positive (and finite)."""
        problems = [
            f"{name} must be at least 1, not {getattr(self, name)}"
            for name in ("sample_rate", "latent", "capacity", "window")
            if getattr(self, name) < 1
        ]
        lists = {"ratios": self.ratios, "dilations": [d for each in self.dilations for d in each]}
        for name, values in {**lists, "pqmf": (self.pqmf.bands, self.pqmf.taps)}.items():
            if min(values, default=1) < 1:
                problems.append(f"{name} must hold numbers of at least 1, not {list(values)}")
        if self.architecture == "nano" and not self.ratios:
            problems.append("ratios must hold at least the hop for architecture nano")
        if not self.spectral_scales or min(self.spectral_scales) < 16:
            problems.append(f"spectral_scales must hold windows of at least 16, not {list(self.spectral_scales)}")
        book = self.quantiser
        if min(book.levels, book.codes - 1) < 1 or not (0 <= book.decay < 1 and 0 <= book.dead <= 1):
            problems.append("quantiser needs at least 1 level, 2 codes, a decay in [0, 1) and dead in [0, 1]")
        if not 0 <= book.dropout <= 1 or self.noise_channels < 0:
            problems.append("quantiser.dropout must lie in [0, 1], and noise_channels must not be negative")
        for name in ("learning_rate", "discriminator_learning_rate", "kl_start"):
            if not 0 < getattr(self, name) < inf:
                problems.append(f"{name} must be a number above 0, not {getattr(self, name)}")
        if not all(0 <= beta < 1 for beta in self.betas):
            problems.append(f"betas must lie in [0, 1), not {list(self.betas)}")
        return problems

    def _contradictions(self) -> list[str]:
        """Complaints about settings that do not go together."""
        problems = []
        if len(self.dilations) != len(self.ratios):
            problems.append(
                f"dilations needs {len(self.ratios)} entries, one for each ratio, not {len(self.dilations)}"
            )
        if self.architecture == "nano" and (self.pqmf.bands > 1 or self.causal or self.noise is not None):
            problems.append("architecture nano has pqmf.bands 1, no noise branch and no causal form")
        if self.architecture == "nano" and (self.window % self.ratios[0] or (self.window - self.ratios[0]) % 2):
            problems.append(f"window must be a multiple of the hop ratios[0] = {self.ratios[0]}, not {self.window}")
        if self.architecture != "v2" and (self.adaptive_norm or self.activation != "leaky_relu"):
            problems.append("activation snake and adaptive_norm are for architecture v2 only")
        if self.bottleneck == "spherical" and self.latent < 2:
            problems.append(f"latent must be at least 2 for bottleneck spherical, not {self.latent}")
        if self.architecture != "nano" and (self.pqmf.bands < 2 or self.pqmf.bands % 2):
            problems.append(f"pqmf.bands must be even, not {self.pqmf.bands}")
        if self.pqmf.taps % (2 * self.pqmf.bands):
            problems.append(f"pqmf.taps must be a multiple of {2 * self.pqmf.bands}, not {self.pqmf.taps}")
        if self.channels not in (1, 2):
            problems.append(f"channels must be 1 (mono) or 2 (stereo), not {self.channels}")
        if min(self.discriminator.resolutions, default=64) < 64:
            windows = list(self.discriminator.resolutions)
            problems.append(f"discriminator.resolutions must hold windows of at least 64, not {windows}")
        if self.discriminator.every < 2:
            problems.append("discriminator.every must be at least 2, so that the decoder learns too")
        return problems
