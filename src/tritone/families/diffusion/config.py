"""What a diffusion model is made of and how it learns. Importable without torch. Papers: README.md beside this file."""

from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING, Literal

from tritone.errors import UserError
from tritone.families.codec_config import CodecConfig
from tritone.families.diffusion.distil_config import DistilConfig
from tritone.families.diffusion.distil_config import student as student
from tritone.nn.diffusion.config import NetworkConfig, NoiseConfig, SamplingConfig, check
from tritone.signal.mel_config import MelConfig

if TYPE_CHECKING:
    from tritone.data.store import Dataset

Task = Literal["sound", "autoencoder", "vocoder", "upsampler", "autoregressive"]


@dataclass(frozen=True)
class StftConfig:
    """A short-time spectrum as what is diffused: time traded for channels."""

    window: int = 1024
    """Length of the window in samples."""
    hop: int = 256
    """Samples for one frame; divides the window."""


@dataclass(frozen=True)
class EncoderConfig:
    """The encoder of a diffusion autoencoder (Mousai, arXiv 2301.11757)."""

    mel: MelConfig = field(default_factory=lambda: MelConfig(rate=48_000, mels=80))
    """The magnitudes that it reads."""
    width: int = 512
    """Channels of its blocks."""
    layers: int = 12
    """Residual blocks."""
    factor: int = 2
    """Frames of the spectrogram for one of the latent."""
    latent: int = 32
    """Dimensions of the latent."""
    bottleneck: Literal["tanh", "variational"] = "tanh"
    """tanh keeps the latent in [-1, 1]; variational draws it and keeps it near a standard normal (weight kl)."""


@dataclass(frozen=True)
class UpsamplerConfig:
    """Sound at a low sample rate -> sound at `sample_rate`."""

    rates: tuple[int, ...] = (8_000,)
    """Sample rates that it learns to come from; each sound of a batch takes one by chance."""


@dataclass(frozen=True)
class AutoregressiveConfig:
    """Chunk after chunk, each diffused while those before it are already clean."""

    chunks: int = 8
    """Chunks in a training crop, each with a noise level of its own."""


