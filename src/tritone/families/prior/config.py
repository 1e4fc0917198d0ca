"""What a prior is made of and how it learns. Importable without torch. Papers: README.md beside this file."""

from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING

from tritone.errors import UserError
from tritone.families.codec_config import CodecConfig

if TYPE_CHECKING:
    from tritone.data.store import Dataset


@dataclass(frozen=True)
class Config:
    """A causal network over the latents of another model, and the distribution that it gives of the next frame."""

    sample_rate: int = 44_100
    """Samples a second; what the data was prepared at."""
    channels: int = 1
    """1 mono, 2 stereo; what the codec has."""
    codec_from: str = ""
    """A run that can encode and decode (a VAE), whose latents are learned."""
    codec: CodecConfig | None = None
    """The model in that run; filled in when training starts."""
    latents: str | None = None
    """Where the latents of the data are kept; filled in likewise."""
    fidelity: float = 0.99
    """The latent's first axes that keep this share of its variance are learned; the others rest at their mean."""
    dims: int | None = None
    """How many axes these are; filled in from fidelity unless it is given."""
    width: int = 512
    """Channels of the network."""
    kernel: int = 2
    """Frames that a convolution looks at."""
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128)
    """How many frames these lie apart, block by block."""
    components: int = 16
    """Gaussians in the mixture of what may come next."""
    least_deviation: float = 0.05
    """Smallest deviation of a Gaussian along an axis, whose own deviation is 1."""
    input_noise: float = 0.1
    """Deviation of the noise on the frames that the network hears, so that it bears its own mistakes."""
    dropout: float = 0.1
    """Share of hidden values that are left out in training."""
    by_label: bool = True
    """Tell the network the label of a sound, where the data has at least two."""
    label_dropout: float = 0.1
    """Probability that a sound is learned without its label."""
    labels: tuple[str, ...] = ()
    """The labels that can be asked for; filled in from the data when training starts."""
    weights: dict[str, float] = field(default_factory=lambda: {"surprise": 1.0, "miss": 2.0})
    """Weight of every loss; 0 means logged only."""
    learning_rate: float = 1e-3
    """AdamW learning rate; falls along half a cosine to a tenth at `decay_steps`."""
    warmup_steps: int = 200
    """Steps over which it rises to that."""
    decay_steps: int = 100_000
    """Step from which on it is a tenth of that."""
    betas: tuple[float, float] = (0.9, 0.95)
    """Adam's moments."""
    weight_decay: float = 0.05
    """AdamW's weight decay."""

    reading = "crops"

    def __post_init__(self) -> None:
        if problems := self._problems():
            raise UserError("model: " + "; ".join(problems) + ".")

    def check_crop(self, samples: int) -> None:
        """Crops of latents are checked where their frames are known; any length of sound will do here."""

    def _problems(self) -> list[str]:
        problems = [
            f"{name} must be at least 1, not {getattr(self, name)}"
            for name in ("sample_rate", "width", "components", "decay_steps")
            if getattr(self, name) < 1
        ]
        if self.channels not in (1, 2):
            problems.append(f"channels must be 1 (mono) or 2 (stereo), not {self.channels}")
        if self.dims is not None and self.dims < 1:
            problems.append(f"dims must be at least 1, not {self.dims}")
        if not 0 < self.fidelity <= 1:
            problems.append(f"fidelity is a share of variance and must lie in (0, 1], not {self.fidelity}")
        if self.kernel < 2:
            problems.append(f"kernel must be at least 2, not {self.kernel}")
        if min(self.dilations, default=0) < 1:
            problems.append(f"dilations must hold numbers of at least 1, not {list(self.dilations)}")
        for name in ("dropout", "label_dropout"):
            if not 0 <= getattr(self, name) < 1:
                problems.append(f"{name} is a probability and must lie in [0, 1), not {getattr(self, name)}")
        if not 0 <= self.input_noise < inf:
            problems.append(f"input_noise must be a number of at least 0, not {self.input_noise}")
        for name in ("least_deviation", "learning_rate"):
            if not 0 < getattr(self, name) < inf:
                problems.append(f"{name} must be a number above 0, not {getattr(self, name)}")
        if not all(0 <= beta < 1 for beta in self.betas):
            problems.append(f"betas must lie in [0, 1), not {list(self.betas)}")
        return problems


def complete(config: Config, dataset: "Dataset") -> Config:
    """The configuration with what follows from the data and the codec: labels, cached latents, how many axes.

    UserError where the codec is no trained model that encodes and decodes, or has fewer axes than `dims`.
    """
    if not config.codec_from:
        raise UserError(
            "model.codec_from: a prior learns the latents of a trained model; name its run, for example one of "
            "`tritone train vae`, with --model.codec_from RUN."
        )
    from tritone.data.store import Dataset
    from tritone.families import codec
    from tritone.families.prior.axes import axes_for

    found = codec.find(config.codec_from, config.codec, config.latents, dataset)
    labels = dataset.labels if config.by_label and len(dataset.labels) > 1 else ()
    told = replace(config, codec_from=found.codec_from, codec=found.codec, latents=found.latents, labels=labels)
    return replace(told, dims=axes_for(told, Dataset.open(dataset.path / found.latents)))
