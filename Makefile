# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything needs bash, make and a Python from 3.11 on with its venv module; the rest is installed into .cache/.

.PHONY: help test check lint unit demo bench soak faults docs release changelog lock clean venv
help:
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s%s\n", $$1, $$2 }'

# nox runs one session after the other; make runs two at a time, so the long ones come first.
ALL = integration core-oldest sanity faults system core-between units contract bench package lint-ansible docs demo \
      mypy style extra-checks license-check antsibull-nox-config
QUICK = units-fast mypy style
SESSIONS ?= $(ALL)
RUN = $(MAKE) --no-print-directory --jobs=2 --keep-going --output-sync=line

venv:
	@scripts/make_venv .cache/venv tests/requirements.txt tests/simulator/requirements.txt
	@scripts/link_collection >/dev/null

session/%: venv
	@scripts/run_session $*

test: venv ## every check; SESSIONS="style mypy" runs only these, .cache/venv/bin/nox --list names them
	@$(RUN) $(SESSIONS:%=session/%)
	@echo "$(words $(SESSIONS)) passed, 0 failed"

check: venv ## the inner loop: unit tests, types, style, one integration target
	@$(RUN) $(QUICK:%=session/%)
	@scripts/run_session integration falcon_iocs

lint: venv ## static checks only
	@$(RUN) session/style session/mypy session/lint-ansible

unit: venv ## unit tests only
	@scripts/run_session units-fast

demo: ## a one-minute tour on a simulated tenant
	@scripts/with_simulator scripts/demo

bench: venv ## the benchmark table
	@PYTHONPATH=$$(scripts/link_collection) .cache/venv/bin/python tests/bench $(BENCH)

soak: venv ## random changes and faults for SOAK_MINUTES (10)
	@PYTHONPATH=$$(scripts/link_collection) .cache/venv/bin/python tests/soak

faults: venv ## run the fault matrix; updates the table in docs/docsite/rst/reliability.rst
	@PYTHONPATH=$$(scripts/link_collection) .cache/venv/bin/pytest -q tests/faults --update

docs: venv ## build the documentation site in .cache/docs/html
	@scripts/build_docs .cache/docs

release: venv ## build the artifact and its checksum in dist/
	@scripts/build_release dist

changelog: venv ## update CHANGELOG.md from the fragments, for the version in galaxy.yml
	@scripts/update_changelog

lock: ## update tests/constraints.txt from the requirements
	@scripts/lock

clean: ## remove everything that these commands created
	rm -rf .cache .ansible .mypy_cache .pytest_cache .ruff_cache .hypothesis dist tests/output
