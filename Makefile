# Every target does all the set-up that it needs. PYTHON=... chooses the interpreter that .venv is made with;
# ARGS=... is passed on, as in: make demo ARGS="--seconds 20", make test ARGS="tests/core -x".
export PYTHON

.PHONY: help setup demo test check bench long clean distclean

help:
	@echo "make setup      .venv with pinned packages, fillcast itself and compiled kernels"
	@echo "make demo       the main job with no network: embedded exchange, books, forecasts"
	@echo "make test       the test suite"
	@echo "make check      format, lint, types, allowed imports"
	@echo "make bench      benchmarks, faults and a public client, with the peers in an environment of their own"
	@echo "make long       the tests that take long, a million spoiled frames and the soak among them (an hour or so)"
	@echo "make clean      removes caches and build output"
	@echo "make distclean  removes .venv and .venv-peers too"

setup:
	@scripts/setup

demo: setup
	@.venv/bin/fillcast demo $(ARGS)

test: setup
	@scripts/test $(ARGS)

check: setup
	@scripts/check

bench: setup
	@.venv/bin/python -m benchmarks.peers
	@.venv/bin/python -m benchmarks $(ARGS)
	@.venv/bin/python -m benchmarks.faults
	@.venv/bin/python -m benchmarks.ccxt_lab

long: setup
	@.venv/bin/python -m pytest -m long $(ARGS)
	@.venv/bin/python -m benchmarks.soak --minutes 10 --plot build/soak.png
	@.venv/bin/python -m benchmarks.soak --minutes 10 --faults 1 --plot build/soak-faults.png

clean:
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests benchmarks -type d -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean
	@rm -rf .venv .venv-peers
