"""What a loop GAN is made of and how it learns. Importable without torch. Paper: arXiv 2209.01751."""

from dataclasses import dataclass, field, replace
from math import inf
from statistics import median
from typing import TYPE_CHECKING, Literal

from tritone.errors import UserError
from tritone.nn.vocoders.config import VocoderConfig
from tritone.signal.mel_config import MelConfig

if TYPE_CHECKING:
    from tritone.data.store import Dataset


@dataclass(frozen=True)
class GeneratorConfig:
    """The style-based generator (StyleGAN2, arXiv 1912.04958)."""

    kind: Literal["image", "loop"] = "loop"
    """image: two-dimensional maps with zero padding, as the paper; loop: one-dimensional, bands as channels, circular
    in time."""
    z: int = 64
    """Dimensions of the random input."""
    w: int = 128
    """Dimensions of a style."""
    mapping_layers: int = 4
    """Layers from z to w."""
    start: int = 16
    """Frames at the lowest resolution; doubled at each following entry of `channels`."""
    rows: int = 4
    """Rows (bands) at the lowest resolution of an image; doubled likewise."""
    channels: tuple[int, ...] = (512, 512, 384, 256, 192)
    """Channels at each resolution, the lowest first."""
    style_mixing: float = 0.9
    """Probability that a training sample takes its finer layers from another style."""
    mapping_rate: float = 0.01
    """Learning rate of the mapping network over that of the rest."""


@dataclass(frozen=True)
class DiscriminatorConfig:
    """What tells generated spectrograms from real ones."""

    kind: Literal["projected", "stylegan2"] = "projected"
    """projected: small networks on the mixed features of frozen ones (arXiv 2111.01007); stylegan2: an ordinary
    residual network on the spectrogram."""
    networks: tuple[str, ...] = ("musicnn-mtt",)
    """Frozen feature networks, several are a fusion: aisfx, musicnn-mtt, musicnn-msd, or KIND:PATH with KIND one of
    vggish, yamnet, panns, clap, scnn (a run of `tritone train tagger`)."""
    mixed: int = 64
    """Channels of the finest mixed features (projected); doubled at each coarser scale."""
    width: int = 64
    """Channels at the end of each small network (projected), or of the first block (stylegan2)."""
    most: int = 512
    """Most channels of any block (stylegan2)."""
    beat_shift: float = 0.5
    """Probability that a sound is turned by a random number of whole beats before it is judged, so that the seam is
    seen; below 1, so that the generator still learns where the bar begins."""
    gain_db: float = 3.0
    """Largest random gain, up or down, before a sound is judged; real and generated alike."""

    @property
    def judges(self) -> tuple[str, ...]:
        """The feature networks that it hears through."""
        return self.networks if self.kind == "projected" else ()


