# `make` or `make help` lists what can be made.

GO ?= go
# The longest that the tests of one package may take.
TIMEOUT ?= 20m
# What to test: make test PACKAGES=./internal/store
PACKAGES ?= ./...

.DEFAULT_GOAL := help
.PHONY: release release-test help test test-long quick lint prepare bench profile pgo demo screenshots build

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The packages share one PostgreSQL server, which lives as long as the tests. Go
# runs as many packages, and as many parallel tests of each, as there are cores.
test: prepare ## Everything that CI checks: lint, then all tests on both databases and in a browser, with the race detector where it helps
	CI=true GO="$(GO)" TIMEOUT=$(TIMEOUT) $(GO) run ./internal/testkit/withpostgres scripts/test.sh $(PACKAGES)

test-long: ## The same with everything that chance and patience can find, for some hours
	GATEHOUSE_TEST_LONG=1 $(MAKE) test TIMEOUT=6h

quick: ## All tests without the race detector; what needs a missing program is skipped
	$(GO) test -timeout $(TIMEOUT) $(PACKAGES)

# With the tag of the tests, so that what is built for this is not built again for them.
lint: ## gofmt, go vet, staticcheck
	@unformatted="$$(gofmt -l .)"; test -z "$$unformatted" || { echo "gofmt these files:"; echo "$$unformatted"; exit 1; }
	$(GO) vet -tags guards ./...
	$(GO) tool staticcheck -tags guards ./...
	cd release && $(GO) vet -tags guards ./...

prepare: ## Check for what the tests need (root on Debian installs it), and get axe-core, openid-client and @simplewebauthn/server
	@scripts/prepare-tests.sh

bench: ## Measure everything, half an hour on an idle machine, and write docs/figures.md
	$(GO) run ./internal/bench -figures docs/figures.md

profile: ## Profile the server while everybody signs in, and write a summary to profiles/
	$(GO) run ./internal/bench -only storm/sqlite -profile profiles -json ""

pgo: build ## Profile the server at what it does most, for the compiler: cmd/gatehouse/production.pgo
	rm -rf profiles
	for group in sign-in storm session code factor mail enrolment people platform; do $(GO) run ./internal/bench -quick -only $$group/ -profile profiles -json "" || [ $$? = 1 ] || exit; done # 1: a limit is missed
	cd bin && $(GO) tool pprof -symbolize=none -proto gatehouse ../profiles/*/*/cpu.pprof > ../cmd/gatehouse/production.pgo

demo: ## Start the demo: three sites, people, and an inbox
	$(GO) run ./cmd/gatehouse demo

screenshots: ## Take the pictures of the README and of docs again, from the demo in Chromium
	@mkdir -p docs/pictures
	GATEHOUSE_PICTURES="$(CURDIR)/docs/pictures" $(GO) test -count=1 -run '^TestPicturesOf' ./internal/journeys

# docs/decisions/0085-built-by-profile.md says what the profile does.
build: ## Build bin/gatehouse: one static file
	CGO_ENABLED=0 $(GO) build -trimpath -pgo cmd/gatehouse/production.pgo -ldflags "-s -w" -o bin/gatehouse ./cmd/gatehouse

# It has a go.mod of its own, so that its tools are no dependency of the program.
release: ## Make what a release has in dist/: packages, image, chart, checksums. make release VERSION=1.2.3
	cd release && $(GO) run . $(if $(VERSION),--version $(VERSION))

release-test: prepare ## Build everything twice, in two places and once without a cache, and compare; let Helm and Prometheus look at chart and rules; run the version before beside this one
	GOBIN="$(CURDIR)/bin" $(GO) install helm.sh/helm/v3/cmd/helm@v3.22.0
	GOBIN="$(CURDIR)/bin" $(GO) install github.com/prometheus/prometheus/cmd/promtool@v0.316.0
	cd release && CI=true GATEHOUSE_TEST_RELEASE=1 GATEHOUSE_HELM="$(CURDIR)/bin/helm" GATEHOUSE_PROMTOOL="$(CURDIR)/bin/promtool" $(GO) test -count=1 -timeout 90m .
	CI=true GATEHOUSE_TEST_RELEASE=1 $(GO) run ./internal/testkit/withpostgres $(GO) test -count=1 -timeout 30m -run '^TestTheVersionBefore' ./cmd/gatehouse
