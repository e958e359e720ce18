# Two commands do all the set-up: `make run` serves, `make test` tests.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
GO_FILES := $(shell find . -name '*.go' -not -path '*/node_modules/*' -not -path './bench/*')
# What pages are built from, but for what a build leaves behind.
NOT_PAGES := \( -name node_modules -o -name dist -o -name .angular -o -name test-results -o -name playwright-report \) -prune
PAGE_FILES := $(shell find frontend -mindepth 1 $(NOT_PAGES) -o -type f -not -name '*.go' -not -path 'frontend/e2e/*' -print)
TOOL := go tool -modfile=tools/go.mod

.PHONY: help run build pages pictures deps check lint lint-pages test-pages fmt test test-long test-scale bench-smoke eval-retrieval probe clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: build ## Build what is stale and serve on SQLite
	@exec bin/parley serve

build: pages bin/parley bin/parley-bench ## Build the pages and the binaries

pages: frontend/dist/.built ## Build the web pages

frontend/dist/.built: $(PAGE_FILES) frontend/node_modules/.installed
	cd frontend && npm run build
	@touch $@

%/node_modules/.installed: %/package.json %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	@touch $@

bin/parley: $(GO_FILES) go.mod go.sum frontend/dist/.built
	CGO_ENABLED=0 go build -ldflags '$(LDFLAGS)' -o $@ ./cmd/parley

bin/parley-bench: $(GO_FILES) go.mod go.sum
	CGO_ENABLED=0 go build -ldflags '$(LDFLAGS)' -o $@ ./cmd/parley-bench

PAGE_PACKAGES := chat-core chat-widget angular console

NODE_PARTS := frontend test/js test/examples test/bruno $(addprefix examples/,talk hello bot backend)

deps: $(NODE_PARTS:%=%/node_modules/.installed) ## Install what the tests need
	@scripts/deps

lint: ## Static checks and formatting
	$(TOOL) golangci-lint run ./...

fmt: ## Format
	$(TOOL) golangci-lint fmt ./...

check: lint ## The fast half: under two minutes
	go vet ./...
	go test -race -short ./chat/... ./limit/... ./auth/... ./gateway/... ./api/... ./cmd/...

lint-pages: frontend/node_modules/.installed frontend/dist/.built ## Static checks and formatting of the pages
	cd frontend && npm run lint

# Those of single packages; the pages as a whole are test/pages.
test-pages: build lint-pages ## Tests of the pages' packages, against the real server
	cd frontend && PARLEY_BIN=$(CURDIR)/bin/parley npm test $(PAGE_PACKAGES:%=-w %)

# Three nodes under load want the machine to themselves.
test: deps build lint test-pages ## Everything that CI does
	go vet ./...
	go test -race -timeout 20m $$(go list ./... | grep -v /test/cluster)
	go test -race -timeout 15m ./test/cluster

test-long: deps build test-scale ## The long forms of the fault tests
	PARLEY_LONG=1 go test -race -timeout 80m -count=1 $$(go list ./test/... ./store/... | grep -v -e /test/scale -e /test/cluster)
	PARLEY_LONG=1 go test -race -timeout 60m -count=1 -v ./test/cluster

test-scale: deps ## Search and read a million messages on both databases; prints figures
	PARLEY_LONG=1 go test -timeout 40m -count=1 -v ./test/scale

bench-smoke: build bench/node/node_modules/.installed ## Parley beside Node and a bare broadcast, three nodes beside one
	bin/parley-bench smoke --parley bin/parley

eval-retrieval: deps ## 50 questions: how often the passage that answers is among the best five
	go test -count=1 -v -run TestRecall ./test/retrieval

probe: bench/node/node_modules/.installed ## The Socket.IO library's versions compared
	$(MAKE) -C bench probe

pictures: build ## Make the pictures of the pages that docs/ shows
	cd frontend/e2e && PARLEY_PICTURES=1 npx --no-install playwright test pictures

clean: ## Remove what was built
	rm -rf bin artifacts
	find frontend -mindepth 2 -name node_modules -prune -o -type d -name .angular -prune -exec rm -rf {} +
	find frontend -mindepth 2 -maxdepth 2 -type d -name dist -not -path 'frontend/node_modules/*' -exec rm -rf {} +
	find frontend/dist -mindepth 1 -not -name placeholder.html -delete
