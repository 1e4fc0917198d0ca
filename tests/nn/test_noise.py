import torch

from tritone.nn.noise import sample_normal, sample_uniform


def test_rows_depend_on_their_own_seed_alone():
    for draw in (sample_normal, sample_uniform):
        whole = draw([5, 6, 7], (2, 3))
        assert whole.shape == (3, 2, 3)
        assert torch.equal(whole[1:], draw(torch.tensor([6, 7]), (2, 3)))
        assert not torch.equal(whole[0], whole[1])
        assert draw([], (2,)).shape == (0, 2)


def test_a_row_is_torch_own_generator_with_that_seed():
    assert torch.equal(sample_normal([9], (4,))[0], torch.randn(4, generator=torch.Generator().manual_seed(9)))


def test_distributions():
    normal, uniform = sample_normal([1], (100_000,)), sample_uniform([1], (100_000,))
    assert abs(float(normal.mean())) < 0.02
    assert abs(float(normal.std()) - 1) < 0.02
    assert uniform.min() >= -1
    assert uniform.max() < 1
    assert abs(float(uniform.std()) - 3**-0.5) < 0.01


def test_global_state_is_left_alone():
    before = torch.get_rng_state()
    sample_normal([1, 2], (3,))
    assert torch.equal(torch.get_rng_state(), before)


def test_seeds_that_differ_in_their_upper_half_alone_are_different():
    rows = sample_normal([7, 7 + (1 << 32), 7 + (1 << 40), 7 + (5 << 50)], (8,))
    assert len({tuple(row.tolist()) for row in rows}) == 4
    assert torch.equal(sample_normal([7], (8,))[0], torch.randn(8, generator=torch.Generator().manual_seed(7)))
