"""How a tagger learns: cross-entropy between its answers and the labels of the data."""

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.data.batch import Batch
from tritone.families.tagger.config import Config
from tritone.families.tagger.model import Tagger
from tritone.nn.noise import sample_uniform
from tritone.training.schedule import warmup


class TrainingStep:
    """Classification behind the contract `families.base.TrainingStep`: one role, one loss.

    Nothing is normalised over a batch and dropout follows from each sound's own seed, so that two processes with half
    the batch equal one. Sound without a label (numbered below 0) teaches nothing.
    """

    def __init__(self, config: Config, synthesizer: Tagger, mean: Callable[[Tensor], Tensor]) -> None:
        self.config = config
        self.synthesizer = synthesizer
        self.mean = mean
        self.importance = importance(config.shares, config.balance)
        self.helpers: Mapping[str, nn.Module] = {}
        self.optimizers = {
            "tagger": torch.optim.AdamW(
                synthesizer.parameters(), config.learning_rate, config.betas, weight_decay=config.weight_decay
            )
        }

    def roles(self, step: int) -> tuple[str, ...]:
        """The tagger learns at every step."""
        return ("tagger",)

    def played(self, role: str) -> bool:
        """The tagger is what is used."""
        return True

    def learning_rate(self, role: str, step: int) -> float:
        """Rising over the warm-up, constant afterwards."""
        return self.config.learning_rate * warmup(step, self.config.warmup)

    def weights(self, step: int) -> Mapping[str, float]:
        """The weights of the config."""
        return self.config.weights

    def losses(self, role: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Cross-entropy with smoothed labels, weighted by the importance of each; and the share of right answers."""
        self.synthesizer.train()
        network = self.synthesizer.features.network
        embedding = network.embed(self.synthesizer.spectrogram(batch.audio))
        logits = network.output(embedding * self._kept(batch, embedding)).float()
        known = batch.labels >= 0
        labels = batch.labels.clamp(min=0)
        loss = functional.cross_entropy(logits, labels, reduction="none", label_smoothing=self.config.smoothing)
        weights = self.importance.to(logits)[labels] * known
        right = (logits.argmax(1) == labels) & known
        return {"classification": (weights * loss).mean(), "accuracy": right.float().mean()}

    def validate(self, synthesizer: Tagger, batches: Iterable[Batch], step: int) -> dict[str, Tensor]:
        """Over held-out sound that has a label: cross-entropy, share of right answers, and the mean of that share over
        labels (balanced accuracy). Nothing where none has one.
        """
        answers = [(synthesizer.tag(batch.audio), batch.labels) for batch in batches]
        probabilities, labels = (torch.cat(part) for part in zip(*answers, strict=True))
        probabilities, labels = probabilities[labels >= 0], labels[labels >= 0]
        if not len(labels):
            return {}
        right = (probabilities.argmax(1) == labels).float()
        by_label = torch.stack([right[labels == label].mean() for label in labels.unique()])
        least = torch.finfo(probabilities.dtype).tiny
        return {
            "distance": functional.nll_loss(probabilities.clamp(min=least).log(), labels),
            "accuracy": right.mean(),
            "balanced_accuracy": by_label.mean(),
        }

    def analyse(self, synthesizer: Tagger, batches: Iterable[Batch], step: int) -> None:
        """Nothing: all there is is learnt."""

    def preview(self, synthesizer: Tagger, batch: Batch, step: int) -> dict[str, Tensor]:
        """No sounds: a tagger makes none."""
        return {}

    def _kept(self, batch: Batch, embedding: Tensor) -> Tensor:
        """Dropout as a factor: 0, or 1 over the share that is kept; drawn from the seeds of the batch."""
        drop = self.config.dropout
        numbers = sample_uniform(batch.seeds, embedding.shape[1:], embedding.device)
        return (numbers >= 2 * drop - 1) / (1 - drop)


def importance(shares: tuple[float, ...], balance: float) -> Tensor:
    """Weight of each label by its share of the sound: share^-balance, scaled to a mean of 1 over the sound.

    A label of which there is nothing weighs nothing.
    """
    amount = torch.tensor(shares, dtype=torch.float64)
    weights = torch.where(amount > 0, amount.clamp(min=torch.finfo(torch.float64).tiny) ** -balance, 0)
    return (weights / (weights * amount).sum()).float()
