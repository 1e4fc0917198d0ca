"""How a prior learns: to be surprised as little as possible by the next frame of real latents."""

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn

from tritone.data.batch import Batch
from tritone.families.base import averaged
from tritone.families.codec import trained_weights
from tritone.families.prior.config import Config
from tritone.families.prior.losses import miss, shifted, surprise
from tritone.families.prior.model import Prior
from tritone.nn.noise import sample_normal, sample_uniform
from tritone.training.schedule import cosine, warmup

NOISE, DROP = 0x3D1F7A25, 0x61C88647
"""What seeds are crossed with, so that input noise and dropped labels have nothing in common."""
LAST_SHARE = 0.1
"""Share of the learning rate that is left in the end."""


class TrainingStep:
    """Maximum likelihood with teacher forcing behind the contract `families.base.TrainingStep`."""

    def __init__(self, config: Config, synthesizer: Prior, mean: Callable[[Tensor], Tensor]) -> None:
        self.config = config
        self.synthesizer = synthesizer
        if config.codec is not None and (weights := trained_weights(config.codec_from, config.codec)) is not None:
            synthesizer.frames.take(weights)
        self.helpers: Mapping[str, nn.Module] = {}
        learning = [parameter for parameter in synthesizer.parameters() if parameter.requires_grad]
        self.optimizers = {
            "prior": torch.optim.AdamW(
                learning, config.learning_rate, config.betas, weight_decay=config.weight_decay, fused=True
            )
        }

    def roles(self, step: int) -> tuple[str, ...]:
        """One network, at every step."""
        return ("prior",)

    def played(self, role: str) -> bool:
        """What learns is played."""
        return True

    def learning_rate(self, role: str, step: int) -> float:
        """Rises over the first steps, then falls along half a cosine to a tenth."""
        config = self.config
        fallen = cosine(step, config.warmup_steps, config.decay_steps, 1.0, LAST_SHARE)
        return config.learning_rate * warmup(step, config.warmup_steps) * fallen

    def weights(self, step: int) -> Mapping[str, float]:
        """Those of the config."""
        return self.config.weights

    def losses(self, role: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Of every frame of the crops, after noisy ones."""
        model, frames = self.synthesizer, self.synthesizer.frames.read(batch.audio)
        noise = sample_normal(batch.seeds ^ NOISE, frames.shape[1:], frames.device)
        chance = sample_uniform(batch.seeds ^ DROP, (), frames.device) / 2 + 0.5
        labels = torch.where(chance < self.config.label_dropout, -1, self._labels(batch))
        said = model.said(shifted(frames) + self.config.input_noise * noise, labels)
        found = {"surprise": surprise, "miss": miss}
        return {name: loss(model.head, said, frames).mean() for name, loss in found.items()}

    def validate(self, synthesizer: Prior, batches: Iterable[Batch], step: int) -> dict[str, Tensor]:
        """Mean surprise of held-out latents in nats an axis and frame, which may be below 0 (`distance`)."""

        def measure(batch: Batch) -> dict[str, Tensor]:
            frames = synthesizer.frames.read(batch.audio)
            said = synthesizer.said(shifted(frames), self._labels(batch))
            return {"distance": surprise(synthesizer.head, said, frames).mean()}

        return averaged(measure, batches)

    def analyse(self, synthesizer: Prior, batches: Iterable[Batch], step: int) -> None:
        """The scale of the latents, once, before the first step."""
        if bool(self.synthesizer.frames.fitted):
            return
        latents = [batch.audio for batch in batches]
        for each in {id(model): model for model in (synthesizer, self.synthesizer)}.values():
            each.frames.fit(latents)

    def preview(self, synthesizer: Prior, batch: Batch, step: int) -> Mapping[str, list[Tensor]]:
        """Held-out sounds through the codec, and new ones."""
        return synthesizer.preview(batch)

    def _labels(self, batch: Batch) -> Tensor:
        return batch.labels if self.config.labels else torch.full_like(batch.labels, -1)
