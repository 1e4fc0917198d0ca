"""Importing a package that reports its use to its makers, so that it does not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

OPENVINO = "openvino_telemetry"
"""What OpenVINO reports every import with, unless the user opted out; where it cannot be had, OpenVINO does without."""


@contextmanager
def unreported(reporter: str = OPENVINO) -> Iterator[None]:
    """While it lasts, the package `reporter` cannot be imported; whoever asks for it has to do without."""
    missing = object()
    before = sys.modules.get(reporter, missing)
    sys.modules[reporter] = None  # type: ignore[assignment]  # how Python marks what is not to be imported
    try:
        yield
    finally:
        if before is missing:
            del sys.modules[reporter]
        else:
            sys.modules[reporter] = before  # type: ignore[assignment]
