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

check: venv ## the inner loop, in 90 seconds: unit tests, types, style, one integration target
	@$(RUN) $(QUICK:%=session/%)
	@scripts/run_session integration falcon_iocs

lint: venv ## the checks of the sources alone
	@$(RUN) session/style session/mypy session/lint-ansible

unit: venv ## the unit tests alone
	@scripts/run_session units-fast

demo: ## the main job on a simulated tenant, in a minute
	@scripts/with_simulator scripts/demo

bench: venv ## the benchmark table
	@PYTHONPATH=$$(scripts/link_collection) .cache/venv/bin/python tests/bench $(BENCH)

soak: venv ## random changes and faults for SOAK_MINUTES (10)
	@PYTHONPATH=$$(scripts/link_collection) .cache/venv/bin/python tests/soak

faults: venv ## every fault of the matrix; writes the table of docs/docsite/rst/reliability.rst
	@PYTHONPATH=$$(scripts/link_collection) .cache/venv/bin/pytest -q tests/faults --update

docs: venv ## the documentation site, into .cache/docs/html
	@scripts/build_docs .cache/docs

release: venv ## the artefact and its checksum, into dist/
	@scripts/build_release dist

changelog: venv ## CHANGELOG.md from the fragments, for the version in galaxy.yml
	@scripts/update_changelog

lock: ## tests/constraints.txt from the requirements
	@scripts/lock

clean: ## remove all that these commands made
	rm -rf .cache .ansible .mypy_cache .pytest_cache .ruff_cache .hypothesis dist tests/output
