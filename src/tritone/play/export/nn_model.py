"""The module inside an nn~ file: a streaming VAE, its states, and the attributes that a patch can set.

What nn~ asks of a TorchScript file is all by name: `get_methods()` and `get_attributes()`; for every method m a buffer
`m_params` (channels and samples a frame, in and out) and labels of the inlets and outlets; for every attribute a buffer
`a_params` (type codes), `get_a` and `set_a`, which answers 0 where it took the value. Methods map float32
`(batch, channels, time)`. nn~ holds the last sample of every frame on the way in and repeats frames on the way out.
"""

import torch
from torch import Tensor

from tritone.families.vae.streaming import StreamingVAE
from tritone.families.vae.streaming_bottleneck import Axes
from tritone.play.export.nn_attributes import BOOL, FLOAT, INT
from tritone.play.export.nn_noise import hashed_normal, hashed_uniform
from tritone.play.export.nn_style import NnStyles

STYLE = ["style", "learn_target", "learn_source", "reset_target", "reset_source"]
"""Attributes of models in which a style can be learned."""
TYPES = {"temperature": FLOAT, "noise": FLOAT, "style": FLOAT, "reset": BOOL} | dict.fromkeys(STYLE[1:], BOOL)
KINDS = {"Axes": "latent", "Codes": "code of level", "Angles": "angle"}
"""What the rows of a latent are called on inlets and outlets."""
SIDES = {1: [""], 2: [" left", " right"]}


