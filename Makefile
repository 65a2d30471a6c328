# The virtual environment's Python where there is one.
PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)

.PHONY: setup test clients lint golden docs shots bench campaign

setup:
	python3 -m venv .venv
	.venv/bin/pip install -q -e '.[dev]'

test:
	$(PYTHON) -m pytest $(ARGS)

clients:
	npm install --prefix tests/clients
	$(PYTHON) -m pytest -n 0 tests/clients tests/browser $(ARGS)

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

golden:
	ASSETGEN_GOLDEN=1 $(PYTHON) -m pytest tests/report tests/cli tests/test_providers_page.py tests/ops/test_op_pages.py tests/ops/test_key_page.py $(ARGS)
	git diff --stat -- tests/golden docs

docs:
	$(PYTHON) -m pytest tests/e2e/test_readme.py tests/e2e/test_docs.py tests/e2e/test_review_tutorial.py tests/e2e/test_ci_workflow.py tests/e2e/test_examples.py $(ARGS)

shots:
	$(PYTHON) -m tests.browser.shots

bench:
	$(PYTHON) -m tests.bench $(ARGS)

campaign:
	nice $(PYTHON) -m tests.campaign $(ARGS)
