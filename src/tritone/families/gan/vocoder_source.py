"""Where a loop model's vocoder comes from: one that ships, by name, or a run that learned to be one, by path."""

from pathlib import Path

from torch import Tensor

from tritone.errors import UserError
from tritone.nn.vocoders.config import VocoderConfig, denoising
from tritone.nn.vocoders.shipped import SHIPPED, load_shipped
from tritone.training.run import Run

RATE_SLACK = 0.1
"""By how much a vocoder's sample rate may differ from the model's."""


def is_there(source: str) -> bool:
    """Whether the vocoder can still be read; a run that is continued has its own copy of the weights."""
    return source in SHIPPED or Path(source).is_dir()


def vocoder_config(source: str) -> tuple[VocoderConfig, int]:
    """The vocoder's configuration and its sample rate. UserError where there is no such vocoder."""
    if source in SHIPPED:
        config, _ = load_shipped(source)
        return config, config.mel.rate
    run = _run(source).config
    model = run.model
    if run.family == "vocoder":
        return model.network, model.sample_rate
    parts = {"network": model.network, "noise": model.noise, "sampling": model.sampling}
    return denoising(channels=model.channels, mel=model.mel, **parts), model.sample_rate


def check_rate(source: str, rate: int, wanted: int) -> None:
    """UserError where a vocoder's sample rate is too far from a model's; 44.1 and 48 kHz serve each other."""
    if abs(wanted / rate - 1) > RATE_SLACK:
        raise UserError(
            f"{source} is a vocoder for {rate} samples a second, but the model has {wanted}; "
            "train one with `tritone train vocoder` on the same data."
        )


def vocoder_weights(source: str) -> dict[str, Tensor]:
    """The weights of the latest checkpoint, under the names of `nn.vocoders`."""
    if source in SHIPPED:
        return load_shipped(source)[1]
    weights = _run(source).load().state_dict()
    return {name.removeprefix("vocoder."): value for name, value in weights.items() if name.startswith("vocoder.")}


def _run(source: str) -> Run:
    if not Path(source).is_dir():
        raise UserError(
            f"model.vocoder_from: there is no vocoder {source}; give a run of `tritone train vocoder`, "
            f"{' or '.join(SHIPPED)}, or null for Griffin-Lim."
        )
    run = Run(source)
    family, task = run.config.family, getattr(run.config.model, "task", "")
    if family != "vocoder" and (family, task) != ("diffusion", "vocoder"):
        raise UserError(
            f"model.vocoder_from: {source} is a run of the family {family}{task and f' for the task {task}'}; give one "
            "of the family vocoder, or of diffusion for the task vocoder."
        )
    return run
