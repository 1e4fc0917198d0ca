"""The style that a stream begins with: of a file, as `tritone reconstruct --style` has it."""

from pathlib import Path

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.families.vae.model import VAE
from tritone.nn.instance_norm import Style, measure
from tritone.play.sound import find_sounds, read_for
from tritone.play.windows import extent


def known_style(model: Synthesizer, target: Path, source: str, run: Path | str) -> Style:
    """What is known of the style of the file `target` before it plays.

    Where `source` is a file too, the style is the one that `reconstruct` gives it; else the source is left to be
    learned while it plays. UserError where the model takes no style, or a file cannot be read.
    """
    if "style" not in model.capabilities():
        raise UserError(f"--style needs a model that a style can enter, which {run} is not; train one of vae-v3.")
    assert isinstance(model, VAE)
    size, device = extent(model)[0], model.basis.mean.device
    (path,) = find_sounds([target])[:1]
    wanted = read_for(model, path).audio[..., :size].to(device)
    if Path(source).is_file():
        return model.learn_style(read_for(model, Path(source)).audio[..., :size].to(device), wanted)
    return Style((), measure(model, lambda: model.reconstruct(wanted)))
