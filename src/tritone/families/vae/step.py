"""How the VAE learns: stage 1 representation learning, stage 2 adversarial fine-tuning (RAVE, section 3)."""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain

import torch
from torch import Tensor, nn

from tritone.data.batch import Batch
from tritone.families.base import averaged
from tritone.families.vae.config import Config
from tritone.families.vae.model import VAE
from tritone.families.vae.networks import build_discriminators
from tritone.nn.adversarial import feature_matching, frozen, hinge_discriminator, hinge_generator
from tritone.nn.losses import SpectralDistance
from tritone.nn.noise import sample_uniform
from tritone.training.schedule import geometric, linear


class TrainingStep:
    """The two stages of RAVE behind the contract `families.base.TrainingStep`.

    Stage 1 minimises the spectral distance of full band and sub-bands plus the losses of the bottleneck. From
    `stage1_steps` on the encoder is frozen (no graph, statistics and code books fixed); decoder and discriminators then
    learn in turn.
    """

    def __init__(self, config: Config, synthesizer: VAE, mean: Callable[[Tensor], Tensor]) -> None:
        self.config = config
        self.synthesizer = synthesizer
        self.mean = mean
        self.distance = SpectralDistance(config.spectral_scales, config.spectral_epsilon)
        self.held_out_distance = SpectralDistance(config.spectral_scales)
        self.discriminators = build_discriminators(config)
        self.helpers: Mapping[str, nn.Module] = {"discriminators": self.discriminators}
        generator = chain(synthesizer.encoder.parameters(), synthesizer.decoder.parameters())
        self.optimizers = {
            "generator": torch.optim.Adam(generator, config.learning_rate, config.betas, fused=True),
            "discriminator": torch.optim.Adam(
                self.discriminators.parameters(), config.discriminator_learning_rate, config.betas, fused=True
            ),
        }

    def stage(self, step: int) -> int:
        """1 or 2."""
        return 1 if step < self.config.stage1_steps else 2

    def roles(self, step: int) -> tuple[str, ...]:
        """One role a step: in stage 2 the discriminators learn on every n-th step, the decoder on the others."""
        adversarial = self.stage(step) == 2
        return ("discriminator",) if adversarial and step % self.config.discriminator.every == 0 else ("generator",)

    def played(self, role: str) -> bool:
        """Only the generator is played."""
        return role == "generator"

    def learning_rate(self, role: str, step: int) -> float:
        """Linear to a tenth over stage 1 for the generator, constant for the discriminators."""
        if role == "discriminator":
            return self.config.discriminator_learning_rate
        return self.config.learning_rate * linear(step, 0, self.config.stage1_steps, 1.0, 0.1)

    def weights(self, step: int) -> Mapping[str, float]:
        """The weights of the config, with the KL divergence warmed up geometrically."""
        weights = dict(self.config.weights)
        full = weights.get("kl", 0.0)
        if full and self.config.kl_warmup:
            weights["kl"] = geometric(step, 0, self.config.kl_warmup, self.config.kl_start, full)
        return weights

    def losses(self, role: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """The losses of this role at this step."""
        if role == "discriminator":
            return self._discriminator_losses(batch)
        return self._stage1_losses(batch, step) if self.stage(step) == 1 else self._stage2_losses(batch)

    def validate(self, synthesizer: VAE, batches: Iterable[Batch], step: int) -> dict[str, Tensor]:
        """Distances of the deterministic reconstruction of held-out sound."""

        def measure(batch: Batch) -> dict[str, Tensor]:
            output = synthesizer.reconstruct(batch.audio, noise_seeds=batch.seeds)
            _, encoded = self._encode(synthesizer, batch.audio)
            distance = self.held_out_distance(output, batch.audio)
            return {"distance": distance, **synthesizer.bottleneck.measures(encoded)}

        return averaged(measure, batches)

    def analyse(self, synthesizer: VAE, batches: Iterable[Batch], step: int) -> None:
        """Singular value decomposition of the latent over training sound."""
        synthesizer.analyse(batch.audio for batch in batches)

    def preview(self, synthesizer: VAE, batch: Batch, step: int) -> dict[str, Tensor]:
        """Held-out sound and its deterministic reconstruction."""
        return {"input": batch.audio, "output": synthesizer.reconstruct(batch.audio, noise_seeds=batch.seeds)}

    def _stage1_losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        self.synthesizer.train()
        bands, encoded = self._encode(self.synthesizer, batch.audio)
        latent, own = self.synthesizer.bottleneck.learn(encoded, batch.seeds, step, self.mean)
        losses, _, _ = self._reconstruction(batch, bands, latent, stage=1)
        return {**losses, **own}

    def _stage2_losses(self, batch: Batch) -> dict[str, Tensor]:
        bands, latent = self._frozen_latent(batch)
        losses, real, fake = self._reconstruction(batch, bands, latent, stage=2)
        with frozen(self.discriminators):
            with torch.no_grad():
                real_features = self.discriminators(real)
            fake_features = self.discriminators(fake)
        relative = self.config.relative_feature_matching
        distance = feature_matching(real_features, fake_features, relative, skip=int(relative), mean=self.mean)
        return {**losses, "adversarial": hinge_generator(fake_features), "feature_matching": distance}

    def _discriminator_losses(self, batch: Batch) -> dict[str, Tensor]:
        with torch.no_grad():
            _, latent = self._frozen_latent(batch)
            output = self.synthesizer.pqmf.synthesis(self._decode(latent, batch.seeds, stage=2))
        real, fake = self._aligned(batch.audio, output)
        real_features, fake_features = self.discriminators(real), self.discriminators(fake)
        return {"discriminator": hinge_discriminator(real_features, fake_features)}

    def _frozen_latent(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Bands and sampled latent without a graph; the encoder's batch statistics stay as stage 1 left them."""
        self.synthesizer.train()
        self.synthesizer.encoder.eval()
        with torch.no_grad():
            bands, encoded = self._encode(self.synthesizer, batch.audio)
            return bands, self.synthesizer.bottleneck.draw(encoded, batch.seeds)

    def _reconstruction(
        self, batch: Batch, bands: Tensor, latent: Tensor, stage: int
    ) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Spectral distances of sub-bands and full band; also real and generated sound, aligned."""
        output_bands = self._decode(latent, batch.seeds, stage)
        target, output = self._aligned(batch.audio, self.synthesizer.pqmf.synthesis(output_bands))
        losses = {"fullband": self.distance(output, target, self.mean)}
        if self.synthesizer.pqmf.bands > 1:
            losses["multiband"] = self.distance(output_bands, bands, self.mean)
        return losses, target, output

    def _aligned(self, audio: Tensor, output: Tensor) -> tuple[Tensor, Tensor]:
        """Target and output without the delay of a causal filter bank."""
        delay = self.synthesizer.pqmf.delay_samples
        return (audio[..., : audio.shape[-1] - delay], output[..., delay:]) if delay else (audio, output)

    def _encode(self, synthesizer: VAE, audio: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            bands = synthesizer.pqmf.analysis(audio)
        return bands, synthesizer.encoder(bands)

    def _decode(self, latent: Tensor, seeds: Tensor, stage: int) -> Tensor:
        decoder, latent = self.synthesizer.decoder, self.synthesizer.with_noise(latent, seeds)
        if self.config.noise is None or stage < self.config.noise.stage or decoder.noise_branch is None:
            return decoder(latent).float()
        return decoder(latent, sample_uniform(seeds + 1, decoder.noise_shape(latent), latent.device)).float()
