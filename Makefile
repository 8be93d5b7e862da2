# Needs Python 3.11 or newer and make; scripts/bootstrap.py brings everything else into .venv.
.DEFAULT_GOAL := help
.PHONY: help lab board demo test oldest lint bench mutants notebooks constraints docs clean

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p && break; done)
PY := .venv/bin/python
OLDEST := .venv-oldest/bin/python
BOOTSTRAP = $(or $(PYTHON),$(error No Python found; type: sudo apt-get install python3)) scripts/bootstrap.py

help:  ## Say what there is
	@echo "make lab               open the course in JupyterLab; PORT=8890 for a port of your own"
	@echo "make board             a live board without code; SHOW=flow or SHOW=my.toml for one, PORT=8890"
	@echo "make demo              from a CRM export to a simulated quarter and a report; DATA=file for your own"
	@echo "make test              all tests: package, lint, notebooks, browser"
	@echo "make oldest            all tests on the oldest versions allowed of what funnelsim needs"
	@echo "make lint              ruff and mypy"
	@echo "make bench             measure speed, write benchmarks/RESULTS.md"
	@echo "make mutants           change the code place by place, write what no test notices; ONLY=money SAMPLE=40"
	@echo "make notebooks         run lessons and solutions, store their outputs, write the exercises"
	@echo "make constraints       choose versions of all packages, write constraints.txt and constraints-oldest.txt"
	@echo "make docs              build the documentation into docs/_build/html, without a network"
	@echo "make clean             remove .venv, .venv-oldest and everything that was built"

lab:
	@$(BOOTSTRAP)
	@$(PY) -m funnelsim lab $(if $(PORT),--port $(PORT))

board:
	@$(BOOTSTRAP) app
	@$(PY) -m funnelsim board $(if $(SHOW),"$(SHOW)") $(if $(PORT),--port $(PORT))

demo:
	@$(BOOTSTRAP)
	@$(PY) -m funnelsim demo $(if $(DATA),--data "$(DATA)")

# three at a time: on two cores one of them waits for a browser or a process of its own
test:
	@$(BOOTSTRAP) test docs
	@$(PY) scripts/chromium.py
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

oldest:
	@$(BOOTSTRAP) --oldest test speed
	@$(OLDEST) scripts/chromium.py
	@$(OLDEST) -m pytest -n 3 --dist loadfile --no-loadscope-reorder --nbval-lax --ignore=tests/test_lint.py

lint:
	@$(BOOTSTRAP) test docs
	@$(PY) -m ruff check .
	@$(PY) -m mypy

bench:
	@$(BOOTSTRAP) test bench
	@$(PY) benchmarks/run.py

mutants:
	@$(BOOTSTRAP) test
	@$(PY) scripts/mutants.py $(if $(ONLY),--only "$(ONLY)") $(if $(SAMPLE),--sample "$(SAMPLE)")

notebooks:
	@$(BOOTSTRAP) test
	@$(PY) scripts/execute_notebooks.py

constraints:
	@$(BOOTSTRAP)
	@$(PY) scripts/constraints.py

docs:
	@$(BOOTSTRAP) docs
	@$(PY) -m sphinx -W -n -q docs docs/_build/html
	@echo "docs/_build/html/index.html"

clean:
	rm -rf .venv .venv-oldest .mutants build dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