class NnModel(NnStyles):
    """A StreamingVAE as nn~ plays it; made to be scripted.

    `encode`, `decode` and `forward` keep a state each, so one instance can play all three; a state begins anew where
    the batch changes and at `set reset 1`. All weights are there once. What is random follows from `seed`, the row of
    the batch and the time since the state began, whatever the size of the blocks.

    Attributes: `dims` (axes of the latent in use, the others rest or follow `temperature`), `temperature` (deviation of
    the axes that are not in use, 0 at first), both where the latent has axes; `noise` (gain of the noise branch, or of
    the channels of noise beside the latent, where there are any); those of `STYLE`, where the stream learns styles;
    `seed`, `reset` (of sound, not of styles); and to be read only `latency`
    (samples by which `forward` comes later than offline) and `rate` (samples a second).
    """

    encode_state: list[Tensor]
    decode_state: list[Tensor]
    forward_encode_state: list[Tensor]
    forward_decode_state: list[Tensor]
    encoder_styles: list[int]
    decoder_styles: list[int]

    def __init__(self, stream: StreamingVAE) -> None:
        super().__init__(stream)
        self.stream = stream
        self.channels, self.ratio, self.all_dims = stream.channels, stream.ratio, stream.dims
        self.on_axes = isinstance(stream.bottleneck, Axes)
        self.beside, self.hidden = stream.beside, stream.fill_rows - stream.beside
        self.noise_bands, self.noise_rate = stream.noise_bands, stream.noise_rate
        self.encoder_lag = stream.encoder_lag
        self.latency, self.rate = stream.latency_samples, stream.sample_rate
        self.host_rate, self.dims, self.seed = stream.sample_rate, stream.dims, 0
        self.temperature, self.noise = 0.0, 1.0
        self.encode_batch = self.decode_batch = self.forward_batch = 0
        self.decode_frames = self.forward_frames = 0
        self.methods = ["forward", "encode", "decode"]
        self.attributes = ["dims", "temperature"] if self.on_axes else []
        self.attributes += ["noise"] if self.noise_bands or self.beside else []
        self.attributes += STYLE if self.encoder_styles or self.decoder_styles else []
        self.attributes += ["seed", "reset", "latency", "rate"]
        for name in self.attributes:
            self.register_buffer(f"{name}_params", torch.tensor([TYPES.get(name, INT)]))
        sound = [f"(signal) sound{side}" for side in SIDES[self.channels]]
        row = KINDS[type(stream.bottleneck).__name__]
        self.rows = latent = [f"(signal) {row} {number + 1}" for number in range(self.all_dims)]
        self.add_method("forward", (self.channels, 1, sound), (self.channels, 1, sound))
        self.add_method("encode", (self.channels, 1, sound), (self.all_dims, self.ratio, latent))
        self.add_method("decode", (self.all_dims, self.ratio, latent), (self.channels, 1, sound))

    def forward(self, sound: Tensor) -> Tensor:
        """Sound `(batch, channels, n * ratio)` through the latent and back, `latency` samples late."""
        self.check_sound(sound)
        batch = sound.shape[0]
        if batch != self.forward_batch:
            self.forward_batch, self.forward_frames = batch, 0
            fresh = self.stream.encoder_state(batch)
            self.forward_encode_state = self.begun(fresh, self.forward_encode_state, self.encoder_styles)
            fresh = self.stream.decoder_state(batch, -self.encoder_lag)
            self.forward_decode_state = self.begun(fresh, self.forward_decode_state, self.decoder_styles)
        latent, self.forward_encode_state = self.stream.encode(sound, self.forward_encode_state)
        result, self.forward_decode_state = self.heard(latent, self.forward_frames, self.forward_decode_state)
        self.forward_frames += latent.shape[2]
        return result

    @torch.jit.export
    def encode(self, sound: Tensor) -> Tensor:
        """Sound `(batch, channels, n * ratio)` to latents `(batch, dims, n)`; axes not in use are zero."""
        self.check_sound(sound)
        if sound.shape[0] != self.encode_batch:
            self.encode_batch = sound.shape[0]
            fresh = self.stream.encoder_state(sound.shape[0])
            self.encode_state = self.begun(fresh, self.encode_state, self.encoder_styles)
        latent, self.encode_state = self.stream.encode(sound, self.encode_state)
        return latent * self.in_use()

    @torch.jit.export
    def decode(self, latent: Tensor) -> Tensor:
        """Latents `(batch, dims, n)` to sound `(batch, channels, n * ratio)`."""
        if latent.dim() != 3 or latent.shape[1] != self.all_dims:
            raise ValueError(f"decode takes latents (batch, {self.all_dims}, frames), not {latent.shape}.")
        if latent.shape[0] != self.decode_batch:
            self.decode_batch, self.decode_frames = latent.shape[0], 0
            fresh = self.stream.decoder_state(latent.shape[0])
            self.decode_state = self.begun(fresh, self.decode_state, self.decoder_styles)
        result, self.decode_state = self.heard(latent, self.decode_frames, self.decode_state)
        self.decode_frames += latent.shape[2]
        return result

    def heard(self, latent: Tensor, first: int, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """The sound of latents whose first frame is number `first` since the state began, and the state behind it."""
        batch, frames = latent.shape[0], latent.shape[2]
        latent = latent * self.in_use()
        fill = latent.new_zeros(batch, self.hidden, frames)
        if self.temperature != 0.0 and self.on_axes:
            count = self.all_dims + self.hidden
            drawn = self.temperature * hashed_normal(self.seed, 1, batch, count, first, frames)
            latent = latent + drawn[:, : self.all_dims] * (1.0 - self.in_use())
            fill = drawn[:, self.all_dims :]
        if self.beside > 0:
            fill = torch.cat([fill, self.noise * hashed_normal(self.seed, 5, batch, self.beside, first, frames)], 1)
        noise: Tensor | None = None
        if self.noise_bands > 0:
            time, count = first * self.noise_rate, frames * self.noise_rate
            noise = self.noise * hashed_uniform(self.seed, 0, batch, self.noise_bands, time, count)
        return self.stream.decode(latent, noise, state, fill)

    def in_use(self) -> Tensor:
        """1 for the axes in use and 0 for the others, `(dims, 1)`."""
        return (torch.arange(self.all_dims) < self.dims).float().unsqueeze(1)

    def check_sound(self, sound: Tensor) -> None:
        """An error where sound does not fit: wrong channels, or no whole number of frames."""
        if sound.dim() != 3 or sound.shape[1] != self.channels:
            raise ValueError(f"This model takes sound (batch, {self.channels}, time), not {sound.shape}.")
        if sound.shape[2] % self.ratio != 0:
            raise ValueError(
                f"A block must be a multiple of {self.ratio} samples, not {sound.shape[2]}; raise the buffer size."
            )

    @torch.jit.export
    def set_reset(self, reset: bool) -> int:
        """Forgets all sound and begins anew, the random numbers too; styles are kept."""
        if reset:
            self.encode_batch = self.decode_batch = self.forward_batch = 0
        return 0
