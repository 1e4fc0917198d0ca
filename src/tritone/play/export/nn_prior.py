"""The module inside an nn~ file of a model that has a prior: the method `prior` makes latents by itself."""

import torch
from torch import Tensor

from tritone.families.prior.streaming import StreamingPrior
from tritone.families.vae.streaming import StreamingVAE
from tritone.play.export.nn_model import NnModel
from tritone.play.export.nn_noise import hashed_normal


class NnModelWithPrior(NnModel):
    """An NnModel with the method `prior`, which takes a temperature for every latent frame and gives the frame.

    `network` draws frame by frame, along the first axes of the latent; those that it knows nothing of stay at zero. The
    first item of a batch says the temperature of all.
    """

    encode_state: list[Tensor]  # TorchScript reads the types of this class alone, not of the one it extends
    decode_state: list[Tensor]
    forward_encode_state: list[Tensor]
    forward_decode_state: list[Tensor]
    encoder_styles: list[int]
    decoder_styles: list[int]
    prior_frame: Tensor
    prior_state: list[Tensor]

    def __init__(self, stream: StreamingVAE, network: StreamingPrior) -> None:
        super().__init__(stream)
        self.network = network
        self.prior_dims, self.prior_noise = network.dims, network.noise_width
        self.prior_frame, self.prior_state = torch.zeros(1, self.prior_dims), []
        self.prior_batch = self.prior_frames = 0
        self.methods = [*self.methods, "prior"]
        self.add_method("prior", (1, self.ratio, ["(signal) temperature"]), (self.all_dims, self.ratio, self.rows))

    @torch.jit.export
    def prior(self, temperature: Tensor) -> Tensor:
        """Temperatures `(batch, 1, n)` to latents `(batch, dims, n)`."""
        batch, count = temperature.shape[0], temperature.shape[2]
        if batch != self.prior_batch:
            self.prior_batch, self.prior_frames = batch, 0
            self.prior_frame = self.network.initial_frame(batch)
            self.prior_state = self.network.initial_state(batch)
        noise = hashed_normal(self.seed, 3, batch, self.prior_noise, self.prior_frames, count)
        latent = temperature.new_zeros(batch, self.all_dims, count)
        for frame in range(count):
            warmth = float(temperature[0, 0, frame])
            self.prior_frame, self.prior_state = self.network.step(
                self.prior_frame, self.prior_state, warmth, noise[:, :, frame]
            )
            latent[:, : self.prior_dims, frame] = self.prior_frame
        self.prior_frames += count
        return latent

    @torch.jit.export
    def set_reset(self, reset: bool) -> int:
        """Forgets all sound and begins anew, the random numbers too; styles are kept."""
        if reset:
            self.encode_batch = self.decode_batch = self.forward_batch = self.prior_batch = 0
        return 0
