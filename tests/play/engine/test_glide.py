import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tritone.play.engine.glide import Glide


@given(st.floats(-5, 5), st.floats(-5, 5), st.integers(1, 50), st.lists(st.integers(1, 20), min_size=1, max_size=12))
def test_a_straight_line_however_it_is_cut(start, end, steps, pieces):
    glide = Glide(start, steps)
    glide.move(end)
    told = np.concatenate([np.broadcast_to(glide.next(count), count) for count in pieces])
    part = np.minimum(np.arange(1, len(told) + 1) / steps, 1)
    assert np.allclose(told, start + (end - start) * part, atol=1e-5)
    if len(told) >= steps:
        assert glide.resting and told[-1] == np.float32(end)


def test_a_new_target_on_the_way_starts_from_where_it_is():
    glide = Glide([0.0, 1.0], 4)
    glide.move([4.0, 1.0])
    assert glide.next(2).tolist() == [[1, 2], [1, 1]]
    glide.move([2.0, 5.0])
    assert glide.next(5).tolist() == [[2, 2, 2, 2, 2], [2, 3, 4, 5, 5]]
    assert glide.next(3).tolist() == [[2], [5]]


def test_the_same_target_again_moves_nothing():
    glide = Glide(1.0, 8)
    glide.move(1.0)
    assert glide.resting and glide.next(3).tolist() == [1.0]
