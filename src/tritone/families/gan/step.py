"""How a loop GAN learns: discriminator and generator in turn at every step (arXiv 2209.01751, section 3)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tritone.data.batch import Batch
from tritone.families.gan import losses
from tritone.families.gan.config import Config
from tritone.families.gan.model import LoopGAN
from tritone.families.gan.networks import build_discriminator
from tritone.families.gan.projected import ProjectedDiscriminator
from tritone.families.gan.turn import random_gain, turn_by_beats
from tritone.judge.kernel import kernel_distance
from tritone.judge.logmel import pattern
from tritone.nn.adversarial import frozen
from tritone.nn.noise import sample_normal, sample_uniform
from tritone.training.schedule import constant

Inputs = list[list[Tensor]]
"""What the discriminator itself sees: of each frozen network its maps, or the spectrogram alone."""

Z, Z_MIXED, NOISE, MIXING, REAL_TURN, FAKE_TURN, REAL_GAIN, FAKE_GAIN, PATH = range(1, 10)
"""Offsets that make independent streams of random numbers from a sample's seed."""


@dataclass(frozen=True)
class _Turn:
    """What the generator's turn takes over from the discriminator's at the same step, on the same sounds."""

    real: Inputs
    fake: Inputs
    condition: Tensor


class TrainingStep:
    """A generator against a discriminator, behind the contract `families.base.TrainingStep`.

    Both roles of a step judge the same generated spectrograms, made once: the discriminator learns from them without
    their graph, the generator then through it. The frozen networks see real and generated sound once a step each.
    """

    def __init__(self, config: Config, synthesizer: LoopGAN, mean: Callable[[Tensor], Tensor]) -> None:
        self.config = config
        self.synthesizer = synthesizer
        self.mean = mean
        self.features, self.discriminator = build_discriminator(config, synthesizer.condition_dims)
        self.path_length = losses.PathLength()
        self.helpers: Mapping[str, nn.Module] = {
            "features": self.features, "discriminator": self.discriminator, "path_length": self.path_length,
        }  # fmt: skip
        generator = [*synthesizer.mapping.parameters(), *synthesizer.generator.parameters()]
        self.optimizers = {
            "generator": torch.optim.Adam(generator, config.learning_rate, config.betas, fused=True),
            "discriminator": torch.optim.Adam(
                [each for each in self.discriminator.parameters() if each.requires_grad],
                config.discriminator_learning_rate,
                config.betas,
                fused=True,
            ),
        }
        self._turns: dict[int, _Turn] = {}
        self._fetch_vocoder()

    def roles(self, step: int) -> tuple[str, ...]:
        """Both at every step."""
        return ("discriminator", "generator")

    def played(self, role: str) -> bool:
        """Only the generator is played."""
        return role == "generator"

    def learning_rate(self, role: str, step: int) -> float:
        """Constant, as in the paper."""
        config = self.config
        return constant(step, config.learning_rate if role == "generator" else config.discriminator_learning_rate)

    def weights(self, step: int) -> Mapping[str, float]:
        """The weights of the config; penalties that are taken on some steps only weigh as many times more there."""
        weights = dict(self.config.weights)
        for name, every in self._rhythm().items():
            weights[name] = weights.get(name, 0.0) * every * (step % every == 0)
        return weights

    def losses(self, role: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """The losses of this role at this step."""
        weights = self.weights(step)
        return self._discriminator(batch, weights) if role == "discriminator" else self._generator(batch, weights)

    def validate(self, synthesizer: LoopGAN, batches: Iterable[Batch], step: int) -> dict[str, Tensor]:
        """Kernel distance of held-out and generated loops by what sounds when, which no discriminator's network knows.

        `spread` is how much generated loops differ from each other over how much real ones do: near 0 is collapse.
        """
        real, fake = [], []
        for batch in batches:
            real.append(self._real(synthesizer, batch))
            fake.append(self._validation_sounds(synthesizer, batch))
        held_out, made = torch.cat(real), torch.cat(fake)
        if len(made) < 2:
            return {"distance": (made.mean((0, 3)) - held_out.mean((0, 3))).abs().mean()}
        distance = kernel_distance(pattern(held_out).cpu(), pattern(made).cpu())
        spread = made.std(0).mean() / held_out.std(0).mean()
        return {"distance": torch.tensor(distance, device=spread.device), "spread": spread}

    def analyse(self, synthesizer: LoopGAN, batches: Iterable[Batch], step: int) -> None:
        """Mean and deviation of every band over training loops, once, before the first step; the discriminator likewise
        starts where real loops have unit variance in it.
        """
        if bool(self.synthesizer.fitted):
            return
        spectrograms = torch.cat([self._real(synthesizer, batch) for batch in batches])
        mean, std = spectrograms.mean((0, 3))[..., None], spectrograms.std((0, 3))[..., None]
        for each in {id(model): model for model in (synthesizer, self.synthesizer)}.values():
            each.fit(mean, std)
        if isinstance(self.discriminator, ProjectedDiscriminator):
            self.discriminator.fit(self.features(spectrograms))

    def preview(self, synthesizer: LoopGAN, batch: Batch, step: int) -> dict[str, list[Tensor]]:
        """Real loops, and beside each a new one of the same label and tempo."""
        real, new = [], []
        for audio, seed, length, label, tempo in zip(
            batch.audio, batch.seeds, batch.lengths, batch.labels, batch.tempos, strict=True
        ):
            name = synthesizer.labels[int(label)] if synthesizer.labels and label >= 0 else ""
            real.append(audio[:, : int(length)])
            new.append(synthesizer.generate(1, None, [int(seed)], bpm=float(tempo) or None, label=name)[0])
        return {"real": real, "new": new}

    def _discriminator(self, batch: Batch, weights: Mapping[str, float]) -> dict[str, Tensor]:
        synthesizer, seeds = self.synthesizer.train(), batch.seeds
        condition = synthesizer.condition(batch.labels, batch.tempos)
        with torch.no_grad():
            real = self._inputs(self._seen(self._real(synthesizer, batch), seeds, REAL_TURN, REAL_GAIN))
        styles = self._styles(seeds, condition)
        fake = self._inputs(self._seen(self._fake(styles, seeds), seeds, FAKE_TURN, FAKE_GAIN))
        self._turns[id(batch)] = _Turn(real, fake, condition)
        made = [[each.detach() for each in maps] for maps in fake]
        scores = self.discriminator(real, condition), self.discriminator(made, condition)
        found = {
            "discriminator": losses.DISCRIMINATOR[self.config.loss](*scores),
            "real_score": _mean_of(scores[0]),
            "fake_score": _mean_of(scores[1]),
        }
        for name, inputs in (("r1", real), ("r2", made)):
            if weights.get(name):
                found[name] = self._penalty(inputs, condition)
        return found

    def _generator(self, batch: Batch, weights: Mapping[str, float]) -> dict[str, Tensor]:
        turn = self._turns.pop(id(batch))
        with frozen(self.discriminator):
            fake = self.discriminator(turn.fake, turn.condition)
            with torch.no_grad():
                real = self.discriminator(turn.real, turn.condition) if self.config.loss == "relativistic" else fake
        found = {"generator": losses.GENERATOR[self.config.loss](real, fake)}
        if weights.get("path_length"):
            found["path_length"] = self._path_length(batch, turn.condition)
        return found

    def _penalty(self, inputs: Inputs, condition: Tensor) -> Tensor:
        """Zero-centred gradient penalty at the discriminator's own inputs, in float32."""
        leaves = [[each.detach().float().requires_grad_(True) for each in maps] for maps in inputs]
        with torch.autocast(condition.device.type, enabled=False):
            logits = self.discriminator(leaves, condition)
            return losses.zero_centred_penalty(logits, [each for maps in leaves for each in maps])

    def _path_length(self, batch: Batch, condition: Tensor) -> Tensor:
        """The path length of half the batch, in float32."""
        half = max(1, len(batch) // 2)
        seeds = batch.seeds[:half]
        with torch.autocast(condition.device.type, enabled=False):
            styles = self._styles(seeds + PATH, condition[:half])
            made = self.synthesizer.generator(styles, self._noise(seeds))
            return self.path_length(made, styles, seeds + PATH, self.mean)

    def _real(self, synthesizer: LoopGAN, batch: Batch) -> Tensor:
        """Log-mel spectrograms `(batch, channels, mels, frames)` of real loops on the grid."""
        with torch.autocast(batch.audio.device.type, enabled=False):
            return synthesizer.spectrogram.on_grid(batch.audio, batch.lengths, self.config.frames)

    def _fake(self, styles: Tensor, seeds: Tensor) -> Tensor:
        return self.synthesizer.from_generator(self.synthesizer.generator(styles, self._noise(seeds)).float())

    def _seen(self, log_mel: Tensor, seeds: Tensor, turn: int, gain: int) -> Tensor:
        """The spectrogram as it is judged: turned by beats, a little louder or softer."""
        discriminator = self.config.discriminator
        turned = turn_by_beats(log_mel, self.config.beats, seeds + turn, discriminator.beat_shift)
        return random_gain(turned, seeds + gain, discriminator.gain_db)

    def _inputs(self, log_mel: Tensor) -> Inputs:
        if self.config.discriminator.kind == "projected":
            return self.features(log_mel)
        return [[self.synthesizer.normalise(log_mel)]]

    def _styles(self, seeds: Tensor, condition: Tensor) -> Tensor:
        """Styles `(batch, layers, w)`; some take finer layers from a second one (StyleGAN, arXiv 1812.04948, 3.1)."""
        generator, layers = self.config.generator, self.synthesizer.generator.layers
        first, second = (
            self.synthesizer.mapping(sample_normal(seeds + offset, (generator.z,), condition.device), condition)
            for offset in (Z, Z_MIXED)
        )
        drawn = (sample_uniform(seeds + MIXING, (2,), condition.device) + 1) / 2
        crossover = 1 + (drawn[:, 1] * (layers - 1)).floor()
        crossover = torch.where(drawn[:, 0] < generator.style_mixing, crossover, layers)
        fine = torch.arange(layers, device=condition.device) >= crossover[:, None]
        return torch.where(fine[..., None], second[:, None], first[:, None])

    def _noise(self, seeds: Tensor) -> Tensor:
        return sample_normal(seeds + NOISE, (self.synthesizer.generator.noise_size,), seeds.device)

    def _validation_sounds(self, synthesizer: LoopGAN, batch: Batch) -> Tensor:
        """As many generated spectrograms as the batch has loops, of the same labels and tempos."""
        condition = synthesizer.condition(batch.labels, batch.tempos)
        z = sample_normal(batch.seeds + Z, (self.config.generator.z,), condition.device)
        styles = synthesizer.mapping(z, condition)[:, None].expand(-1, synthesizer.generator.layers, -1)
        return synthesizer.from_generator(synthesizer.generator(styles, self._noise(batch.seeds)).float())

    def _rhythm(self) -> dict[str, int]:
        return {
            "r1": self.config.penalty_every, "r2": self.config.penalty_every, "path_length": self.config.path_every,
        }  # fmt: skip

    def _fetch_vocoder(self) -> None:
        """The trained vocoder's weights, where it is there; when a run is continued, its checkpoint brings them too."""
        source = self.config.vocoder_from
        if source:
            from tritone.families.gan.vocoder_source import is_there, vocoder_weights

            if is_there(source):
                self.synthesizer.vocoder.load_state_dict(vocoder_weights(source))


def _mean_of(logits: list[Tensor]) -> Tensor:
    return torch.stack([each.detach().float().mean() for each in logits]).mean()
