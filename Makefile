# Each target runs npm scripts. npm scripts use the Node version that package.json pins as a dependency.

.DEFAULT_GOAL := help
INSTALLED := node_modules/.package-lock.json
DEPLOY_TOOLS := stacks/node_modules/.package-lock.json
RUN := npm run --silent
# Ctrl-C is the usual end of a platform: without the trap, make would report an error.
RUN_UNTIL_INTERRUPT = trap : INT; $(RUN) $(1) || [ $$? -eq 130 ]

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'
	@echo '  Targets of earlier versions print what replaces them: $(REPLACED_TARGETS)'

.PHONY: demo
demo: $(INSTALLED) ## Run two prompts on a sample repository with a scripted model (ARGS=--exit stops the platform afterwards)
	@$(call RUN_UNTIL_INTERRUPT,demo -- $(ARGS))

.PHONY: dev
dev: $(INSTALLED) ## Start the platform on this machine, with your model
	@$(call RUN_UNTIL_INTERRUPT,dev -- $(ARGS))

.PHONY: dev-down
dev-down: $(INSTALLED) ## Stop the platform and the attempts of this folder; all data stays
	@$(RUN) dev:down

.PHONY: seed
seed: $(INSTALLED) ## Start a platform with users of each role and plans in every lasting status, with a scripted model
	@$(call RUN_UNTIL_INTERRUPT,seed -- $(ARGS))

.PHONY: install
install: $(INSTALLED) ## Link the command smol-gang into ~/.local/bin (BIN=FOLDER: another folder)
	@$(RUN) install-command -- $(BIN)

.PHONY: test
test: $(INSTALLED) $(if $(ARGS),$(if $(filter stacks,$(ARGS)),$(DEPLOY_TOOLS)),$(DEPLOY_TOOLS)) ## Run all suites except chaos, at most 15 minutes (ARGS=unit or ARGS=chaos runs one suite)
	@$(RUN) test -- $(ARGS)

.PHONY: lint
lint: $(INSTALLED) ## Check format, lint rules and types, without changing a file
	@$(RUN) lint
	@$(RUN) typecheck

.PHONY: build
build: $(INSTALLED) ## Check types, and write the OpenAPI document to dist/
	@$(RUN) build

.PHONY: bench
bench: $(INSTALLED) $(if $(findstring --only,$(ARGS)),$(if $(findstring function-start,$(ARGS)),$(DEPLOY_TOOLS)),$(DEPLOY_TOOLS)) ## Measure cost and speed of the platform (ARGS="--quick", ARGS="--only makespan")
	@$(RUN) bench -- $(ARGS)

.PHONY: clean
clean: ## Stop the processes that use .smol-gang, and remove .smol-gang, dist and coverage
	@if [ -e $(INSTALLED) ]; then $(RUN) clean; else echo 'node_modules is missing, so no platform runs from this checkout; nothing is removed.'; fi

$(INSTALLED): package-lock.json
	@command -v node >/dev/null 2>&1 || { echo 'Node 20 or newer is needed: https://nodejs.org'; exit 1; }
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' \
		|| { echo "Node 20 or newer is needed; this is $$(node --version)."; exit 1; }
	@command -v git >/dev/null 2>&1 || { echo 'git is needed.'; exit 1; }
	@echo 'Installing the packages of package-lock.json (once, about a minute)...'
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(DEPLOY_TOOLS): stacks/package-lock.json
	@echo 'Installing the deployment tools for the suite stacks and the benchmark function-start (once, 0.9 GB)...'
	@$(RUN) stacks:install
	@touch $@

# Targets that earlier versions had. Each names the target or the page that replaces it.
REPLACEMENT_dev-compose := nothing runs in containers on a laptop; use: make dev
REPLACEMENT_dev-compose-down := nothing runs in containers on a laptop; use: make dev-down
REPLACEMENT_build-gateway := the gateway needs no build, Node runs its files; check them with: make build
REPLACEMENT_build-web := there is no web app yet; check all files with: make build
REPLACEMENT_build-agent := the agent needs no image, Node runs its files; check them with: make build
REPLACEMENT_test-gateway := use: make test ARGS=integration
REPLACEMENT_migrate := stored data has no migrations; the start of make dev checks its version
REPLACEMENT_kind-setup := agents do not run in a cluster yet; use make dev, and docs/deployment.md for the cloud
REPLACEMENT_kind-teardown := agents do not run in a cluster yet; stop a platform with: make dev-down
REPLACEMENT_kind-load := agents do not run in a cluster yet, so there is no image to load; use: make dev
REPLACEMENT_helm-install := there is no chart; docs/deployment.md describes the cloud
REPLACEMENT_helm-uninstall := there is no chart; docs/deployment.md describes the cloud
REPLACEMENT_logs-gateway := all parts write one log; use: tail -f .smol-gang/platform.log
REPLACEMENT_logs-web := there is no web app yet; the log of all parts is .smol-gang/platform.log
REPLACEMENT_logs-db := the store writes no log of its own; use: tail -f .smol-gang/platform.log
REPLACED_TARGETS := $(patsubst REPLACEMENT_%,%,$(filter REPLACEMENT_%,$(sort $(.VARIABLES))))

.PHONY: $(REPLACED_TARGETS)
$(REPLACED_TARGETS):
	@: $(error there is no make $@: $(REPLACEMENT_$@))
