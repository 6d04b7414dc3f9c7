# Every target makes its own environment from a bare clone; all they need is Python 3.11 or newer.
# `demo` and `test` install the project as a user would, from a wheel; `check` and `dev` install it
# editable. Nothing is done twice: a stamp inside each environment says what it holds.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
DATA ?= examples/fraud_screening/data
PYTEST_ARGUMENTS ?=
# A file of tests on each core: what a file makes for all its tests is made once.
SIDE_BY_SIDE := -n auto --dist loadfile

BUILD := .venv-build
USER_ENVIRONMENT := .venv-user
TEST := .venv-test
DEV := .venv
PIP := bin/python -m pip --disable-pip-version-check --quiet
FINGERPRINT := build/sources.cksum
WHEEL := build/wheel/built

# An environment belongs to one version of Python: another PYTHON makes it anew.
CACHE_TAG := -c 'import sys; print(sys.implementation.cache_tag)'
VERSION := $(or $(shell $(PYTHON) $(CACHE_TAG) 2>/dev/null),no-python)

# A PYTHONPATH that leads into the checkout would hide a fault of the wheel.
unexport PYTHONPATH
unexport PYTHONHOME

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check dev attacks bench clean FORCE

help: ## show this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16
	@echo
	@echo '  PYTHON=python3.12 chooses the Python; DATA=folder the data of the demo;'
	@echo '  PYTEST_ARGUMENTS="-k timers" goes to pytest.'

demo: $(USER_ENVIRONMENT)/installed ## screen the payments of DATA (the example's own unless named)
	$(USER_ENVIRONMENT)/bin/servanda run examples/fraud_screening/day.script --data $(DATA)

# The console script is used, not `python -m pytest`: it leaves the checkout off sys.path.
test: $(TEST)/installed ## run every test against the installed wheel
	SERVANDA_INSTALLED=1 $(TEST)/bin/pytest $(SIDE_BY_SIDE) $(PYTEST_ARGUMENTS)
	$(TEST)/bin/servanda test contracts examples

check: $(DEV)/installed ## format, lint, types and tests of the checkout
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/ruff check .
	$(DEV)/bin/mypy
	$(DEV)/bin/mypy tests examples $(wildcard benchmarks)
	$(DEV)/bin/pytest $(SIDE_BY_SIDE) $(PYTEST_ARGUMENTS)

dev: $(DEV)/installed ## an editable install in .venv, with every tool
	@echo 'ready: $(DEV)/bin/servanda'

attacks: $(DEV)/installed ## the attacks at full size: hundreds of kills, 100,000 timers (minutes)
	SERVANDA_KILLS=300 SERVANDA_DAMAGES=60 SERVANDA_TIMERS=50000 \
		$(DEV)/bin/pytest $(SIDE_BY_SIDE) tests/chain/test_store.py tests/chain/test_attacks_*.py

bench: $(USER_ENVIRONMENT)/installed ## measure: every figure of benchmarks/
	$(USER_ENVIRONMENT)/bin/python benchmarks

clean: ## remove the environments and everything built
	rm -rf $(BUILD) $(USER_ENVIRONMENT) $(TEST) $(DEV) build dist
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The wheel is rebuilt when the content of what goes into it changes: dates prove nothing after a
# checkout, and a file that was deleted has none.
$(FINGERPRINT): FORCE
	@mkdir -p build
	@find pyproject.toml README.md LICENSE servanda grammar interpreter chain contracts docs/errors \
		-type f ! -path '*/__pycache__/*' -exec cksum {} + | LC_ALL=C sort > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(WHEEL): $(FINGERPRINT) $(BUILD)/installed
	rm -rf build/wheel
	$(BUILD)/bin/python -m hatchling build -t wheel -d build/wheel
	@touch $@

$(BUILD)/installed: $(BUILD)/$(VERSION)
	$(BUILD)/$(PIP) install 'hatchling>=1.27'
	@touch $@

$(USER_ENVIRONMENT)/installed: $(WHEEL) $(USER_ENVIRONMENT)/$(VERSION)
	$(USER_ENVIRONMENT)/$(PIP) install "$$(echo build/wheel/*.whl)"
	$(USER_ENVIRONMENT)/$(PIP) install --force-reinstall --no-deps build/wheel/*.whl
	@touch $@

$(TEST)/installed: $(WHEEL) $(TEST)/$(VERSION)
	$(TEST)/$(PIP) install "$$(echo build/wheel/*.whl)[test]"
	$(TEST)/$(PIP) install --force-reinstall --no-deps build/wheel/*.whl
	@touch $@

$(DEV)/installed: pyproject.toml $(DEV)/$(VERSION)
	$(DEV)/$(PIP) install --editable '.[dev]'
	@touch $@

%/$(VERSION):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Servanda needs Python 3.11 or newer; name one with: make PYTHON=python3.12' >&2; exit 2; }
	@test "$$($*/bin/python $(CACHE_TAG) 2>/dev/null)" = '$(VERSION)' || \
		{ rm -rf $* && $(PYTHON) -m venv $*; } || { rm -rf $*; \
		echo 'this Python makes no environments; on Debian: apt install python3-venv' >&2; exit 2; }
	@touch $@
