"""What a vocoder is made of and how it learns. Importable without torch."""

from dataclasses import dataclass, field, replace
from math import inf

from tritone.errors import UserError
from tritone.nn.vocoders.config import VocoderConfig


@dataclass(frozen=True)
class DiscriminatorConfig:
    """The discriminators of stage 2."""

    scales: int = 0
    """Waveform discriminators, each on half the rate of the one before (MelGAN: 3)."""
    periods: tuple[int, ...] = ()
    """Periods of multi-period discriminators (HiFi-GAN: 2, 3, 5, 7, 11)."""
    resolutions: tuple[int, ...] = (2048, 1024, 512)
    """Window lengths of spectrogram discriminators (UnivNet)."""
    capacity: int = 64
    """Channels of the first layer on waveforms; spectrogram discriminators have half as many in every layer."""
    every: int = 2
    """The discriminators learn on every n-th step of stage 2, the vocoder on the others."""


@dataclass(frozen=True)
class Config:
    """A vocoder and its training: mel spectrogram of sound -> the same sound."""

    sample_rate: int = 44_100
    """Samples a second; what the data was prepared at."""
    channels: int = 1
    """1 mono, 2 stereo; channels are made jointly. `network.channels` follows it."""
    network: VocoderConfig = field(default_factory=VocoderConfig)
    """The vocoder."""
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    """The discriminators of stage 2."""
    spectral_scales: tuple[int, ...] = (2048, 1024, 512, 256, 128)
    """Window lengths of the spectral distance."""
    spectral_epsilon: float = 3e-5
    """Magnitude under which the spectral distance in training calls everything silence; held-out distances use 1e-7."""
    coarse: float = 0.5
    """Share of the training sounds whose mel comes as a loop's does: from a grid of another density, interpolated."""
    coarse_hops: tuple[float, float] = (0.6, 1.6)
    """Range of the distance of that grid's frames, in hops."""
    weights: dict[str, float] = field(
        default_factory=lambda: {
            "spectral": 1.0, "mel": 1.0, "adversarial": 1.0, "feature_matching": 10.0, "discriminator": 1.0,
        }
    )  # fmt: skip
    """Weight of every loss; 0 means logged only."""
    stage1_steps: int = 100_000
    """Steps with spectral losses alone before the discriminators join."""
    learning_rate: float = 5e-4
    """Adam learning rate of the vocoder; falls along half a cosine to a tenth over `decay_steps`."""
    decay_steps: int = 1_000_000
    """Steps over which both learning rates fall."""
    discriminator_learning_rate: float = 2e-4
    """Adam learning rate of the discriminators; falls likewise."""
    betas: tuple[float, float] = (0.8, 0.99)
    """Adam's moments, for both optimisers."""

    reading = "crops"

    def __post_init__(self) -> None:
        if self.network.channels not in (1, self.channels):
            raise UserError(
                f"model: network.channels is {self.network.channels} and channels {self.channels}; set channels alone."
            )
        object.__setattr__(self, "network", replace(self.network, channels=self.channels))
        if problems := self._problems():
            raise UserError("model: " + "; ".join(problems) + ".")

    def check_crop(self, samples: int) -> None:
        """UserError where training crops of so many samples are too short, or no whole number of frames."""
        hop = self.network.mel.hop
        longest = max(*self.spectral_scales, *self.discriminator.resolutions, self.network.mel.window)
        least = (longest // hop + 1) * hop
        if samples % hop or samples < least:
            near = max(least, samples // hop * hop)
            raise UserError(
                f"training.crop_samples must be a multiple of {hop} and at least {least} for this vocoder, "
                f"not {samples}; a near one is --training.crop_samples {near}."
            )

    def _problems(self) -> list[str]:
        judges = self.discriminator
        problems = [
            f"{name} must be at least {least}, not {value}"
            for name, value, least in (
                ("sample_rate", self.sample_rate, 1), ("discriminator.scales", judges.scales, 0),
                ("discriminator.periods", min(judges.periods, default=1), 1),
                ("discriminator.resolutions", min(judges.resolutions, default=64), 64),
                ("discriminator.capacity", judges.capacity, 2), ("discriminator.every", judges.every, 2),
                ("spectral_scales", min(self.spectral_scales, default=0), 16),
            )
            if value < least
        ]  # fmt: skip
        if self.network.architecture == "griffin-lim":
            problems.append("network.architecture griffin-lim has nothing to learn; choose vocos or melgan")
        if self.network.architecture == "diffusion":
            problems.append("a diffusion vocoder learns by `tritone train diffusion --preset diffusion-vocoder`")
        if not 0 <= self.coarse <= 1:
            problems.append(f"coarse is a share and must lie between 0 and 1, not {self.coarse}")
        if not 0.25 <= self.coarse_hops[0] <= self.coarse_hops[1] <= 4:
            problems.append(f"coarse_hops must go from low to high within 0.25 to 4, not {list(self.coarse_hops)}")
        for name in ("learning_rate", "discriminator_learning_rate"):
            if not 0 < getattr(self, name) < inf:
                problems.append(f"{name} must be a number above 0, not {getattr(self, name)}")
        if not all(0 <= beta < 1 for beta in self.betas):
            problems.append(f"betas must lie in [0, 1), not {list(self.betas)}")
        return problems
