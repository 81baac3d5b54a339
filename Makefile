# Every target first makes sure that set-up is complete, which takes a tenth of a second when it is.
PYTHON ?= python3
GRIDSEAL := .venv/bin/gridseal
PYTEST := .venv/bin/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help setup ready run up down status doctor test test-unit test-java test-models test-dags test-integration test-faults test-soak models cluster-up cluster-status cluster-shell cluster-down cluster-clean cluster-test bench bench-notary bench-pipeline lint format docs lock lock-jars tools torch airflow vulnerabilities sbom clean distclean

help: ## Show this list
	@echo "gridseal: a lakehouse for power-grid data whose every partition can be proven"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: system packages, .venv, jars, FLINK_HOME, anvil
	@$(PYTHON) -m stack.bootstrap

ready:
	@$(PYTHON) -m stack.bootstrap --quiet

run: ready torch ## Start everything, let one day of readings flow through, show what the numbers say
	@$(GRIDSEAL) demo

up: ready ## Start the services
	@$(GRIDSEAL) up

down: ready ## Stop everything
	@$(GRIDSEAL) down

status: ready ## Show the services, their memory and addresses
	@$(GRIDSEAL) status

doctor: ready ## Say what is missing or wrong, and the command that mends it
	@$(GRIDSEAL) doctor

test: ## Run the tests, those without services side by side, all but the slow ones of test-integration
	@$(MAKE) --no-print-directory -j3 test-unit test-java test-models test-dags
	@$(MAKE) --no-print-directory test-integration INTEGRATION="integration and not slow"

test-unit: tools ## Run the tests that need no service
	@$(PYTEST) -m "not integration and not faults and not soak and not cluster"

test-java: ready ## Run the tests of the Java sources and functions
	@echo "Java tests" && cd pipelines/streaming/java && mvn -q test

test-models: torch ## Run the tests of the models, in their own environment
	@.venv-models/bin/python -m pytest --confcutdir tests/models tests/models

test-dags: airflow ## Run the tests of the DAGs, in Airflow's environment
	@.venv-airflow/bin/python -m pytest --confcutdir tests/dags tests/dags

test-integration: INTEGRATION ?= integration
test-integration: ready torch airflow ## Run the tests on the real services, on ports and state of their own; takes most of an hour
	@$(PYTEST) --durations 40 -m "$(INTEGRATION)"

test-faults: ready torch ## Break every service while data flow, and count every row; takes about an hour
	@$(PYTEST) -m faults

test-soak: ready torch ## Let a month of 50 meters flow through: the state stays flat, a batch makes the same; takes half an hour
	@$(PYTEST) -s -m soak

cluster-up: ## Build the images and start the cluster of docker/: a master, two workers, a gateway
	@docker/cluster.sh up

cluster-status: ## Show the cluster's containers, then its services and pipeline
	@docker/cluster.sh status

cluster-shell: ## Open a shell on the gateway, where the commands are
	@docker/cluster.sh shell

cluster-down: ## Stop the cluster; its volumes stay
	@docker/cluster.sh down

cluster-clean: ## Stop the cluster and remove its volumes, the lake with them
	@docker/cluster.sh clean

cluster-test: ## Start a cluster of its own, reconcile, seal, verify, then kill each container while data flow
	@docker/cluster.sh check
	@$(MAKE) --no-print-directory ready
	@$(PYTEST) -s -m cluster

models: torch ## Train a detector of defects: DATA=infrared-solar-modules.zip (else a tenth of it), OUT=var/models/defects
	@.venv-models/bin/python -m models.defects $(if $(DATA),--data "$(DATA)") --out "$(or $(OUT),var/models/defects)"

bench: ready ## Measure notary, pipeline and models beside others on this machine, while nothing else runs; takes an hour
	@.venv/bin/python -m bench

bench-notary: ready ## Measure the notary alone, a few minutes; with services that run (make up) also the whole command
	@.venv/bin/python -m bench --only notary

bench-pipeline: ready ## Measure the pipeline alone, on services of its own
	@.venv/bin/python -m bench --only pipeline

lint: tools torch airflow ## Check style and types, and that no tracked file holds a secret
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/mypy --follow-imports silent --python-executable .venv-models/bin/python --package models.defects --module bench.models.child
	@.venv/bin/mypy --follow-imports silent --python-executable .venv-airflow/bin/python --package dags
	@.venv/bin/python -m supply.secrets

format: ready ## Lay out the code and mend what can be mended
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

docs: ready ## Write docs/tables.md from the contracts of the tables
	@.venv/bin/python -m warehouse.docs

lock: ready ## Pin the dependencies of requirements/*.in and stack/npm anew, with hashes
	@.venv/bin/uv pip compile --quiet --generate-hashes --python-version 3.11 \
	  --build-constraint requirements/build-constraints.txt --custom-compile-command "make lock" \
	  --output-file requirements/requirements.lock requirements/requirements.in
	@npm install --prefix stack/npm --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error
	@.venv/bin/uv pip compile --quiet --generate-hashes --python-version 3.11 --custom-compile-command "make lock" \
	  --output-file requirements/supply.lock requirements/supply.in
	@.venv/bin/uv pip compile --quiet --generate-hashes --python-version 3.11 --custom-compile-command "make lock" \
	  --output-file requirements/models.lock requirements/models.in
	@.venv/bin/uv pip compile --quiet --generate-hashes --python-version 3.11 --custom-compile-command "make lock" \
	  --output-file requirements/airflow.lock requirements/airflow.in
	@sed -z -i 's/,\n *"engines": {[^}]*}//g' stack/npm/package-lock.json # see stack/anvil.py

lock-jars: ## Pin the jars that Maven fetches anew, after a version in a pom has changed
	@$(PYTHON) -m stack.jar_lock

tools: ready
	@.venv/bin/python -m supply.tools

torch: ready ## Install torch and torchvision into .venv-models (5 GB), so that models learn and answer
	@.venv/bin/python -m models.environment

airflow: ready ## Install Airflow into .venv-airflow, and PostgreSQL, for gridseal up --with airflow
	@.venv/bin/python -m stack.airflow.environment

sbom: tools ## Write what gridseal is made of to build/sbom.cdx.json, in CycloneDX
	@.venv-supply/bin/python -m supply.sbom

vulnerabilities: sbom ## Ask PyPI, npm and OSV for known vulnerabilities of everything that is pinned
	@.venv-supply/bin/python -m supply.vulnerabilities

clean: ## Stop everything and remove all state (var/)
	@if [ -x $(GRIDSEAL) ]; then $(GRIDSEAL) clean --yes; fi

distclean: clean ## Remove what set-up made as well
	@rm -rf .venv .venv-airflow .venv-models .venv-supply build pipelines/streaming/java/target *.egg-info
