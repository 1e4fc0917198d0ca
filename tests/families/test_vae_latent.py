import numpy as np
import pytest
import torch

from tritone.errors import UserError
from tritone.families.vae.latent import LatentBasis


def _correlated(frames: int, dims: int) -> torch.Tensor:
    torch.manual_seed(1)
    mixing = torch.randn(dims, dims, dtype=torch.float64) * torch.logspace(0, -2, dims, dtype=torch.float64)
    return (mixing @ torch.randn(dims, frames, dtype=torch.float64) + 3).float()[None]


def test_analysis_is_the_singular_value_decomposition() -> None:
    means = _correlated(500, 12)
    basis = LatentBasis(12)
    basis.analyse([means[..., :200], means[..., 200:]])
    frames = means[0].double().numpy()
    _, singular, axes = np.linalg.svd((frames - frames.mean(1, keepdims=True)).T, full_matrices=False)
    np.testing.assert_allclose(basis.variance, singular**2 / 500, rtol=1e-5)
    np.testing.assert_allclose(np.abs(np.sum(basis.basis.numpy() * axes, 1)), 1, atol=1e-4)
    np.testing.assert_allclose(basis.fidelity, np.cumsum(singular**2) / np.sum(singular**2), atol=1e-6)
    np.testing.assert_allclose(basis.mean, frames.mean(1), rtol=1e-5)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_fewer_frames_than_dimensions_still_give_a_whole_basis(frames: int) -> None:
    means = torch.randn(1, 128, frames)
    basis = LatentBasis(128)
    basis.analyse([means])
    torch.testing.assert_close(basis.basis @ basis.basis.T, torch.eye(128), rtol=0, atol=1e-5)
    assert basis.fidelity[-1] == pytest.approx(1.0)
    assert basis.dims_for(1.0) <= max(frames - 1, 1)
    torch.testing.assert_close(basis.restore(basis.rotate(means)), means, rtol=0, atol=1e-5)
    torch.testing.assert_close(basis.restore(basis.rotate(means)[:, :frames]), means, rtol=0, atol=1e-4)


def test_rotation_there_and_back_changes_nothing() -> None:
    basis = LatentBasis(16)
    basis.analyse([_correlated(100, 16)])
    latent = torch.randn(2, 16, 9)
    torch.testing.assert_close(basis.restore(basis.rotate(latent)), latent, rtol=0, atol=1e-5)


def test_fidelity_takes_the_smallest_number_of_axes() -> None:
    basis = LatentBasis(4)
    basis.fidelity.copy_(torch.tensor([0.5, 0.8, 0.95, 1.0]))
    assert [basis.dims_for(share) for share in (0.1, 0.5, 0.51, 0.8, 0.95, 0.96, 1.0)] == [1, 1, 2, 2, 3, 4, 4]
    for bad in (0.0, -1.0, 1.1):
        with pytest.raises(UserError, match="fidelity"):
            basis.dims_for(bad)


def test_correlation_between_frames_is_measured() -> None:
    generator = torch.Generator().manual_seed(0)
    walk = [torch.randn(2, 1, generator=generator)]
    pace = torch.tensor([[0.9], [0.3]])
    for _ in range(20_000):
        walk.append(pace * walk[-1] + (1 - pace.square()).sqrt() * torch.randn(2, 1, generator=generator))
    signal = torch.cat(walk, 1) * torch.tensor([[3.0], [1.0]])
    basis = LatentBasis(2)
    basis.analyse([signal[None]])
    torch.testing.assert_close(basis.correlation, torch.tensor([0.9, 0.3]), rtol=0, atol=0.03)


def test_without_sound_there_is_nothing_to_analyse() -> None:
    with pytest.raises(UserError, match="no sound"):
        LatentBasis(4).analyse([])
