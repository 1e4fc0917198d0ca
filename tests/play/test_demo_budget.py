"""How the time of a demo is shared out."""

import pytest

from tritone.errors import UserError
from tritone.play.demo.budget import AROUND_TRAINING, COUNTS, LEAST_TRAINING, Clock, Work, checked_minutes
from tritone.play.demo.pace import LEAST, slowness


def work(slowness: float = 1.0) -> Work:
    return Work(systems=5, known=240, known_seconds=480.0, slowness=slowness)


@pytest.mark.parametrize("left", [100.0, 160.0, 215.0, 400.0, 2000.0])
@pytest.mark.parametrize("slow", [0.5, 1.0])
def test_training_and_judging_fill_the_time_that_is_left(left, slow):
    training = work(slow).training(left)
    if training > LEAST_TRAINING:
        after = left - training - slow * AROUND_TRAINING
        assert any(after == pytest.approx(work(slow).judging(count)) for count in COUNTS)
        assert work(slow).count(after + 0.01) in COUNTS


def test_more_time_never_means_less_training_once_most_sounds_are_judged():
    whole = work().judging(COUNTS[0]) + 100
    assert work().training(whole + 50) == pytest.approx(work().training(whole) + 50)
    assert work().count(whole) == COUNTS[0]


def test_a_slower_machine_trains_less_and_judges_fewer_but_always_something():
    quick, slow, hopeless = work(1.0), work(2.0), work(40.0)
    assert quick.training(215) > slow.training(215) >= hopeless.training(215) == LEAST_TRAINING
    assert quick.count(150) > slow.count(150) >= hopeless.count(150) == COUNTS[-1] >= 12


def test_the_clock_runs_from_its_beginning(monkeypatch):
    monkeypatch.setattr("time.monotonic", lambda: 107.0)
    clock = Clock(60.0, begun=100.0)
    assert clock.passed == 7.0 and clock.left == 53.0


def test_too_few_minutes_are_refused_with_how_many_it_takes():
    with pytest.raises(UserError, match=r"--minutes 1 is too little.*at least 1\.5"):
        checked_minutes(1.0)
    assert checked_minutes(1.5) == 1.5


def test_the_pace_of_this_machine_is_a_number_of_times():
    assert slowness() >= LEAST
