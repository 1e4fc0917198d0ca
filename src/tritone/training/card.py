"""The model card of a run: README.md, renewed with every checkpoint."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tritone.config import RunConfig
from tritone.training.atomic import write_text
from tritone.training.display import duration

CARD = """---
library_name: tritone
tags: [audio, {family}]
license: unknown  # the licence of this model is yours to choose; it follows from the licence of the sound
---
# {title}

A {family} trained with Tritone {version} on `{data}`.

| | |
|---|---|
{rows}

## Data
{summary}

## Continue and use
```
{command}
tritone inspect {run}
```
`config.yaml` holds every setting, `log.jsonl` the losses, `previews/` what it sounded like on the way.
The weights that are played are `checkpoints/step-N/model.safetensors`; `checkpoints/latest` and `best` name a step.
"""


def write_card(
    run: Path, config: RunConfig, step: int, seconds: float, best: Mapping[str, float], data: Mapping[str, Any]
) -> None:
    """Writes RUN/README.md, unless its user has taken it over by removing the line that names the library."""
    target = run / "README.md"
    if target.exists() and "library_name: tritone" not in target.read_text(encoding="utf-8", errors="replace"):
        return
    rows = {
        "family, preset": f"{config.family}, {config.preset or 'none'}",
        "steps": f"{step:,} of {config.training.steps:,}, batch {config.training.batch}",
        "time": duration(seconds),
        "best held-out distance": f"{best['distance']:.4g} at step {best['step']:,}" if best else "not measured yet",
        "seed, precision": f"{config.training.seed}, {config.training.precision}",
        **({"began with the weights of": f"`{config.start}`"} if config.start else {}),
    }
    preset = f" --preset {config.preset}" if config.preset and not config.start else ""
    preset += f" --from {config.start}" if config.start else ""
    text = CARD.format(
        family=config.family,
        title=run.name,
        version=config.version,
        data=config.data,
        rows="\n".join(f"| {name} | {value} |" for name, value in rows.items()),
        summary="\n".join(f"- {name}: {_short(value)}" for name, value in data.items()) or "- no summary",
        command=f"tritone train {config.family} {config.data} --out {run}{preset}",
        run=run,
    )
    write_text(target, text)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
