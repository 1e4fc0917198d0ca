"""`make bench`: every benchmark one after another, its JSON into benchmarks/results, and docs/numbers.md made of them.

With --quick the JSON and the page go into benchmarks/results/quick instead, so that they never replace the real ones.
Exits 1 where a bar does not hold or a benchmark fails.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numbers_page

HERE = Path(__file__).parent
NAMES = (
    "data_loader", "vae_parity", "vae_speed", "vae_offline", "vae_quality", "stream_equality", "stream_speed",
    "import_parity", "feature_parity", "gan_speed",
    "gan_convergence", "gan_loops", "diffusion_samplers", "diffusion_parity", "diffusion_speed",
    "diffusion_latent_speed", "diffusion_quality", "judge_sanity", "listen_load", "listen_power",
)  # fmt: skip


def run(name: str, results: Path, quick: bool) -> str:
    """Run one benchmark; an account of it in one line that begins with "ok" where all is well."""
    target = results / f"{name}.json"
    target.unlink(missing_ok=True)
    begun = time.monotonic()
    command = [sys.executable, str(HERE / f"{name}.py"), "--json", str(target), *(["--quick"] if quick else [])]
    status = subprocess.run(command, check=False).returncode
    minutes = f"{(time.monotonic() - begun) / 60:.1f} min"
    if not target.exists():
        return f"FAILED  {name}: exit status {status} and no result after {minutes}"
    missed = [row["what"] for row in json.loads(target.read_text("utf-8"))["rows"] if row["holds"] is False]
    if missed:
        return f"MISSED  {name}: {len(missed)} bars ({'; '.join(missed)}), {minutes}"
    return f"ok      {name}: {minutes}" if status == 0 else f"FAILED  {name}: exit status {status}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats, a few minutes each")
    quick = parser.parse_args().quick
    results = HERE / "results" / "quick" if quick else HERE / "results"
    results.mkdir(parents=True, exist_ok=True)
    accounts = [run(name, results, quick) for name in NAMES]
    numbers_page.main(results, results / "numbers.md" if quick else numbers_page.PAGE)
    print("\n".join(accounts))
    sys.exit(any(not account.startswith("ok") for account in accounts))


if __name__ == "__main__":
    main()
