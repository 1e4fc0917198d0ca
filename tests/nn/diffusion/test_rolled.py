"""Loops that begin somewhere else at every evaluation."""

import torch

from tritone.nn.diffusion.rolled import Rolled


def places(seeds, evaluations, size=1000):
    """Where the first sample of each row stood in each evaluation, `(evaluations, rows)`."""
    seen = []

    def denoise(x, sigma):
        seen.append(x.argmax(-1)[:, 0])
        return x

    rolled, x = Rolled(denoise, seeds), torch.zeros(len(seeds), 1, size)
    x[..., 0] = 1
    for _ in range(evaluations):
        torch.testing.assert_close(rolled(x, torch.ones(len(seeds))), x, rtol=0, atol=0)
    return torch.stack(seen)


def test_what_does_not_look_at_its_place_is_not_changed():
    x, sigma = torch.randn(3, 2, 17), torch.tensor([0.1, 1.0, 2.0])
    made = Rolled(lambda x, sigma: torch.tanh(x) * sigma[:, None, None], [1, 2, 3])(x, sigma)
    torch.testing.assert_close(made, torch.tanh(x) * sigma[:, None, None], rtol=0, atol=0)


def test_every_evaluation_begins_elsewhere_and_all_places_come_up():
    found = places(range(50), 40)
    assert len(found[:, 0].unique()) > 35 and len(found[0].unique()) > 40
    counts = torch.bincount(found.flatten() // 100, minlength=10).double()
    expected = found.numel() / 10
    assert float(((counts - expected) ** 2 / expected).sum()) < 27.9, "chi squared, 9 degrees of freedom, 0.1 %"


def test_a_row_follows_from_its_own_seed():
    torch.testing.assert_close(places([5, 7, 9], 6)[:, 1], places([7], 6)[:, 0], rtol=0, atol=0)
    assert not torch.equal(places([7], 6), places([8], 6))
    tensor = torch.tensor([7, 8])
    torch.testing.assert_close(places(tensor, 3), places([7, 8], 3), rtol=0, atol=0)
