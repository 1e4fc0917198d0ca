"""The processes and devices of a run, through Hugging Face Accelerate: one CPU, one GPU, or many of either."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Literal

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor, nn
from torch.optim import Optimizer

from tritone.errors import UserError

Device = Literal["auto", "cpu"]
BUCKET_NUMBERS = 1 << 24
"""Most numbers that one all-reduce of gradients carries."""


class Machine:
    """Where a run computes: its device, its arithmetic, and what its processes do together.

    Several processes come from `torchrun` or from SLURM with the environment that torchrun sets; see docs/training.md.
    """

    def __init__(self, precision: Literal["float32", "bf16", "fp16"] = "float32", device: Device = "auto") -> None:
        AcceleratorState._reset_state()  # one Python session may train several times, each with its own precision
        # Accelerate lets several CPU processes work together only where it is told that there is nothing but CPUs
        cpu = device == "cpu" or not (torch.cuda.is_available() or torch.backends.mps.is_available())
        names = {"float32": "no", "bf16": "bf16", "fp16": "fp16"}
        try:
            self.accelerator = Accelerator(mixed_precision=names[precision], cpu=cpu)
        except ValueError as error:
            raise UserError(f"training.precision {precision} does not work here ({error}); use float32.") from error
        self.device = self.accelerator.device
        self.rank = self.accelerator.process_index
        self.world = self.accelerator.num_processes
        self.main = self.accelerator.is_main_process
        self.scaler: torch.amp.GradScaler | None = self.accelerator.scaler
        if precision == "fp16" and self.device.type != "cuda":
            raise UserError(f"training.precision fp16 needs a CUDA device, not {self.device}; use bf16 or float32.")

    def autocast(self) -> AbstractContextManager[None]:
        """Mixed precision for what runs inside."""
        return self.accelerator.autocast()

    def backward(self, loss: Tensor) -> None:
        """Gradients of `loss`, scaled in fp16."""
        self.accelerator.backward(loss)

    def mean(self, tensor: Tensor) -> Tensor:
        """Mean of a detached tensor over processes."""
        return tensor if self.world == 1 else self.accelerator.reduce(tensor.detach(), "mean")

    def any(self, flags: list[bool]) -> list[bool]:
        """For each flag, whether any process raised it."""
        if self.world == 1:
            return flags
        counts = self.accelerator.reduce(torch.tensor(flags, dtype=torch.float32, device=self.device), "sum")
        return [count > 0 for count in counts.tolist()]

    def wait(self) -> None:
        """Wait until all processes are here."""
        self.accelerator.wait_for_everyone()

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace gradients by their mean over processes, a bucket of parameters at a time.

        A gradient that is None in some processes counts as zero there; one that is None everywhere stays None.
        """
        if self.world > 1:
            for bucket in _buckets(p for p in parameters if p.requires_grad):
                self._average(bucket)

    def apply(self, optimizer: Optimizer, clip: float) -> Tensor:
        """Clip, update, and return the gradient norm before clipping (a scalar on the device).

        In fp16 the update is left out, and the scale lowered, where the norm is not finite.
        """
        if self.scaler is not None:
            self.scaler.unscale_(optimizer)
        norm = clip_gradients(parameters_of(optimizer), clip)
        if self.scaler is None:
            optimizer.step()
        else:
            self.scaler.step(optimizer)
            self.scaler.update()
        return norm

    def close(self) -> None:
        """Leave the process group, if there is one."""
        if self.world > 1:
            self.accelerator.end_training()

    def _average(self, bucket: list[nn.Parameter]) -> None:
        present = torch.tensor([p.grad is not None for p in bucket], dtype=bucket[0].dtype, device=bucket[0].device)
        numbers = [(torch.zeros_like(p) if p.grad is None else p.grad).reshape(-1) for p in bucket]
        averaged = self.accelerator.reduce(torch.cat([*numbers, present]), "mean")
        *gradients, present = averaged.split([*(p.numel() for p in bucket), len(bucket)])
        for index, (parameter, gradient) in enumerate(zip(bucket, gradients, strict=True)):
            if parameter.grad is not None:
                parameter.grad.copy_(gradient.view_as(parameter))
            elif present[index] > 0:
                parameter.grad = gradient.view_as(parameter).clone()


def parameters_of(optimizer: Optimizer) -> list[nn.Parameter]:
    """All parameters that an optimiser updates."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def clip_gradients(parameters: Iterable[nn.Parameter], clip: float) -> Tensor:
    """Scale gradients so that their norm is at most `clip` (0: leave them alone); returns the norm before."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return torch.zeros(())
    norm = torch.linalg.vector_norm(torch.stack(list(torch._foreach_norm(gradients))))
    if clip > 0:
        torch._foreach_mul_(gradients, (clip / (norm + 1e-6)).clamp(max=1.0))
    return norm


def _buckets(parameters: Iterable[nn.Parameter]) -> Iterator[list[nn.Parameter]]:
    bucket: list[nn.Parameter] = []
    size = 0
    for parameter in parameters:
        if bucket and (size + parameter.numel() > BUCKET_NUMBERS or parameter.dtype != bucket[0].dtype):
            yield bucket
            bucket, size = [], 0
        bucket.append(parameter)
        size += parameter.numel()
    if bucket:
        yield bucket
