"""Books of codes: exhaustive search in numpy, k-means, revival, and equality over processes."""

import numpy as np
import torch
from scipy.cluster import vq

from tritone.nn.adversarial import identity
from tritone.nn.codebooks import k_means, nearest, revive, shares, spread


def test_the_nearest_code_is_that_of_an_exhaustive_search():
    vectors, codes = torch.randn(300, 9), torch.randn(40, 9)
    distances = ((vectors.double().numpy()[:, None] - codes.double().numpy()[None]) ** 2).sum(2)
    np.testing.assert_array_equal(nearest(vectors, codes), distances.argmin(1))


def test_shares_are_counted():
    vectors, chosen = torch.randn(50, 3), torch.randint(0, 7, (50,), generator=torch.Generator().manual_seed(0))
    share, sums = shares(vectors, chosen, 8, identity)
    np.testing.assert_allclose(share, np.bincount(chosen, minlength=8) / 50, atol=1e-6)
    for code in range(8):
        np.testing.assert_allclose(sums[code], vectors[chosen == code].sum(0) / 50, atol=1e-6)


def test_dead_codes_go_beside_the_busiest_and_share_their_work():
    codes = torch.arange(6.0)[:, None].expand(6, 4)
    usage = torch.tensor([0.5, 0.001, 0.2, 0.0, 0.29, 0.009])
    new, share, moved = revive(codes, usage, torch.tensor(0.01), 3, least=0.005, full=0.1)
    assert moved.tolist() == [False, True, False, True, False, False]
    torch.testing.assert_close(new[3], codes[0], rtol=0, atol=0.05)  # the deadest beside the busiest
    torch.testing.assert_close(new[1], codes[4], rtol=0, atol=0.05)
    assert not torch.equal(new[3], codes[0])
    torch.testing.assert_close(share, torch.tensor([0.25, 0.145, 0.2, 0.25, 0.145, 0.009]))
    assert torch.equal(new[[0, 2, 4, 5]], codes[[0, 2, 4, 5]])
    again = revive(codes, usage, torch.tensor(0.01), 3, least=0.005, full=0.1)
    assert torch.equal(new, again[0])
    assert not torch.equal(new, revive(codes, usage, torch.tensor(0.01), 4, least=0.005, full=0.1)[0])


def test_no_code_is_taken_where_none_is_busy():
    codes, usage = torch.randn(4, 2), torch.tensor([0.0, 0.3, 0.3, 0.3])
    new, share, moved = revive(codes, usage, torch.tensor(1.0), 0, least=0.1, full=0.5)
    assert torch.equal(new, codes) and torch.equal(share, usage) and not moved.any()


def clusters() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    centres = 10 * torch.randn(8, 5, generator=generator)
    return centres, (centres[:, None] + 0.1 * torch.randn(8, 60, 5, generator=generator)).flatten(0, 1)


def test_k_means_finds_the_clusters():
    centres, vectors = clusters()
    book, usage = k_means(vectors, 16, identity, 0, 0.01 / 16)
    left = spread(vectors, book[nearest(vectors, book)], identity)
    assert left < 0.15
    assert torch.cdist(centres, book).amin(1).max() < 0.3
    assert abs(usage.sum() - 1) < 1e-5


def test_k_means_comes_as_near_as_scipys():
    vectors = torch.randn(2000, 4, generator=torch.Generator().manual_seed(0)) * torch.tensor([3.0, 1.0, 1.0, 0.3])
    book, _ = k_means(vectors, 32, identity, 0, 0.05 / 32)
    ours = (vectors - book[nearest(vectors, book)]).square().sum(1).mean().item()
    theirs = vq.vq(vectors.numpy(), vq.kmeans2(vectors.numpy(), 32, minit="++", rng=0)[0])[1]
    assert ours < 1.15 * (theirs**2).mean()


def test_k_means_is_the_same_in_two_processes():
    """Each half meets the other's statistics through `mean`: both are run in turn until all their means are known."""
    _, vectors = clusters()
    vectors = vectors[torch.randperm(len(vectors), generator=torch.Generator().manual_seed(1))]
    whole, _ = k_means(vectors, 8, identity, 0, 0.001)
    known: list[torch.Tensor] = []
    while True:
        asked: list[list[torch.Tensor]] = []
        for half in vectors.chunk(2):
            asked.append([])

            def mean(value: torch.Tensor, mine: list[torch.Tensor] = asked[-1]) -> torch.Tensor:
                mine.append(value)
                return known[len(mine) - 1] if len(mine) <= len(known) else value

            book, _ = k_means(half, 8, mean, 0, 0.001)
        if len(known) == len(asked[0]):
            break
        known.append((asked[0][len(known)] + asked[1][len(known)]) / 2)
    torch.testing.assert_close(book, whole, rtol=1e-4, atol=1e-4)