@dataclass(frozen=True)
class Config:
    """A denoiser, what it denoises, and what it is told."""

    sample_rate: int = 48_000
    """Samples a second; what the data was prepared at."""
    channels: int = 2
    """1 mono, 2 stereo; channels are modelled jointly."""
    task: Task = "sound"
    """sound: new sound from nothing or from labels and words; autoencoder: from a small latent; vocoder: from a mel
    spectrogram; upsampler: from sound at a low rate; autoregressive: from the sound before."""
    stft: StftConfig | None = None
    """Diffuse short-time spectra instead of waveforms."""
    codec_from: str | None = None
    """A run that can encode and decode (a VAE, a diffusion autoencoder), whose latents are diffused instead of
    waveforms; null: waveforms."""
    codec: CodecConfig | None = None
    """The model in that run; filled in when training starts."""
    latents: str | None = None
    """Where the latents of the data are kept; filled in likewise."""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    """What estimates the clean signal."""
    noise: NoiseConfig = field(default_factory=NoiseConfig)
    """Which noise is learned."""
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    """How sound is made where nothing else is asked."""
    window_seconds: float = 12.0
    """Longer sound is made in windows of this length, which overlap by a quarter; some twice a training crop."""
    mel: MelConfig = field(default_factory=lambda: MelConfig(rate=48_000, mels=80))
    """The spectrogram that a vocoder reads."""
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    """The encoder of an autoencoder."""
    upsampler: UpsamplerConfig = field(default_factory=UpsamplerConfig)
    """What an upsampler comes from."""
    autoregressive: AutoregressiveConfig = field(default_factory=AutoregressiveConfig)
    """How an autoregressive model goes on."""
    distil: DistilConfig | None = None
    """The teacher, where this is a student."""
    by_label: bool = False
    """Tell the network the label of a sound, where the data has at least two."""
    by_tempo: bool = False
    """Tell it the tempo, where the data has some."""
    by_seconds: bool = False
    """Tell it where in its file a sound begins and how long the file is, in seconds."""
    text: str | None = None
    """Tell it the caption: minilm, or t5:PATH or clap:PATH."""
    text_table: str | None = None
    """Where the encoded captions of the data are kept; filled in when training starts."""
    dropout: float = 0.1
    """Probability that a sound is learned without label, tempo, seconds and caption, for guidance."""
    dropout_each: float = 0.1
    """Probability that each of them is left out by itself, so that any can be asked for without the others."""
    labels: tuple[str, ...] = ()
    """The labels that can be asked for; filled in from the data when training starts."""
    weights: dict[str, float] = field(default_factory=lambda: {"denoising": 1.0, "kl": 0.0})
    """Weight of every loss; 0 means logged only."""
    learning_rate: float = 1e-4
    """AdamW learning rate."""
    warmup_steps: int = 1_000
    """Steps over which it rises to that."""
    betas: tuple[float, float] = (0.95, 0.999)
    """Adam's moments."""
    weight_decay: float = 1e-3
    """AdamW's weight decay."""

    reading = "crops"

    def __post_init__(self) -> None:
        check(self._problems())

    @property
    def in_latents(self) -> bool:
        """Whether latents are diffused."""
        return self.codec_from is not None or self.codec is not None

    def check_crop(self, samples: int) -> None:
        """UserError where training crops of so many samples are no whole number of frames or chunks."""
        unit = self._unit()
        if samples % unit or samples < 2 * unit:
            near = max(2 * unit, samples // unit * unit)
            raise UserError(
                f"training.crop_samples must be a multiple of {unit} and at least {2 * unit} for this model, "
                f"not {samples}; a near one is --training.crop_samples {near}."
            )

    def _unit(self) -> int:
        """Samples of which a training crop must have a whole number."""
        if self.task == "autoregressive":
            return self.autoregressive.chunks * self.network.unet.ratio
        if self.task == "vocoder":
            return self.mel.hop
        if self.task == "autoencoder":
            return self.encoder.mel.hop * self.encoder.factor
        return self.stft.hop if self.stft else 1

    def _problems(self) -> list[str]:
        problems = [*self.network.problems(), *self.noise.problems(), *self.sampling.problems()]
        problems += self.distil.problems() if self.distil else []
        if self.sample_rate < 1:
            problems.append(f"sample_rate must be at least 1, not {self.sample_rate}")
        if self.channels not in (1, 2):
            problems.append(f"channels must be 1 (mono) or 2 (stereo), not {self.channels}")
        if self.stft and (self.stft.window % self.stft.hop or self.stft.window // self.stft.hop < 2):
            problems.append(f"stft.window must be at least twice stft.hop, and a multiple, not {self.stft.window}")
        if (self.stft or self.in_latents) and self.task != "sound":
            problems.append(f"the task {self.task} has waveforms; leave stft and codec_from out")
        if self.stft and self.in_latents:
            problems.append("stft and codec_from are two kinds of what is diffused; give one of them")
        if self.network.kind == "transformer" and not self.in_latents:
            problems.append("network.kind transformer is for latents; choose unet, or give codec_from")
        for name in ("dropout", "dropout_each"):
            if not 0 <= getattr(self, name) <= 1:
                problems.append(f"{name} is a probability and must lie between 0 and 1, not {getattr(self, name)}")
        if self.task == "upsampler" and not all(0 < rate < self.sample_rate for rate in self.upsampler.rates or (0,)):
            problems.append(f"upsampler.rates must lie between 0 and sample_rate {self.sample_rate}")
        if min(self.autoregressive.chunks, self.encoder.factor, self.encoder.latent, self.encoder.layers) < 1:
            problems.append("autoregressive.chunks and encoder.factor, latent and layers must be at least 1")
        if not 0 < self.window_seconds < inf:
            problems.append(f"window_seconds must be a number above 0, not {self.window_seconds}")
        if not 0 < self.learning_rate < inf:
            problems.append(f"learning_rate must be a number above 0, not {self.learning_rate}")
        if not all(0 <= beta < 1 for beta in self.betas):
            problems.append(f"betas must lie in [0, 1), not {list(self.betas)}")
        return problems


def complete(config: Config, dataset: "Dataset") -> Config:
    """The configuration with what follows from the data and the codec: labels, encoded captions, cached latents.

    UserError where the data has not what the model is told, or the codec is no trained model that encodes and decodes.
    """
    if config.distil is not None and not config.distil.teacher:
        raise UserError("model.distil: a student needs a trained teacher; use `tritone distil TEACHER --out STUDENT`.")
    told = replace(config, labels=dataset.labels if config.by_label and len(dataset.labels) > 1 else ())
    if config.distil is not None and told.labels != config.labels:
        raise UserError(
            f"{dataset.path} has the labels {', '.join(told.labels) or 'none'}, but the teacher knows "
            f"{', '.join(config.labels) or 'none'}; name the dataset that it learned from with --data DATA."
        )
    if config.text:
        from tritone.families.diffusion.captions import text_table

        told = replace(told, text_table=str(text_table(config.text, dataset)))
    if config.codec_from is not None:
        if not config.codec_from:
            raise UserError(
                "model.codec_from: this model learns latents; name a trained model that encodes and decodes, "
                "for example a run of `tritone train vae`, with --model.codec_from RUN, or learn waveforms with "
                "--preset diffusion-wave-nano."
            )
        from tritone.families.diffusion.codec import with_latents

        told = with_latents(told, dataset)
    return told