@dataclass(frozen=True)
class Config:
    """A generator of loops: style -> mel spectrogram -> vocoder."""

    sample_rate: int = 44_100
    """Samples a second; what the data was prepared at."""
    channels: int = 1
    """1 mono, 2 stereo; channels are modelled jointly."""
    bars: float = 1.0
    """Bars of a loop; the data is prepared with the same `--bars`."""
    beats: int = 4
    """Beats in all bars together; a loop is turned by whole ones."""
    mel: MelConfig = field(default_factory=MelConfig)
    """The spectrogram, whose frames lie on a grid that divides the bar whatever its tempo."""
    vocoder: VocoderConfig = field(default_factory=lambda: VocoderConfig("griffin-lim"))
    """What turns spectrograms into sound; filled in from `vocoder_from` when training starts."""
    vocoder_from: str | None = None
    """A run of `tritone train vocoder`, or the name of a vocoder that ships; null: Griffin-Lim."""
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    """The generator."""
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    """The discriminator."""
    by_label: bool = True
    """Learn one kind of loop for each label, where the data has at least two."""
    by_tempo: bool = True
    """Learn how loops differ with their tempo, where the data has several."""
    labels: tuple[str, ...] = ()
    """The labels that can be asked for; filled in from the data when training starts."""
    tempos: tuple[float, ...] = ()
    """Slowest, middle and fastest tempo of the data, in beats a minute; filled in likewise."""
    loss: Literal["hinge", "logistic", "relativistic"] = "hinge"
    """hinge (arXiv 1705.02894), StyleGAN2's non-saturating logistic, or R3GAN's relativistic pairs (2501.05441)."""
    weights: dict[str, float] = field(
        default_factory=lambda: {"generator": 1.0, "path_length": 0.0, "discriminator": 1.0, "r1": 0.0, "r2": 0.0}
    )
    """Weight of every loss; 0 leaves a penalty out."""
    penalty_every: int = 1
    """R1 and R2 are taken on every n-th step, n times as heavy."""
    path_every: int = 4
    """The path length is regularised on every n-th step, n times as heavy."""
    learning_rate: float = 0.0016
    """Adam learning rate of the generator."""
    discriminator_learning_rate: float = 0.00188
    """Adam learning rate of the discriminator."""
    betas: tuple[float, float] = (0.0, 0.99)
    """Adam's moments, for both optimisers."""

    reading = "loops"

    def __post_init__(self) -> None:
        if problems := self._problems():
            raise UserError("model: " + "; ".join(problems) + ".")
        if self.vocoder.architecture == "griffin-lim":
            object.__setattr__(self, "vocoder", griffin_lim(self.channels, self.mel))

    @property
    def frames(self) -> int:
        """Frames of a loop on its grid."""
        return self.generator.start * 2 ** (len(self.generator.channels) - 1)

    def check_crop(self, samples: int) -> None:
        """Loops are read whole, whatever the length of a crop."""

    def _problems(self) -> list[str]:
        generator, discriminator = self.generator, self.discriminator
        problems = [
            f"{name} must be at least 1, not {value}"
            for name, value in (
                ("sample_rate", self.sample_rate), ("beats", self.beats), ("penalty_every", self.penalty_every),
                ("path_every", self.path_every), ("generator.z", generator.z), ("generator.w", generator.w),
                ("generator.mapping_layers", generator.mapping_layers), ("generator.start", generator.start),
                ("generator.rows", generator.rows), ("generator.channels", min(generator.channels, default=0)),
                ("discriminator.mixed", discriminator.mixed), ("discriminator.width", discriminator.width),
                ("discriminator.most", discriminator.most),
            )
            if value < 1
        ]  # fmt: skip
        if not problems and self.frames % self.beats:
            problems.append(f"{self.frames} frames (generator.start doubled) cannot be divided into {self.beats} beats")
        if generator.kind == "image" and generator.rows * 2 ** (len(generator.channels) - 1) != self.mel.mels:
            problems.append(f"generator.rows doubled at every resolution must make mel.mels {self.mel.mels}")
        if not 0 < self.bars <= 64:
            problems.append(f"bars must lie between 0 and 64, not {self.bars}")
        if self.channels not in (1, 2):
            problems.append(f"channels must be 1 (mono) or 2 (stereo), not {self.channels}")
        if discriminator.kind == "projected" and not discriminator.networks:
            problems.append("discriminator.networks must name at least one feature network")
        for name in ("generator.style_mixing", "discriminator.beat_shift"):
            value = getattr(getattr(self, name.split(".")[0]), name.split(".")[1])
            if not 0 <= value <= 1:
                problems.append(f"{name} is a probability and must lie between 0 and 1, not {value}")
        for name in ("learning_rate", "discriminator_learning_rate"):
            if not 0 < getattr(self, name) < inf:
                problems.append(f"{name} must be a number above 0, not {getattr(self, name)}")
        if not all(0 <= beta < 1 for beta in self.betas):
            problems.append(f"betas must lie in [0, 1), not {list(self.betas)}")
        return problems


def griffin_lim(channels: int, mel: MelConfig) -> VocoderConfig:
    """What serves a spectrogram without training; its frames overlap by three quarters, whatever `mel.hop` is."""
    return VocoderConfig("griffin-lim", channels=channels, mel=replace(mel, hop=mel.window // 4))


def complete(config: Config, dataset: "Dataset") -> Config:
    """The configuration with labels, tempos and beats of the data and the vocoder's own numbers filled in.

    UserError where the data has no loops of so many bars, the vocoder does not fit, or a feature network is not there.
    """
    from tritone.data.loop_items import check_loops
    from tritone.nn.feature_networks import load_network

    check_loops(dataset, config.bars)
    for name in config.discriminator.networks if config.discriminator.kind == "projected" else ():
        load_network(name)
    tempos = [item.bpm for item in dataset.split("train") if item.bpm]
    many = config.by_label and len(dataset.labels) > 1
    return replace(
        _with_vocoder(config),
        labels=dataset.labels if many else (),
        tempos=(min(tempos), median(tempos), max(tempos)),
        beats=max(1, round(config.bars * dataset.beats_per_bar)),
    )


def _with_vocoder(config: Config) -> Config:
    """The configuration with the vocoder that `vocoder_from` names, and its spectrogram."""
    if not config.vocoder_from:
        return replace(config, vocoder=griffin_lim(config.channels, config.mel))
    from tritone.families.gan.vocoder_source import check_rate, vocoder_config

    vocoder, rate = vocoder_config(config.vocoder_from)
    check_rate(config.vocoder_from, rate, config.sample_rate)
    return replace(config, vocoder=vocoder, mel=vocoder.mel)
