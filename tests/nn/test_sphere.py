import numpy as np
import torch

from tritone.nn.sphere import angles, from_angles, on_sphere


def test_vectors_lie_on_the_sphere():
    vectors = on_sphere(torch.randn(3, 16, 50) * 7)
    np.testing.assert_allclose(np.linalg.norm(vectors.numpy(), axis=1), 1, atol=1e-6)
    assert torch.equal(on_sphere(torch.zeros(1, 4, 2)), torch.zeros(1, 4, 2))


def test_angles_are_the_textbooks():
    """In three dimensions: the angle from the first axis, and that in the plane of the others."""
    vector = on_sphere(torch.tensor([[[0.2], [-0.5], [-0.7]]], dtype=torch.float64))
    x, y, z = vector.flatten().numpy()
    np.testing.assert_allclose(angles(vector).flatten(), [np.arccos(x), np.arctan2(z, y)], atol=1e-12)


def test_there_and_back():
    for dims in (2, 3, 16):
        vectors = on_sphere(torch.randn(2, dims, 200, dtype=torch.float64))
        seen = angles(vectors)
        assert seen.shape == (2, dims - 1, 200)
        torch.testing.assert_close(from_angles(seen), vectors, rtol=0, atol=1e-12)
        assert (seen[:, :-1] >= 0).all() and (seen.abs() <= np.pi).all()


def test_any_angles_give_unit_vectors():
    np.testing.assert_allclose(np.linalg.norm(from_angles(torch.randn(1, 15, 30) * 20).numpy(), axis=1), 1, atol=1e-5)


def test_the_axes_themselves_have_angles():
    for vectors in (torch.eye(5)[None], -torch.eye(5)[None]):
        torch.testing.assert_close(from_angles(angles(vectors)), vectors, rtol=0, atol=1e-6)
