"""Tries strange inputs on one reader for some minutes of CPU: `run.py "sound files" --minutes 10 [--seed 0]`.

Prints every new failure with its input, and notes minutes and inputs in results.json.
"""

import json
import os
import shutil
import sys
import time
import traceback
import warnings
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
ROUND = 2000
"""Inputs of one seed."""
sys.path[:0] = [str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "src")]

from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from test_fuzzing import TARGETS  # noqa: E402


def main() -> int:
    """Fuzz one target; the exit status says whether anything failed."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    begun, tried, failures = time.process_time(), 0, {}
    end = begun + 60 * args.minutes
    with TemporaryDirectory(prefix="fuzz-") as place, TARGETS[args.target]() as target:
        folder = Path(place, "own")

        def once(strange: object) -> None:
            nonlocal tried
            if time.process_time() > end:
                return
            tried += 1
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                target.check(folder, strange)
            except Exception as error:
                last = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{type(error).__name__} at {os.path.basename(last.filename)}:{last.lineno}"
                if where not in failures:
                    failures[where] = repr(strange)[:400]
                    print(f"{where}: {error}\n{failures[where]}", flush=True)
                    traceback.print_exc()

        number = args.seed
        while time.process_time() < end:
            quiet = settings(
                max_examples=ROUND, deadline=None, database=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            seed(number)(quiet(given(target.inputs)(once)))()
            number += 1
    _note(args.target, (time.process_time() - begun) / 60, tried, len(failures))
    return int(bool(failures))


def _note(name: str, minutes: float, tried: int, failures: int) -> None:
    """Add to what was done of this target before."""
    rows = {row["target"]: row for row in json.loads(RESULTS.read_text("utf-8"))}
    row = rows.setdefault(name, {"target": name, "minutes": 0.0, "executions": 0, "failures": 0})
    row["minutes"], row["executions"] = round(row["minutes"] + minutes, 2), row["executions"] + tried
    row["failures"] = failures
    RESULTS.write_text(json.dumps(list(rows.values()), indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{name}: {tried:,} inputs in {minutes:.1f} minutes, {failures} failures")


if __name__ == "__main__":
    sys.exit(main())
