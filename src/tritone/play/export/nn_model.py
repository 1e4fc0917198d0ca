"""The module inside an nn~ file: a streaming VAE, its states, and the attributes that a patch can set.

What nn~ asks of a TorchScript file is all by name: `get_methods()` and `get_attributes()`; for every method m a buffer
`m_params` (channels and samples a frame, in and out) and labels of the inlets and outlets; for every attribute a buffer
`a_params` (type codes), `get_a` and `set_a`, which answers 0 where it took the value. Methods map float32
`(batch, channels, time)`. nn~ holds the last sample of every frame on the way in and repeats frames on the way out.
"""

import torch
from torch import Tensor, nn

from tritone.families.vae.streaming import StreamingVAE
from tritone.families.vae.streaming_bottleneck import Axes
from tritone.play.export.nn_noise import hashed_normal, hashed_uniform

BOOL, INT, FLOAT = 0, 1, 2
"""nn~'s codes for the types of attributes."""
KINDS = {"Axes": "latent", "Codes": "code of level", "Angles": "angle"}
"""What the rows of a latent are called on inlets and outlets."""
SIDES = {1: [""], 2: [" left", " right"]}


class NnModel(nn.Module):
    """A StreamingVAE as nn~ plays it; made to be scripted.

    `encode`, `decode` and `forward` keep a state each, so one instance can play all three; a state begins anew where
    the batch changes and at `set reset 1`. All weights are there once. What is random follows from `seed`, the row of
    the batch and the time since the state began, whatever the size of the blocks.

    Attributes: `dims` (axes of the latent in use, the others rest or follow `temperature`), `temperature` (deviation of
    the axes that are not in use, 0 at first), both where the latent has axes; `noise` (gain of the noise branch, or of
    the channels of noise beside the latent, where there are any); `seed`, `reset`; and to be read only `latency`
    (samples by which `forward` comes later than offline) and `rate` (samples a second).
    """

    encode_state: list[Tensor]
    decode_state: list[Tensor]
    forward_encode_state: list[Tensor]
    forward_decode_state: list[Tensor]

    def __init__(self, stream: StreamingVAE) -> None:
        super().__init__()
        self.stream = stream
        self.channels, self.ratio, self.all_dims = stream.channels, stream.ratio, stream.dims
        self.on_axes = isinstance(stream.bottleneck, Axes)
        self.beside, self.hidden = stream.beside, stream.fill_rows - stream.beside
        self.noise_bands, self.noise_rate = stream.noise_bands, stream.noise_rate
        self.encoder_lag = stream.encoder_lag
        self.latency, self.rate = stream.latency_samples, stream.sample_rate
        self.host_rate, self.dims, self.seed = stream.sample_rate, stream.dims, 0
        self.temperature, self.noise = 0.0, 1.0
        self.encode_state, self.decode_state = [], []
        self.forward_encode_state, self.forward_decode_state = [], []
        self.encode_batch = self.decode_batch = self.forward_batch = 0
        self.decode_frames = self.forward_frames = 0
        self.methods = ["forward", "encode", "decode"]
        self.attributes = ["dims", "temperature"] if self.on_axes else []
        self.attributes += ["noise"] if self.noise_bands or self.beside else []
        self.attributes += ["seed", "reset", "latency", "rate"]
        types = {"temperature": FLOAT, "noise": FLOAT, "reset": BOOL}
        for name in self.attributes:
            self.register_buffer(f"{name}_params", torch.tensor([types.get(name, INT)]))
        sound = [f"(signal) sound{side}" for side in SIDES[self.channels]]
        row = KINDS[type(stream.bottleneck).__name__]
        self.rows = latent = [f"(signal) {row} {number + 1}" for number in range(self.all_dims)]
        self.add_method("forward", (self.channels, 1, sound), (self.channels, 1, sound))
        self.add_method("encode", (self.channels, 1, sound), (self.all_dims, self.ratio, latent))
        self.add_method("decode", (self.all_dims, self.ratio, latent), (self.channels, 1, sound))

    @torch.jit.unused
    def add_method(self, name: str, given: tuple[int, int, list[str]], result: tuple[int, int, list[str]]) -> None:
        """What nn~ wants to know of a method: channels, samples a frame and labels, of what it takes and gives."""
        self.register_buffer(f"{name}_params", torch.tensor([given[0], given[1], result[0], result[1]]))
        setattr(self, f"{name}_input_labels", given[2])
        setattr(self, f"{name}_output_labels", result[2])

    def forward(self, sound: Tensor) -> Tensor:
        """Sound `(batch, channels, n * ratio)` through the latent and back, `latency` samples late."""
        self.check_sound(sound)
        batch = sound.shape[0]
        if batch != self.forward_batch:
            self.forward_batch, self.forward_frames = batch, 0
            self.forward_encode_state = self.stream.encoder_state(batch)
            self.forward_decode_state = self.stream.decoder_state(batch, -self.encoder_lag)
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
            self.encode_state = self.stream.encoder_state(sound.shape[0])
        latent, self.encode_state = self.stream.encode(sound, self.encode_state)
        return latent * self.in_use()

    @torch.jit.export
    def decode(self, latent: Tensor) -> Tensor:
        """Latents `(batch, dims, n)` to sound `(batch, channels, n * ratio)`."""
        if latent.dim() != 3 or latent.shape[1] != self.all_dims:
            raise ValueError(f"decode takes latents (batch, {self.all_dims}, frames), not {latent.shape}.")
        if latent.shape[0] != self.decode_batch:
            self.decode_batch, self.decode_frames = latent.shape[0], 0
            self.decode_state = self.stream.decoder_state(latent.shape[0])
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
    def get_methods(self) -> list[str]:
        """What nn~ can play."""
        return self.methods

    @torch.jit.export
    def get_attributes(self) -> list[str]:
        """What a patch can set or get."""
        return self.attributes

    @torch.jit.export
    def get_sample_rate(self) -> int:
        """Samples a second that the model was trained at."""
        return self.rate

    @torch.jit.export
    def set_sample_rate(self, sample_rate: int | None) -> None:
        """The host tells its rate; the model keeps its own, so at another rate it sounds higher or lower."""
        if sample_rate is not None:
            self.host_rate = sample_rate

    @torch.jit.export
    def get_dims(self) -> int:
        """Axes of the latent in use."""
        return self.dims

    @torch.jit.export
    def set_dims(self, dims: int) -> int:
        """Refused outside 0 to the axes in the file, and where the latent has codes or angles, not axes."""
        if dims < 0 or dims > self.all_dims or not self.on_axes:
            return -1
        self.dims = dims
        return 0

    @torch.jit.export
    def get_temperature(self) -> float:
        """Deviation of the axes that are not in use."""
        return self.temperature

    @torch.jit.export
    def set_temperature(self, temperature: float) -> int:
        """Any number."""
        self.temperature = temperature
        return 0

    @torch.jit.export
    def get_noise(self) -> float:
        """Gain of the noise."""
        return self.noise

    @torch.jit.export
    def set_noise(self, noise: float) -> int:
        """Any number; 1 is what was learned."""
        self.noise = noise
        return 0

    @torch.jit.export
    def get_seed(self) -> int:
        """What everything random follows from."""
        return self.seed

    @torch.jit.export
    def set_seed(self, seed: int) -> int:
        """Any whole number; the time goes on."""
        self.seed = seed
        return 0

    @torch.jit.export
    def get_reset(self) -> bool:
        """Never set for long."""
        return False

    @torch.jit.export
    def set_reset(self, reset: bool) -> int:
        """Forgets all sound and begins anew, the random numbers too."""
        if reset:
            self.encode_batch = self.decode_batch = self.forward_batch = 0
        return 0

    @torch.jit.export
    def get_latency(self) -> int:
        """Samples by which `forward` comes later than the same offline; nn~'s own buffer comes on top."""
        return self.latency

    @torch.jit.export
    def set_latency(self, latency: int) -> int:
        """Refused: it follows from the network."""
        return -1

    @torch.jit.export
    def get_rate(self) -> int:
        """Samples a second that the model was trained at."""
        return self.rate

    @torch.jit.export
    def set_rate(self, rate: int) -> int:
        """Refused: the model was trained at one rate."""
        return -1
