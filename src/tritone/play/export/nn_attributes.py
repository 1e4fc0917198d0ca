"""What a patch can set or get of an nn~ file, but for styles: numbers that the methods read at the next block."""

import torch
from torch import nn

BOOL, INT, FLOAT = 0, 1, 2
"""nn~'s codes for the types of attributes."""


class NnAttributes(nn.Module):
    """Getters and setters by the names that nn~ asks for; a setter answers 0 where it took the value, else -1."""

    methods: list[str]
    attributes: list[str]
    rate: int
    host_rate: int
    latency: int
    all_dims: int
    dims: int
    seed: int
    temperature: float
    noise: float

    @torch.jit.unused
    def add_method(self, name: str, given: tuple[int, int, list[str]], result: tuple[int, int, list[str]]) -> None:
        """What nn~ wants to know of a method: channels, samples a frame and labels, of what it takes and gives."""
        self.register_buffer(f"{name}_params", torch.tensor([given[0], given[1], result[0], result[1]]))
        setattr(self, f"{name}_input_labels", given[2])
        setattr(self, f"{name}_output_labels", result[2])

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
