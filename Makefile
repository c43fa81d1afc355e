# Everything below makes its environment in .venv by itself; nothing outside the checkout is changed, except that
# `make test` as root on Debian installs the system packages that the tests need.

PYTHON ?= python3
UV_VERSION := 0.13.9
# Most of a test's time is waiting for phones, databases and browsers: so more at once than there are cores.
TESTS_AT_ONCE ?= 4
BIN := .venv/bin
STAMPS := .venv/stamps
PACKAGES := sip-tester baresip-core tshark sox chromium iproute2 iptables gettext kamailio kamailio-tls-modules rtpengine-daemon
PROGRAMS := sipp baresip tshark sox chromium ip /usr/sbin/iptables msgfmt /usr/sbin/kamailio rtpengine

.DEFAULT_GOAL := help
.PHONY: help setup demo test packages check bench chaos catalogues

help: ## list what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' \
		| while IFS="$$(printf '\t')" read -r name text; do printf '  make %-11s %s\n' "$$name" "$$text"; done

setup: $(STAMPS)/assets $(STAMPS)/compiled ## make the environment in .venv
	@true

demo: setup ## start everything with the demonstration agency and callers
	@$(BIN)/civicline demo

test: setup packages ## run the tests
	@$(BIN)/python -m pytest -n $(TESTS_AT_ONCE) --ignore tests/chaos $(ARGS)

check: setup ## style, types, architecture, migrations, translations
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	DJANGO_SETTINGS_MODULE=civicline.web.settings $(BIN)/python -W ignore::RuntimeWarning -m django makemigrations --check --dry-run
	$(BIN)/python -m pytest -q tests/web/test_web_words.py

bench: setup ## run the benchmarks; results go to benchmarks/results
	@$(BIN)/python benchmarks $(ARGS)

chaos: setup packages ## kill processes while calls run; an hour of fuzzing; the rules tried at length
	@$(BIN)/python -m pytest tests/chaos $(ARGS)
	@CIVICLINE_CHAOS_EXAMPLES=$${CIVICLINE_CHAOS_EXAMPLES:-20} $(BIN)/python -m pytest --timeout 14400 $(ARGS) \
		tests/core/test_machine.py tests/core/test_talk_machine.py tests/core/test_callback_machine.py
	@CIVICLINE_CHAOS_LOOKS=all $(BIN)/python -m pytest -k rule_of_access $(ARGS)
	@CIVICLINE_CHAOS_FUZZ_S=$${CIVICLINE_CHAOS_FUZZ_S:-3600} CIVICLINE_CHAOS_FLOOD_S=$${CIVICLINE_CHAOS_FLOOD_S:-60} \
		$(BIN)/python -m pytest tests/hostile $(ARGS)

catalogues: ## compile the translations (msgfmt is in Debian's gettext)
	@for each in src/civicline/*/locale/*/LC_MESSAGES/*.po; do msgfmt -c -o "$${each%.po}.mo" "$$each"; done

packages:
	@missing=""; for each in $(PROGRAMS); do command -v $$each >/dev/null || missing="$$missing $$each"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES) >/dev/null; \
	else \
		echo "not installed:$$missing; tests that need them are skipped. On Debian: apt-get install $(PACKAGES)"; \
	fi

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: set PYTHON=")'
	@$(PYTHON) -m venv .venv || { echo "Python's venv is missing. On Debian: apt-get install python3-venv"; exit 1; }

$(STAMPS)/uv-$(UV_VERSION): | .venv/bin/python
	@$(BIN)/uv --version 2>/dev/null | grep -qF "uv $(UV_VERSION)" \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/locked: pyproject.toml uv.lock $(STAMPS)/uv-$(UV_VERSION)
	@$(BIN)/uv sync --locked --compile-bytecode --quiet --no-progress
	@touch $@

$(STAMPS)/assets: package-lock.json src/civicline/web/assets.py $(STAMPS)/locked
	@$(BIN)/python -m civicline.web.assets
	@touch $@

# Bytecode is half of the time that a process needs to come back after its death.
$(STAMPS)/compiled: $(shell find src -name '*.py') $(STAMPS)/locked
	@$(BIN)/python -m compileall -q src
	@touch $@
