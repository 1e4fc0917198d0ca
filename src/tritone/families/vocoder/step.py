"""How a vocoder learns: spectral and mel distance first, then adversarial fine-tuning."""

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn

from tritone.data.batch import Batch
from tritone.families.base import averaged
from tritone.families.vocoder.coarse import training_mel
from tritone.families.vocoder.config import Config
from tritone.families.vocoder.model import VocoderModel
from tritone.nn.adversarial import feature_matching, frozen, hinge_discriminator, hinge_generator
from tritone.nn.discriminators import Discriminators
from tritone.nn.losses import SpectralDistance
from tritone.nn.mid_side import with_mid_and_side
from tritone.training.schedule import cosine


class TrainingStep:
    """Two stages behind the contract `families.base.TrainingStep`, as the VAE's.

    Stage 1 minimises the spectral distance and the mean distance of log-mels, both over left, right, mid and side.
    From `stage1_steps` on discriminators and vocoder learn in turn, the vocoder with the hinge loss and feature
    matching besides.
    """

    def __init__(self, config: Config, synthesizer: VocoderModel, mean: Callable[[Tensor], Tensor]) -> None:
        self.config = config
        self.synthesizer = synthesizer
        self.mean = mean
        self.distance = SpectralDistance(config.spectral_scales, config.spectral_epsilon)
        self.held_out_distance = SpectralDistance(config.spectral_scales)
        self.discriminators = Discriminators(
            channels=config.channels,
            scales=config.discriminator.scales,
            periods=config.discriminator.periods,
            capacity=config.discriminator.capacity,
            resolutions=config.discriminator.resolutions,
        )
        self.helpers: Mapping[str, nn.Module] = {"discriminators": self.discriminators}
        rates = {"generator": config.learning_rate, "discriminator": config.discriminator_learning_rate}
        learners = {"generator": synthesizer.vocoder, "discriminator": self.discriminators}
        self.optimizers = {
            role: torch.optim.Adam(learners[role].parameters(), rates[role], config.betas, fused=True)
            for role in learners
        }

    def stage(self, step: int) -> int:
        """1 or 2."""
        return 1 if step < self.config.stage1_steps else 2

    def roles(self, step: int) -> tuple[str, ...]:
        """One role a step: in stage 2 the discriminators learn on every n-th step, the vocoder on the others."""
        adversarial = self.stage(step) == 2
        return ("discriminator",) if adversarial and step % self.config.discriminator.every == 0 else ("generator",)

    def played(self, role: str) -> bool:
        """Only the generator is played."""
        return role == "generator"

    def learning_rate(self, role: str, step: int) -> float:
        """Half a cosine to a tenth."""
        full = self.config.learning_rate if role == "generator" else self.config.discriminator_learning_rate
        return full * cosine(step, 0, self.config.decay_steps, 1.0, 0.1)

    def weights(self, step: int) -> Mapping[str, float]:
        """The weights of the config."""
        return self.config.weights

    def losses(self, role: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """The losses of this role at this step."""
        self.synthesizer.train()
        if role == "discriminator":
            return self._discriminator_losses(batch)
        output = self._output(batch)
        losses = self._distances(output, batch.audio)
        return losses if self.stage(step) == 1 else {**losses, **self._adversarial_losses(output, batch.audio)}

    def validate(self, synthesizer: VocoderModel, batches: Iterable[Batch], step: int) -> dict[str, Tensor]:
        """Distances of held-out sound from what its spectrogram turns into."""

        def measure(batch: Batch) -> dict[str, Tensor]:
            output = synthesizer.reconstruct(batch.audio)
            return {
                "distance": self.held_out_distance(output, batch.audio),
                "mel": self._mel_distance(output, batch.audio),
            }

        return averaged(measure, batches)

    def analyse(self, synthesizer: VocoderModel, batches: Iterable[Batch], step: int) -> None:
        """Nothing has to be known of the training sound."""

    def preview(self, synthesizer: VocoderModel, batch: Batch, step: int) -> dict[str, Tensor]:
        """Held-out sound and what its spectrogram turns into."""
        return {"input": batch.audio, "output": synthesizer.reconstruct(batch.audio)}

    def _output(self, batch: Batch) -> Tensor:
        config = self.config
        with torch.no_grad():
            mel = training_mel(self.synthesizer.frames, batch.audio, batch.seeds, config.coarse, config.coarse_hops)
        return self.synthesizer.vocoder(mel).float()

    def _distances(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        spectral = self.distance(with_mid_and_side(output), with_mid_and_side(target), self.mean)
        return {"spectral": spectral, "mel": self._mel_distance(output, target)}

    def _mel_distance(self, output: Tensor, target: Tensor) -> Tensor:
        """Mean absolute difference of log-mels."""
        measure = self.synthesizer.frames.at_hop
        with torch.no_grad():
            wanted = measure(with_mid_and_side(target))
        return nn.functional.l1_loss(measure(with_mid_and_side(output)), wanted)

    def _adversarial_losses(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        with frozen(self.discriminators):
            with torch.no_grad():
                real = self.discriminators(target)
            fake = self.discriminators(output)
        distance = feature_matching(real, fake, relative=True, mean=self.mean)
        return {"adversarial": hinge_generator(fake), "feature_matching": distance}

    def _discriminator_losses(self, batch: Batch) -> dict[str, Tensor]:
        with torch.no_grad():
            output = self._output(batch)
        return {"discriminator": hinge_discriminator(self.discriminators(batch.audio), self.discriminators(output))}
