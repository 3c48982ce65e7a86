# Two commands do all the set-up: `make demo` and `make test`.

PYTHON ?= $(shell command -v python3.11 || echo python3)
PIP_ARGS ?=
PHOTO ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Python compiles what it uses when it uses it; compiling all of torch beforehand takes longer than the demo.
INSTALL := $(PIP) install --quiet --no-compile --constraint constraints.txt $(PIP_ARGS)
COVERED := core geometry losses face training app

.PHONY: help demo test check coverage fix docs bench scale train-small system clean
.DEFAULT_GOAL := help

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16
	@echo "  variables: PHOTO=me.jpg  PYTHON=python3.12  PIP_ARGS='--index-url ...' (another build of torch)"

demo: .venv/installed ## install, then make out/demo from a portrait, or from PHOTO=me.jpg
	$(BIN)/mien demo --out out/demo $(if $(PHOTO),--photo '$(PHOTO)')

test: .venv/installed-for-tests check ## install everything, then all checks and tests

# Each process of the tests uses one core: there are as many processes as cores.
check: export OMP_NUM_THREADS = 1
check: ## all checks and tests, without installing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q -n 2 --cov=mienkit --cov-report=
	@$(MAKE) --no-print-directory coverage

coverage: ## hold the coverage of the last tests to 90 % in every part that has a floor
	@for part in $(COVERED); do \
	  printf 'coverage %-9s ' $$part; \
	  $(BIN)/coverage report --format=total --precision=1 --fail-under=90 --include="src/mienkit/$$part/*" || \
	    { $(BIN)/coverage report --show-missing --skip-covered --include="src/mienkit/$$part/*"; exit 1; }; \
	done

fix: ## format, and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/installed ## write the API reference from the docstrings
	$(BIN)/python docs/reference/build.py

bench: .venv/installed ## measure how fast it is on this machine
	$(BIN)/python -m bench

scale: .venv/installed-for-tests ## measure what a million photographs cost on many machines, and write it into its guide
	$(BIN)/python -m bench.scale

train-small: .venv/installed ## train every model for some minutes on drawn faces and clips, and compare them in docs/small.md
	$(BIN)/python -m bench.small

clean: ## remove what the targets above made
	rm -rf .venv out .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.venv/bin/python:
	$(PYTHON) -m venv .venv

# The stamps are newer than what was installed from: nothing is installed twice.
.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) --editable .
	@touch $@

# MediaPipe brings a second OpenCV that needs a screen's libraries; the one without them goes on top of it.
.venv/installed-for-tests: pyproject.toml constraints.txt | .venv/bin/python system
	$(INSTALL) --editable '.[dev,mediapipe,render,video,scale]'
	$(INSTALL) --force-reinstall --no-deps opencv-python-headless
	@touch $@ .venv/installed

# MediaPipe links libEGL and libGLESv2. Without them its tests skip; nothing else needs them.
system:
	@if [ "$$(ldconfig -p 2>/dev/null | grep -cE 'libEGL\.so\.1|libGLESv2\.so\.2')" -ge 2 ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends libegl1 libgles2; } >/dev/null 2>&1 \
	  || echo "libegl1 and libgles2 could not be installed: the tests of MediaPipe will skip"; \
	else echo "MediaPipe needs libEGL and libGLESv2 (Debian: apt-get install libegl1 libgles2): its tests will skip"; fi
