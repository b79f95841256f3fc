# What needs to be on the machine: make, Python 3.11 or newer with venv. The rest comes from the lock
# files under requirements/, by hash, into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check bench proof lock format clean
.DEFAULT_GOAL := run

run: export PLAYBILL_DEMO ?= 1
run: $(VENV)/run.stamp ## Start Playbill with a demo chain (PLAYBILL_DEMO=0: without)
	@exec $(BIN)/playbill serve

test: $(VENV)/browser.stamp ## Run every test: units against a real PostgreSQL, then the browser
	$(BIN)/pytest -n auto --maxprocesses 4 tests/unit
	$(BIN)/pytest -n 2 tests/e2e

check: $(VENV)/test.stamp ## The gate: format, lint, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/test.stamp ## Measure; writes bench/results.md
	$(BIN)/python -m bench

proof: $(VENV)/test.stamp ## Run the fault and load campaigns at full size; output in docs/proof
	$(BIN)/python -m bench.proof

format: $(VENV)/test.stamp ## Put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/test.stamp ## Choose versions anew and write the lock files
	./requirements/lock

clean: ## Forget the installation; the data directory stays
	rm -rf $(VENV)

# Stamps say what was installed from which lock, so that a second start takes seconds.
$(VENV)/venv.stamp:
	@PYTHON="$(PYTHON)" ./requirements/venv $(VENV)
	@touch $@

$(VENV)/run.stamp: $(VENV)/venv.stamp requirements/run.lock pyproject.toml
	@echo "Installing Playbill (once, a minute or so)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/run.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp requirements/test.lock
	@echo "Installing what the tests need (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/test.lock
	@touch $@

$(VENV)/browser.stamp: $(VENV)/test.stamp
	@./requirements/browser $(BIN)
	@touch $@
