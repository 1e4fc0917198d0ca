"""The contract between a family and everything else (training, play, judge)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from tritone.data.batch import Batch
from tritone.errors import UserError

Precision = Literal["float32", "bf16"]
Capability = Literal[
    "generate", "loop", "encode", "decode", "reconstruct", "tag", "stream",
    "inpaint", "continue", "vary", "morph", "upsample", "style",
]  # fmt: skip


class Synthesizer(nn.Module):
    """A trained or untrained model that makes sound. What it can do is asked by `capabilities()`, never by try/except.

    Methods by capability (audio is float32 `(batch, channels, time)`, latents are `(batch, dim, frames)`):

    - generate: `generate(count, seconds, seeds, **controls) -> audio`; sound i depends on `seeds[i]` alone. `controls`
      names the keywords that it takes; among them may be `show`, told how many steps are done of how many.
    - encode: `encode(audio, **controls) -> latent`; decode: `decode(latent, samples=None, **controls) -> audio`. A
      model with `own_windows` in its facts draws what it decodes from `noise_seeds`, states the frames around one that
      bear on it as `latent_context`, and, where `controls` name `loop`, decodes a latent as one period.
    - reconstruct: `reconstruct(audio, **controls) -> audio`, of the same length, without offset.
    - style: `learn_style(source, target) -> style`, of two sounds; `reconstruct(audio, style=style)` then gives a sound
      the target's. The model keeps nothing of it.
    - loop: `styles(seeds, label, bpm, truncation) -> styles (count, layers, w)`; `render(styles, seeds, bars, bpm,
      times=1) -> audio` of exactly that many bars, whose last sample leads into its first, written out so many times
      before it is made sound; `project(audio, …) -> styles`; `use_vocoder(source)` takes another vocoder.
    - tag: `tag(audio) -> probabilities (batch, labels)`.
    - stream: `streaming(**controls) -> Stream`, the model block by block.

    These take the same controls, and one sound for all seeds or one for each; result i depends on `seeds[i]` alone:

    - inpaint: `inpaint(audio, keep, seeds, *, resamples, **controls) -> audio`: bit by bit what it was where `keep`,
      bool `(1 | count, 1, time)`, is True, and new elsewhere.
    - continue: `continue_from(audio, seconds, seeds, **controls) -> audio`, of that length, beginning with the given.
    - vary: `vary(audio, strength, seeds, **controls) -> audio`; strength 0 leaves the sound, 1 gives a new one.
    - morph: `morph(first, second, places, seconds, **controls) -> audio`, from the sound of one seed (place 0) to that
      of another (place 1).
    - upsample: `upsample(audio, rate, seeds, **controls) -> audio` at `sample_rate`, of sound at a lower rate.
    """

    sample_rate: int
    channels: int
    encode: Callable[..., Tensor]
    decode: Callable[..., Tensor]
    reconstruct: Callable[..., Tensor]
    learn_style: Callable[..., Any]
    generate: Callable[..., Tensor]
    styles: Callable[..., Tensor]
    render: Callable[..., Tensor]
    project: Callable[..., Tensor]
    use_vocoder: Callable[[str], None]
    tag: Callable[..., Tensor]
    streaming: Callable[..., "Stream"]
    inpaint: Callable[..., Tensor]
    continue_from: Callable[..., Tensor]
    vary: Callable[..., Tensor]
    morph: Callable[..., Tensor]
    upsample: Callable[..., Tensor]
    controls: tuple[str, ...] = ()
    """Keywords that `generate`, and all else that makes sound from seeds, takes beside those named above."""

    def capabilities(self) -> frozenset[Capability]:
        """What this model really can do."""
        return frozenset()

    def use_precision(self, precision: Precision) -> None:
        """Play in float32, or with the networks in bf16. For playing only: training has `training.precision`."""
        raise ValueError(f"{type(self).__name__} plays in float32 only, not in {precision}")

    def fitting(self, audio: Tensor) -> Tensor:
        """`audio (batch, channels, time)` with this model's channels: mono sound is doubled for a stereo model.

        UserError for any other difference.
        """
        if audio.shape[1] == self.channels:
            return audio
        if audio.shape[1] == 1:
            return audio.expand(-1, self.channels, -1)
        raise UserError(
            f"This model is for {self.channels} channel(s), but the sound has {audio.shape[1]}; mix it down first."
        )

    def interpolate(self, latent_a: Tensor, latent_b: Tensor, steps: int) -> Tensor:
        """Latents on the straight way from a to b `(steps, dims, frames)`, both ends included.

        Both are `(1, dims, frames)` and of the same shape.
        """
        if latent_a.shape != latent_b.shape or latent_a.shape[0] != 1:
            raise UserError(
                "Both latents must be (1, dims, frames) of equal size, "
                f"not {tuple(latent_a.shape)} and {tuple(latent_b.shape)}."
            )
        if steps < 2:
            raise UserError(f"steps must be at least 2 to hold both ends, not {steps}.")
        return torch.lerp(latent_a, latent_b, torch.linspace(0, 1, steps, device=latent_a.device)[:, None, None])

    def facts(self) -> dict[str, Any]:
        """Sizes and rates for `tritone inspect`: plain numbers and strings by name.

        `judged_by` names the feature networks that trained the model, which are no impartial judges of it.
        """
        return {}


class Stream(Protocol):
    """A model that plays block by block; a block is a whole number of latent frames, `ratio` samples each.

    State is an explicit list of tensors, of which the first is the position; methods give a new list and leave the old
    one. What comes out are the numbers of `encode` and `reconstruct`, later by a whole number of frames and samples.
    """

    sample_rate: int
    channels: int
    ratio: int
    dims: int
    """Axes of the latent."""
    encoder_lag: int
    """Latent frames by which live latents come later than those of `encode`."""
    latency_samples: int
    """By how many samples what is decoded from live latents comes later than `reconstruct`."""
    noise_bands: int
    """Rows of noise that `decode` wants; 0 for none."""
    noise_rate: int
    """Samples of noise for a latent frame."""
    fill_rows: int
    """Rows of `fill` that `decode` takes."""
    beside: int
    """The last so many of them are noise that wants to be heard; 0 for none."""

    def encoder_state(self, batch: int = 1) -> list[Tensor]:
        """What `encode` remembers before the first block."""

    def decoder_state(self, batch: int = 1, first_frame: int = 0) -> list[Tensor]:
        """What `decode` remembers before the first block; behind a live encoder `first_frame` is -`encoder_lag`."""

    def encode(self, audio: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Sound `(batch, channels, n * ratio)` to latents `(batch, dims, n)`."""

    def decode(
        self, latent: Tensor, noise: Tensor | None, state: list[Tensor], fill: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """Latents `(batch, dims, n)` and noise `(batch, noise_bands, n * noise_rate)` to sound.

        What is missing of the latent rests, or follows N(0, 1) numbers `fill` `(batch, fill_rows, n)`.
        """


class TrainingStep(Protocol):
    """Losses and optimisers of a family. The loop does the rest: autocast, backward, averaging, clipping, EMA, saving.

    Constructed as `TrainingStep(config, synthesizer, mean)`, where `mean` averages a detached tensor over processes.
    """

    synthesizer: Synthesizer
    """What is saved as model.safetensors and played."""
    helpers: Mapping[str, nn.Module]
    """Networks that only training needs (discriminators), by name; saved in training.pt."""
    optimizers: Mapping[str, Optimizer]
    """One optimiser for each role."""

    def __init__(self, config: Any, synthesizer: Synthesizer, mean: Callable[[Tensor], Tensor]) -> None: ...

    def roles(self, step: int) -> tuple[str, ...]:
        """Which roles update at this step, in order; a role is a key of `optimizers`."""

    def losses(self, role: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Named scalars; those with a weight are summed and differentiated, the others only logged."""

    def weights(self, step: int) -> Mapping[str, float]:
        """Weight of each loss at this step; a loss that is absent or 0 is logged only."""

    def learning_rate(self, role: str, step: int) -> float:
        """Learning rate of a role's optimiser at this step."""

    def played(self, role: str) -> bool:
        """Whether an update of this role changes the synthesizer (and so its moving average)."""

    def validate(self, synthesizer: Synthesizer, batches: Iterable[Batch], step: int) -> dict[str, Tensor]:
        """Named scalars over all held-out batches; `distance` decides which checkpoint is best (lower is better)."""

    def analyse(self, synthesizer: Synthesizer, batches: Iterable[Batch], step: int) -> None:
        """What must be computed over training data before the model is saved (the VAE's latent SVD); may do nothing."""

    def preview(self, synthesizer: Synthesizer, batch: Batch, step: int) -> Mapping[str, Sequence[Tensor]]:
        """Sounds `(channels, time)` by name ("input", "output") that show what the model does by now."""


def averaged(measure: Callable[[Batch], dict[str, Tensor]], batches: Iterable[Batch]) -> dict[str, Tensor]:
    """Means over the sounds of all batches, for measures that are means over the sounds of a batch."""
    sums: dict[str, Tensor] = {}
    count = 0
    for batch in batches:
        for name, value in measure(batch).items():
            sums[name] = sums.get(name, 0.0) + value.detach() * len(batch)
        count += len(batch)
    return {name: total / count for name, total in sums.items()}
