# One entrance for people and for CI. `make run` shows the farm, `make test` is the one check.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PY := .venv/bin/python
PIP := .venv/bin/pip --disable-pip-version-check -q

.PHONY: help run test check lint types contract unit pandas3 bench faults deploy-check lock clean system venv

help:
	@echo "make run     a demo farm on this machine: no root, no broker, no database server"
	@echo "make test    everything: system packages, lint, types, import contract, tests"
	@echo "make bench   ratios against named rivals, as a table"
	@echo "make pandas3 what is ours of the forecast on pandas 3, which the lock cannot hold yet"
	@echo "make faults  the long fault runs (make test has their short form), a clean Debian among them"

run: .venv/.run
	.venv/bin/minori demo

test: system .venv/.dev
	$(MAKE) --no-print-directory check

# What `test` runs once everything is installed; handy while working.
check: lint types contract unit

lint:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types:
	.venv/bin/mypy

contract:
	.venv/bin/lint-imports

unit:
	.venv/bin/pytest -q -n 2

# The lock has pandas 2, because statsforecast asks for it; our own code runs on 3 as well. Beside the
# environment, not in it; what Prophet does that pandas 4 will refuse is Prophet's own matter.
pandas3: .venv/.dev
	rm -rf .venv/pandas3
	$(PIP) install --no-deps --target .venv/pandas3 'pandas==3.*'
	PYTHONPATH=.venv/pandas3 $(PY) -c 'import pandas; assert pandas.__version__ > "3", pandas.__version__'
	PYTHONPATH=.venv/pandas3 .venv/bin/pytest -q -W ignore::DeprecationWarning \
		tests/forecasting tests/edge/test_fits.py tests/edge/test_fits_lots.py

bench: .venv/.dev
	$(PY) -m bench

faults: system .venv/.dev deploy-check
	$(PY) -m tests.faults

# Installs on a clean Debian 12 and 13 that really boot; root, and some ten minutes.
deploy-check: .venv/.dev
	@sh .ci/system-packages clean-root
	.venv/bin/pytest -q -m clean_root tests/deploy

system:
	@sh .ci/system-packages

venv: .venv/.dev

# The stamp of the run environment; the development one is built on top of it.
.venv/.run: requirements.lock pyproject.toml .ci/make-venv
	sh .ci/make-venv requirements.lock
	touch $@

.venv/.dev: requirements-dev.lock pyproject.toml .ci/make-venv
	sh .ci/make-venv requirements-dev.lock
	touch $@ .venv/.run

# Needs uv. The files carry hashes and no index address; -edge is -lock without the forecast, -dev
# holds all.
LOCK = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"
lock:
	$(LOCK) --extra forecast --extra build pyproject.toml -o requirements.lock
	$(LOCK) --extra build -c requirements.lock pyproject.toml -o requirements-edge.lock
	$(LOCK) --extra forecast --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache dist
