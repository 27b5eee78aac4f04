# Every target is one line; the logic is in tools/. Needs only make and Python >= 3.10.
PYTHON ?= python3
PY = .venv/bin/python
SETUP = .venv/stamp

.PHONY: help setup test lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

setup: $(SETUP) ## make .venv with everything pinned (every other target does it when needed)

$(SETUP): requirements.txt tools/setup.py
	@$(PYTHON) tools/setup.py

test: $(SETUP) ## lint, types, compile, and all tests on CPython and on MicroPython
	@$(PY) -m tools.check

lock: $(SETUP) ## pin requirements.in anew in requirements.txt
	@$(PY) tools/lock.py

clean: ## remove build/ (but not .venv)
	@rm -rf build
