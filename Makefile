PYTHON ?= python

.PHONY: setup test lint golden docs bench

bench:
	PYTHONPATH=. $(PYTHON) tests/bench $(ARGS)
