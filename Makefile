# Works with GNU make 3.81 (macOS) and newer. `make` alone lists what there is.

.DEFAULT_GOAL := help
.PHONY: screenshots help run test test-all test-cluster test-image bench bench-short torture lint format docs lock audit licences dist clean

BIN := .venv/bin
# Compiled modules are kept even where the environment forbids it: else each of hundreds of processes compiles the libraries.
export PYTHONDONTWRITEBYTECODE :=
# PYTHON names an interpreter; PICTURES=no asks for no browser (see .ci/setup and .ci/browser).
# Tests run on every core (pytest-xdist); `make test ARGS="-n 0"` runs them one after the other. `make test` leaves out
# those marked slow (kills, full disks, whole builds again); `make test-all` runs them too, and those of the cluster.
PYTEST = $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal
# More arguments for `make test` and `make bench`, such as ARGS="-k ledger -x" or ARGS="--quick".
ARGS ?=

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r target help; do \
		printf '  make %-8s %s\n' "$$target" "$$help"; done

run: ## set up and build from the embedded figures
	@.ci/setup
	@.ci/browser
	@$(BIN)/displacement build

test: ## set up with the test tools and run the tests of everything people rely on (six minutes on two cores)
	@.ci/setup test
	@.ci/browser
	@$(PYTEST) --ignore=tests/cluster -m "not slow" $(ARGS)

test-all: ## run every test: also kills, full disks, faults at length and many machines
	@.ci/setup cluster
	@.ci/browser
	@.ci/servers
	@$(PYTEST) --ignore=tests/image $(ARGS)

test-cluster: ## test many machines: an object store, PostgreSQL, Redis and two workers (Debian: run it as root once)
	@.ci/setup cluster
	@.ci/servers
	@$(PYTEST) tests/cluster $(ARGS)

test-image: ## build the image of deploy/ and run it (Debian, as root)
	@.ci/setup test
	@.ci/engine
	@$(BIN)/python -m pytest tests/image $(ARGS)

bench: ## measure speed and memory against the limits (benchmarks/README.md)
	@.ci/setup bench
	@$(BIN)/python -m benchmarks $(ARGS)

bench-short: ## fail where something takes half as long again as recorded (two minutes)
	@.ci/setup test
	@$(BIN)/python -m benchmarks.short

screenshots: ## take the pictures of the main pages that the README shows, from the published build
	@.ci/setup test
	@.ci/browser
	@$(BIN)/python -m tests.site.screenshots

torture: ## kill builds, merges and fetches at random moments and check that nothing breaks (ARGS="--seeds 500 --merges 100")
	@.ci/setup test
	@$(BIN)/python -m tests.torture $(ARGS)
	@FETCHES=$${FETCHES:-50} $(BIN)/python -m pytest -q tests/unit/test_sources_kills.py

lint: ## check format, style, types, and that Dagster loads what there is
	@.ci/setup test
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy & types=$$!; DAGSTER_DISABLE_TELEMETRY=1 $(BIN)/dg check defs; loads=$$?; wait $$types && exit $$loads

format: ## format the code and fix what the linter can fix
	@.ci/setup test
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format .

# A build of its own, so that the answers are those of the figures that come with the program.
DOCS_HOME = DISPLACEMENT_HOME=var/docs DISPLACEMENT_PUBLIC=var/docs/public
docs: ## write docs/dictionary.md and docs/cookbook.md again from their sources
	@.ci/setup
	@$(DOCS_HOME) $(BIN)/displacement build --no-pictures
	@$(DOCS_HOME) $(BIN)/python -m displacement.cli.docs

# uv keeps the versions that are in the lock files; `make lock UPGRADE=--upgrade` takes the newest that fit.
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)
lock: ## bring the lock files in line with pyproject.toml
	@.ci/setup
	@$(LOCK) --group uv --output-file requirements-uv.lock
	@$(LOCK) pyproject.toml --extra pipeline --group build --group lock --output-file requirements.lock
	@$(LOCK) --group audit --output-file requirements-audit.lock
	@$(LOCK) --group bench --constraint requirements.lock --output-file requirements-bench.lock
	@$(LOCK) --group test --constraint requirements.lock --output-file requirements-test.lock
	@$(LOCK) pyproject.toml --extra cluster --constraint requirements.lock --output-file requirements-cluster.lock
	@$(LOCK) --group cluster-test --constraint requirements-cluster.lock --constraint requirements-test.lock \
		--output-file requirements-cluster-test.lock

audit: ## look the locked versions up in the database of known vulnerabilities; skipped where it cannot be reached
	@.ci/setup
	@.ci/audit

licences: ## write docs/third-party.md: what an installation is made of, with versions and licences
	@.ci/setup cluster
	@.ci/licences

dist: ## build the wheel into dist/
	@.ci/setup
	@$(BIN)/hatchling build --target wheel

clean: ## remove what can be rebuilt, but no figures: .venv, dist, caches
	@rm -rf .venv dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .tmp_dagster_home_*
	@find pipelines src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
