# Two commands for a fresh machine with Python >= 3.11: `make demo` and `make test`.
# Each makes .venv when it is missing, installs the pinned requirements and goes on.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready
BENCH_READY := .venv-bench/.ready
SIGNALS := tests/training/test_resume.py

.PHONY: demo test journeys lint bench models clean

demo: $(READY)
	$(BIN)/tritone demo --out report

# Tests that send signals to their own process have one of their own.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" $(SIGNALS)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" $(SIGNALS:%=--ignore %) -n 2 --dist worksteal

journeys: $(READY)
	$(BIN)/python -m pytest -m slow --timeout=1200

lint: $(READY)
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: $(BENCH_READY)
	.venv-bench/bin/python benchmarks/all.py

models: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python tools/make_models.py

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Tritone needs Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python3.12"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(BENCH_READY): requirements.lock benchmarks/requirements.lock benchmarks/setup.py pyproject.toml
	@test -n "$(PYTHON)" || { echo "Tritone needs Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python3.12"; exit 2; }
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.lock
	.venv-bench/bin/python benchmarks/setup.py
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf .venv .venv-bench build dist report
