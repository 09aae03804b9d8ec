# make install     .venv with all of it; the others do so by themselves
# make demo        simulate a wardrobe, learn from its garments: train, score, export, serve (DATA=photos: of your own)
# make test        the tests (minutes); also makes and fills .venv where it is missing or out of date
# make test-full   all tests, the slow ones too; installs what they need
# make lint        ruff and mypy
# make bench       speed beside named peers
# make clean       remove what can be made again; runs/ and results/ stay

PYTHON ?= python3
DATA ?=
RUNS ?= runs
PIP_FLAGS ?=
BIN := .venv/bin
READY := .venv/.installed
READY_FULL := .venv/.installed-full

.PHONY: help install demo test test-full lint bench clean

help:
	@sed -n 's/^# make/make/p' Makefile

install: $(READY)

demo:
	@sh scripts/demo.sh "$(DATA)" $(RUNS)

# A process a core, each of one thread, takes whole files: half the time of one process with all threads. In the files'
# order, where the long ones come early; by number of tests they would come last, and one process would wait for the other.
# Many tests start processes, which read the byte code that others wrote, also where the shell says not to write any.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

test: $(READY)
	$(PYTEST) -m "not slow"

test-full: $(READY_FULL)
	$(PYTEST)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/fitroom bench data
	$(BIN)/fitroom bench recognizer
	$(BIN)/fitroom bench wardrobe

clean:
	rm -rf build site .pytest_cache .mypy_cache .ruff_cache src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# torch first: it is the largest part, and a failure there is the clearest to read.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "fitroom needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)." >&2; \
		echo "Name another one, for example: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet $(PIP_FLAGS) -c constraints.txt torch torchvision
	$(BIN)/pip install --quiet $(PIP_FLAGS) -c constraints.txt -e '.[dev]'
	@touch $@

# What only the longer tests need.
$(READY_FULL): $(READY)
	$(BIN)/pip install --quiet $(PIP_FLAGS) -c constraints.txt -e '.[dev,fuzz,ray]'
	@touch $@
