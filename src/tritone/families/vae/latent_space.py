"""By what latents are known to belong to a model."""

import hashlib
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from tritone.families.vae.model import VAE


def latent_space(vae: "VAE") -> str | None:
    """16 hexadecimal digits that models share whose latents mean the same; None before the latent was analysed.

    It follows from the axes and the code books, which no two trainings have in common, and which further training of
    the decoder alone leaves as they are.
    """
    if torch.equal(vae.basis.basis, torch.eye(vae.basis.dims, device=vae.basis.basis.device)):
        return None
    digest = hashlib.blake2b(digest_size=8)
    for module in (vae.basis, vae.bottleneck):
        for tensor in module.state_dict().values():
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
