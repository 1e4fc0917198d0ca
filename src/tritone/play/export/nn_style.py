"""What a patch can turn of styles in an nn~ file: `tritone.nn.streaming.style` on the states of its methods.

The names are those of RAVE version 3 in acids-rave, so a patch made for that finds them, and `style` beside them.
"""

import torch
from torch import Tensor

from tritone.families.vae.streaming import StreamingVAE
from tritone.nn.streaming.style import SOURCE, TARGET, carried, with_amount, with_learning, without
from tritone.play.export.nn_attributes import NnAttributes


class NnStyles(NnAttributes):
    """The states of the methods, and what is learned in them of a style, where the stream has places for one.

    Each method learns of what it hears itself, from the next block on; `forward` in both its halves. A state that
    begins anew knows what the one before it knew.
    """

    stream: StreamingVAE
    encode_state: list[Tensor]
    decode_state: list[Tensor]
    forward_encode_state: list[Tensor]
    forward_decode_state: list[Tensor]
    encoder_styles: list[int]
    decoder_styles: list[int]

    def __init__(self, stream: StreamingVAE) -> None:
        super().__init__()
        self.encode_state, self.decode_state = [], []
        self.forward_encode_state, self.forward_decode_state = [], []
        self.encoder_styles, self.decoder_styles = stream.encoder_styles, stream.decoder_styles
        self.source, self.target = SOURCE, TARGET
        self.style, self.learn_source, self.learn_target = 1.0, False, False

    def begun(self, fresh: list[Tensor], before: list[Tensor], slots: list[int]) -> list[Tensor]:
        """A state that has heard nothing, with the styles of the one `before` it, if there was one."""
        if len(slots) == 0:
            return fresh
        if len(before) > 0:
            return carried(fresh, before, slots)
        made, first = with_amount(fresh, slots, self.style), max(0, int(fresh[0].item()))
        if self.learn_source:
            made = with_learning(made, slots, self.source, True, first)
        if self.learn_target:
            made = with_learning(made, slots, self.target, True, first)
        return made

    def learn(self, sound: int, on: bool) -> None:
        """Every method that has played learns `sound` from its next block on, or, not `on`, no longer."""
        if len(self.encode_state) > 0:
            first = int(self.encode_state[0].item())
            self.encode_state = with_learning(self.encode_state, self.encoder_styles, sound, on, first)
        if len(self.decode_state) > 0:
            first = int(self.decode_state[0].item())
            self.decode_state = with_learning(self.decode_state, self.decoder_styles, sound, on, first)
        if len(self.forward_encode_state) > 0:
            first = int(self.forward_encode_state[0].item())
            self.forward_encode_state = with_learning(self.forward_encode_state, self.encoder_styles, sound, on, first)
            self.forward_decode_state = with_learning(self.forward_decode_state, self.decoder_styles, sound, on, first)

    def forget(self, sound: int) -> None:
        """Every method that has played forgets what it learned of `sound`."""
        if len(self.encode_state) > 0:
            self.encode_state = without(self.encode_state, self.encoder_styles, sound)
        if len(self.decode_state) > 0:
            self.decode_state = without(self.decode_state, self.decoder_styles, sound)
        if len(self.forward_encode_state) > 0:
            self.forward_encode_state = without(self.forward_encode_state, self.encoder_styles, sound)
            self.forward_decode_state = without(self.forward_decode_state, self.decoder_styles, sound)

    @torch.jit.export
    def get_style(self) -> float:
        """How much of the style that was learned is heard."""
        return self.style

    @torch.jit.export
    def set_style(self, style: float) -> int:
        """From 0 to 1; every method glides there over its next block."""
        if not 0.0 <= style <= 1.0:
            return -1
        self.style = style
        if len(self.encode_state) > 0:
            self.encode_state = with_amount(self.encode_state, self.encoder_styles, style)
        if len(self.decode_state) > 0:
            self.decode_state = with_amount(self.decode_state, self.decoder_styles, style)
        if len(self.forward_encode_state) > 0:
            self.forward_encode_state = with_amount(self.forward_encode_state, self.encoder_styles, style)
            self.forward_decode_state = with_amount(self.forward_decode_state, self.decoder_styles, style)
        return 0

    @torch.jit.export
    def get_learn_source(self) -> bool:
        """Whether what comes in is learned as the sound whose style is taken away."""
        return self.learn_source

    @torch.jit.export
    def set_learn_source(self, learn_source: bool) -> int:
        """Begins or ends to learn it; twice the same changes nothing."""
        if learn_source != self.learn_source:
            self.learn_source = learn_source
            self.learn(self.source, learn_source)
        return 0

    @torch.jit.export
    def get_learn_target(self) -> bool:
        """Whether what comes in is learned as the sound whose style is given."""
        return self.learn_target

    @torch.jit.export
    def set_learn_target(self, learn_target: bool) -> int:
        """Begins or ends to learn it; twice the same changes nothing."""
        if learn_target != self.learn_target:
            self.learn_target = learn_target
            self.learn(self.target, learn_target)
        return 0

    @torch.jit.export
    def get_reset_source(self) -> bool:
        """Never set for long."""
        return False

    @torch.jit.export
    def set_reset_source(self, reset_source: bool) -> int:
        """Forgets the sound whose style is taken away."""
        if reset_source:
            self.forget(self.source)
        return 0

    @torch.jit.export
    def get_reset_target(self) -> bool:
        """Never set for long."""
        return False

    @torch.jit.export
    def set_reset_target(self, reset_target: bool) -> int:
        """Forgets the sound whose style is given."""
        if reset_target:
            self.forget(self.target)
        return 0
