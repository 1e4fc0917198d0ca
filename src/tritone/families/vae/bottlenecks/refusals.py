"""What a bottleneck cannot do, in one sentence."""

from tritone.errors import UserError
from tritone.families.vae.bottlenecks.base import Seeds


def nothing_is_drawn(name: str, seeds: Seeds | None) -> None:
    """UserError where a latent is to be sampled that has no distribution."""
    if seeds is not None:
        raise UserError(f"The latent of a {name} bottleneck is not drawn from anything; leave --sampled out.")


def nothing_is_filled(name: str, seeds: Seeds | None) -> None:
    """UserError where missing rows are to be drawn from N(0, 1), which they do not follow."""
    if seeds is not None:
        raise UserError(f"The latent of a {name} bottleneck has no dimensions to fill at random; leave --fill out.")
