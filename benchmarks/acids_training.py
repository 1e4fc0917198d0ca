"""Training steps of acids-rave without Lightning, whose present version cannot run it: its own `RAVE.training_step`.

What Lightning would bring is brought here and no more: the optimisers and learning-rate schedule of its own
`configure_optimizers`, its own callback for the KL weight, the receptive field that its first validation works out, and
`log`, which does nothing.
"""

import contextlib
import io
import sys
import warnings
from typing import Any

import torch
from acids import Name, build_peer, peer_modules
from torch import Tensor

EVERY = {"v1": 2, "v2": 4, "v2_small": 2}
"""In stage 2 the discriminators learn on every n-th step."""


class PeerTraining:
    """acids-rave's model of this name in training; `peer` is the model."""

    def __init__(self, name: Name, seed: int = 0) -> None:
        _, rave, _ = peer_modules()
        self.peer = build_peer(name, seed=seed)
        if self.peer.update_discriminator_every != EVERY[name]:
            raise RuntimeError(f"{name} updates its discriminators every {self.peer.update_discriminator_every} steps")
        self._set_receptive_field(rave)
        self.peer.train()
        generator, discriminator = self.peer.configure_optimizers()
        optimizers = (generator["optimizer"], discriminator["optimizer"])
        self.schedule = generator["lr_scheduler"]["scheduler"]
        self.kl_weight = rave.model.BetaWarmupCallback()
        self.peer.optimizers = lambda: optimizers
        self.peer.log = self.peer.log_dict = _nothing
        self.steps = 0

    def step(self, audio: Tensor) -> None:
        """The next step of the schedule of stage 1 on `audio (batch, channels, time)`."""
        self._step(audio, self.steps, warmed_up=False)

    def stage1(self, audio: Tensor) -> None:
        """One step of stage 1."""
        self._step(audio, 1, warmed_up=False)

    def generator(self, audio: Tensor) -> None:
        """One generator step of stage 2."""
        self._step(audio, 1, warmed_up=True)

    def discriminator(self, audio: Tensor) -> None:
        """One discriminator step of stage 2."""
        self._step(audio, 0, warmed_up=True)

    def _step(self, audio: Tensor, batch_index: int, warmed_up: bool) -> None:
        audio = audio.clone()  # the step asks for a gradient by its input
        self.peer.warmed_up = warmed_up
        self.kl_weight.on_train_batch_start(None, self.peer, audio, batch_index)
        self.peer.training_step(audio, batch_index)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.schedule.step()
        self.steps += 1

    def _set_receptive_field(self, rave: Any) -> None:
        """Version 2 leaves the sub-bands' edges out of its loss; how much, its first validation measures."""
        if not self.peer.valid_signal_crop:
            return
        with contextlib.redirect_stdout(io.StringIO()):
            left, right = rave.core.get_rave_receptive_field(self.peer, n_channels=self.peer.n_channels)
        self.peer.receptive_field.copy_(torch.tensor([left, right]))


def _nothing(*args: Any, **kwargs: Any) -> None:
    return None


if __name__ == "__main__":
    sys.exit("acids_training.py is a part of the benchmarks; run vae_speed.py or vae_quality.py.")
