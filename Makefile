# Two commands do all the set-up: `make run` serves, `make test` tests.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
GO_FILES := $(shell find . -name '*.go' -not -path '*/node_modules/*' -not -path './bench/*')
PAGE_FILES := $(shell find frontend -type f -not -path '*/node_modules/*' -not -path 'frontend/dist/*' -not -name '*.go')
TOOL := go tool -modfile=tools/go.mod

.PHONY: help run build pages deps check lint fmt test test-long test-scale bench-smoke eval-retrieval probe clean

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

test: deps build lint ## Everything that CI does
	go vet ./...
	go test -race -timeout 20m ./...

test-long: deps build test-scale ## The long forms of the fault tests
	PARLEY_LONG=1 go test -race -timeout 80m -count=1 $$(go list ./test/... ./store/... | grep -v /test/scale)

test-scale: deps ## Search and read a million messages on both databases; prints figures
	PARLEY_LONG=1 go test -timeout 40m -count=1 -v ./test/scale

bench-smoke: build bench/node/node_modules/.installed ## Parley beside Node and a bare broadcast
	bin/parley-bench smoke --parley bin/parley

eval-retrieval: deps ## 50 questions: how often the passage that answers is among the best five
	go test -count=1 -v -run TestRecall ./test/retrieval

probe: bench/node/node_modules/.installed ## The Socket.IO library's versions compared
	$(MAKE) -C bench probe

clean: ## Remove what was built
	rm -rf bin artifacts frontend/dist/* && git checkout -q -- frontend/dist
