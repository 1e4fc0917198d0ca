"""A few hundred strange inputs for every reader, the same ones at every run; tools/fuzz tries others for minutes."""

import shutil
from contextlib import nullcontext

import fuzzing
import fuzzing_live
import pytest
from fuzzing_listen import served
from hypothesis import HealthCheck, given, settings

TARGETS = {
    "sound files": lambda: nullcontext(fuzzing.sounds()),
    "configurations": lambda: nullcontext(fuzzing.configs()),
    "checkpoints": lambda: nullcontext(fuzzing.checkpoints()),
    "imports": lambda: nullcontext(fuzzing.imports()),
    "listening server": served,
    "live control": lambda: nullcontext(fuzzing_live.live()),
    "fetched models": lambda: nullcontext(fuzzing_live.fetched()),
}
EXAMPLES = {"configurations": 100, "checkpoints": 150, "imports": 40, "fetched models": 25}


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_nothing_but_a_result_or_a_sentence(name, tmp_path):
    with TARGETS[name]() as target:

        @settings(
            max_examples=EXAMPLES.get(name, 250), derandomize=True, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(target.inputs)
        def holds(strange):
            folder = tmp_path / "own"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            target.check(folder, strange)

        holds()
