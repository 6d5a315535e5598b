# Each target runs npm scripts. npm scripts use the Node version that package.json pins as a dependency.

.DEFAULT_GOAL := help
INSTALLED := node_modules/.package-lock.json
DEPLOY_TOOLS := stacks/node_modules/.package-lock.json
RUN := npm run --silent

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.PHONY: demo
demo: $(INSTALLED) ## Run two prompts on a sample repository with a scripted model (ARGS=--exit stops the platform afterwards)
	@$(RUN) demo -- $(ARGS)

.PHONY: dev
dev: $(INSTALLED) ## Start the platform on this machine, with your model
	@$(RUN) dev -- $(ARGS)

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
