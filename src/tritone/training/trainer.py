"""What learns: the networks of a family, their optimisers and moving average, and one step of them."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tritone import families
from tritone.config import RunConfig
from tritone.data.batch import Batch
from tritone.families.base import Synthesizer, TrainingStep
from tritone.nn.ema import Ema
from tritone.training.history import GRADIENT_NORM
from tritone.training.machine import Machine, parameters_of
from tritone.training.sources import Sources

MASK = (1 << 63) - 1


class Trainer:
    """Weights and optimisers of a run. `done` counts the steps that are behind it.

    Everything random in a step is drawn from generators seeded by (seed, step, rank) or by the batch's own seeds.
    """

    def __init__(self, config: RunConfig, machine: Machine, sources: Sources) -> None:
        self.config = config.training
        self.machine = machine
        self.sources = sources
        self.done = 0
        torch.manual_seed(self.config.seed)
        self.synthesizer: Synthesizer = families.build(config.family, config.model).to(machine.device)
        step_class = families.training_step(config.family, config.model)
        self.family: TrainingStep = step_class(config.model, self.synthesizer, machine.mean)
        for helper in self.family.helpers.values():
            helper.to(machine.device)
        self.ema = Ema(self.synthesizer, self.config.ema) if self.config.ema else None

    @property
    def played(self) -> Synthesizer:
        """The weights that are validated, saved and played: the moving average where there is one."""
        return self.synthesizer if self.ema is None else self.ema.averaged  # type: ignore[return-value]

    def update(self) -> dict[str, Tensor]:
        """One step of every role whose turn it is. Returns detached scalars by "role/name"."""
        step, rounds = self.done, self.config.accumulate
        self.reseed(step, self.machine.rank)
        batches = [self.to_device(self.sources.batch(step, index, rounds)) for index in range(rounds)]
        scalars: dict[str, Tensor] = {}
        for role in self.family.roles(step):
            for name, value in self._learn(role, batches, step).items():
                scalars[f"{role}/{name}"] = value
        self.done += 1
        return scalars

    def learning_rates(self) -> dict[str, float]:
        """Learning rates of the last step, by "role/learning_rate"."""
        step = max(0, self.done - 1)
        return {f"{role}/learning_rate": self.family.learning_rate(role, step) for role in self.family.roles(step)}

    def reseed(self, step: int, stream: int) -> None:
        """Start torch's generators from (seed, step, stream)."""
        torch.manual_seed(mixed_seed(self.config.seed, step, stream))

    def to_device(self, batch: Batch) -> Batch:
        """The batch where the networks are."""
        return batch.to(self.machine.device)

    def state(self) -> dict[str, Any]:
        """What, beside the played weights, the next step follows from: tensors, numbers and dicts only."""
        state: dict[str, Any] = {
            "helpers": {name: helper.state_dict() for name, helper in self.family.helpers.items()},
            "optimizers": {role: optimizer.state_dict() for role, optimizer in self.family.optimizers.items()},
        }
        if self.ema is not None:
            state["online"] = self.synthesizer.state_dict()
        if self.machine.scaler is not None:
            state["scaler"] = self.machine.scaler.state_dict()
        return state

    def load(self, weights: Mapping[str, Tensor], state: Mapping[str, Any], step: int) -> None:
        """Continue after `step` steps from the weights and `state` of a checkpoint."""
        self.played.load_state_dict(weights)
        if self.ema is not None:
            self.synthesizer.load_state_dict(state["online"])
        for name, helper in self.family.helpers.items():
            helper.load_state_dict(state["helpers"][name])
        for role, optimizer in self.family.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][role])
        if self.machine.scaler is not None and "scaler" in state:
            self.machine.scaler.load_state_dict(state["scaler"])
        self.done = step

    def begin(self, weights: Mapping[str, Tensor], helpers: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Take over weights of another run before the first step, also those of helpers; names that lack stay."""
        self.synthesizer.load_state_dict(weights, strict=False)
        self.played.load_state_dict(weights, strict=False)
        for name, state in helpers.items():
            self.family.helpers[name].load_state_dict(state)

    def _learn(self, role: str, batches: list[Batch], step: int) -> dict[str, Tensor]:
        optimizer = self.family.optimizers[role]
        for group in optimizer.param_groups:
            group["lr"] = self.family.learning_rate(role, step)
        for each in self.family.optimizers.values():
            each.zero_grad(set_to_none=True)
        scalars, differentiated = self._gradients(role, batches, step)
        if differentiated:
            self.machine.average_gradients(parameters_of(optimizer))
            scalars[GRADIENT_NORM] = self.machine.apply(optimizer, self.config.clip)
            if self.ema is not None and self.family.played(role):
                self.ema.update(self.synthesizer, step)
        return scalars

    def _gradients(self, role: str, batches: list[Batch], step: int) -> tuple[dict[str, Tensor], bool]:
        weights = self.family.weights(step)
        scalars: dict[str, Tensor] = {}
        differentiated = False
        for batch in batches:
            with self.machine.autocast():
                losses = self.family.losses(role, batch, step)
                terms = [weights[name] * loss for name, loss in losses.items() if weights.get(name)]
            if terms:
                self.machine.backward(torch.stack(terms).sum() / len(batches))
                differentiated = True
            for name, loss in losses.items():
                scalars[name] = scalars.get(name, 0.0) + loss.detach() / len(batches)
        return scalars, differentiated


def mixed_seed(seed: int, step: int, stream: int) -> int:
    """A seed below 2^63 that differs for every (seed, step, stream), by the finaliser of SplitMix64."""
    value = seed
    for part in (step, stream):
        value = (value * 0x9E3779B97F4A7C15 + part + 1) & 0xFFFFFFFFFFFFFFFF
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        value ^= value >> 31
    return value & MASK
