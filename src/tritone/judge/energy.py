"""Energy that processors took, where the machine counts it: RAPL, as Linux gives it in /sys/class/powercap."""

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")


class EnergyMeter:
    """Counts from when it is made. Whole processors are counted, with all that runs on them."""

    def __init__(self, folder: Path = POWERCAP) -> None:
        packages = [path for path in sorted(folder.glob("intel-rapl:*")) if path.name.count(":") == 1]
        self._counters = {path: start for path in packages if (start := _read(path / "energy_uj")) is not None}

    def joules(self) -> float | None:
        """Energy since the beginning; None where the machine does not tell it, or not to everyone.

        A counter that began anew is taken to have done so once, which at full load takes minutes.
        """
        if not self._counters:
            return None
        total = 0
        for path, start in self._counters.items():
            now = _read(path / "energy_uj")
            if now is None:
                return None
            total += now - start if now >= start else now - start + (_read(path / "max_energy_range_uj") or 0)
        return total / 1e6


def _read(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
