# Every command of this project. Each makes its own .venv when there is none.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# In CI the oracle (torch and transformers, about 1 GB) is part of the tests.
EXTRAS := test
ifeq ($(CI),true)
EXTRAS := test,docs,oracle
endif
# All processors; the tests of a file stay together, for they share what is made once.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help

.PHONY: help
help: ## List these commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/moe-report: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test-$(CI): pyproject.toml | $(BIN)/moe-report
	$(if $(filter true,$(CI)),$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'
	@touch $@

.PHONY: demo
demo: $(BIN)/moe-report ## Set up, and write the report of the example models into demo/.
	$(BIN)/moe-report demo -o demo

.PHONY: test
test: $(VENV)/.test-$(CI) lint carbon ## Set up, and pass the tests.
	$(PYTEST)

# In a folder of its own, so that no other test meets its section; all of them, whichever are chosen.
.PHONY: carbon
carbon: $(VENV)/.test-$(CI) ## Install the example of a plugin, and pass its tests.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade \
	  --target $(VENV)/carbon plugins/moe-report-carbon
	PYTEST_ADDOPTS= PYTHONPATH=$(VENV)/carbon $(BIN)/python -m pytest plugins/moe-report-carbon

.PHONY: lint
lint: $(VENV)/.test-$(CI) ## Check style, types and who imports whom.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: oracle
oracle: $(VENV)/.test-$(CI) ## Install torch and transformers, and test exact counts against them.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,oracle]'
	$(PYTEST) tests/oracle

.PHONY: bench
bench: $(VENV)/.test-$(CI) ## Time all outputs against a plain script, templates against zlib, many rows against numpy.
	$(BIN)/python tests/benchmarks/outputs.py
	$(BIN)/python tests/benchmarks/filling.py
	$(BIN)/python -m tests.benchmarks.compiled
	$(BIN)/python -m tests.benchmarks.sweeps

.PHONY: stress
stress: $(VENV)/.test-$(CI) ## Damage packages, kill writers, let two write at once: ten minutes, figures.
	$(BIN)/python -m tests.stress.stress $(if $(CORPUS),--corpus $(CORPUS))

.PHONY: docs
docs: generated $(VENV)/.docs ## Build the documentation into build/docs.
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --fresh-env --quiet docs build/docs
	@echo "wrote build/docs/index.html"

$(VENV)/.docs: pyproject.toml | $(BIN)/moe-report
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

.PHONY: generated
generated: $(BIN)/moe-report ## Write what is generated: the table of architectures, the fields' types.
	$(BIN)/python -m moe_report.importers.exactness > docs/architectures.md
	$(BIN)/python -m moe_report.schema.fields > moe_report/schema/model_fields.py

.PHONY: wheel
wheel: $(VENV)/.test-$(CI) ## Build the wheel and the sdist into dist/.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check build
	$(BIN)/python -m build

.PHONY: clean
clean: ## Remove what the other commands made.
	rm -rf $(VENV) build dist demo report .pytest_cache .mypy_cache .ruff_cache
