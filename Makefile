# One word for each thing a person does here; `make help` lists them. Everything sets itself up on a fresh Debian machine.
DOTNET ?= dotnet
PREFIX ?= /usr/local
QUIET   = -c Release -nologo -nr:false -v q -tl:off
RUN     = $(DOTNET) run --no-build -c Release --project
export DOTNET_CLI_TELEMETRY_OPTOUT = 1
export DOTNET_NOLOGO = 1

help:
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 22

setup: packages restore ## install what is missing: Debian packages, NuGet packages

packages: sdk # first what cannot be installed here
	@missing=; for p in $$(sed 's/#.*//' tests/debian-packages.txt); do \
	  dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null | grep -qx installed || missing="$$missing $$p"; done; \
	test -z "$$missing" || { echo "installing:$$missing"; sudo=; \
	  test "$$(id -u)" = 0 || sudo=$$(command -v sudo) || { echo "not root, and no sudo: install these by hand:$$missing" >&2; exit 1; }; \
	  $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; }

sdk:
	@command -v $(firstword $(DOTNET)) >/dev/null || { echo "The .NET SDK $$(sed -n 's/.*"version": "\(.*\)".*/\1/p' global.json) (or a later 10.0) is needed \
	and is not on PATH. Install it as https://dotnet.microsoft.com/download tells, then run this again." >&2; exit 1; }

# A package asked for the first time may be served only minutes later; a stale lock file (NU1004) does not mend itself.
restore: sdk
	@mkdir -p build; for wait in 15 30 60 0; do $(DOTNET) restore Mana.sln --locked-mode -v q -tl:off >build/restore.log 2>&1 && exit 0; \
	  cat build/restore.log >&2; ! grep -q NU1004 build/restore.log || exit 1; sleep $$wait; done; exit 1

build: setup ## build everything, warnings are errors
	@$(DOTNET) build Mana.sln --no-restore $(QUIET)

pack: build ## the NuGet package of the tool, in artifacts/
	@rm -f artifacts/mana.*.nupkg
	@$(DOTNET) pack tool/Mana.Cli --no-restore $(QUIET)

install: pack ## the tool as PREFIX/bin/mana
	@$(DOTNET) tool uninstall mana --tool-path $(PREFIX)/bin >/dev/null 2>&1 || true
	@$(DOTNET) tool install mana --tool-path $(PREFIX)/bin --source artifacts --no-cache

demo: pack ## a real program begins on Open MPI, is checkpointed and ends on MPICH; compared with its native result
	@$(RUN) tests/Mana.Demo

test: pack ## every test that takes minutes; the last line is "N passed, N failed"
	@$(RUN) tests/Mana.Check

test-mpich-suite: pack ## MPICH's own test suite, whole; stops after 10 minutes, goes on where it stopped
	@$(RUN) tests/Mana.Suite -- all --minutes 10

test-matrix: pack ## every checkpoint story, at every pair of MPIs and every fault point; stops after 9 minutes, goes on where it stopped
	@$(RUN) tests/Mana.Check -- matrix

test-all: pack ## both: what `make test` has only a sample of; stops after 10 minutes, goes on where it stopped
	@$(RUN) tests/Mana.Suite -- all --minutes 5; suite=$$?; MANA_MATRIX_MINUTES=4 $(RUN) tests/Mana.Check -- matrix && exit $$suite

soak: pack ## jobs checkpointed at random moments, restarted, compared; stops after 9 minutes, goes on where it stopped
	@$(RUN) tests/Mana.Check -- soak

bench: pack ## native against mana: a table, and JSON in artifacts/bench.json; ONLY="latency start" for some
	@$(RUN) bench/Mana.Bench -- $(ONLY)

clean: ## remove what was built
	rm -rf build artifacts
	@$(DOTNET) clean Mana.sln $(QUIET) >/dev/null

# The parts of a target are made one after the other, whatever -j says: each uses all cores.
.NOTPARALLEL:
.PHONY: help setup packages sdk restore build pack install demo test test-mpich-suite test-matrix test-all soak bench clean
