# Two commands do all the set-up on a fresh machine: `make demo` runs the main job on the
# embedded default, `make test` runs every test. Both install what they lack on Debian and
# its kin, and say what is missing elsewhere.

GOLANGCI := v2.6.2
BIN      := $(CURDIR)/dist/bin
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
TAGS     := disable_grpc_modules,netgo,osusergo,sqlite_omit_load_extension
FLAGS    := -ldflags "-s -w -X main.version=$(VERSION)" -tags "$(TAGS)" -trimpath -buildvcs=auto

.PHONY: help demo test fast soak lint cover fuzz storybook pictures build clean tools-demo tools-test

help: ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: tools-demo ## run Aye, a shop and a phone on this machine
	@go build -o dist/aye-demo ./cmd/aye && exec dist/aye-demo demo $(ARGS)

test: tools-test ## run every test, with the race detector
	@go vet ./...
	@$(MAKE) --no-print-directory lint
	@go test -race -timeout 40m ./...

fast: ## the tests without the race detector and without a browser
	@go test $$(go list ./... | grep -vE '/internal/demo|/portal/(paths|storybook)')

SOAK ?= 5m
soak: tools-test ## let everything around Aye fail, for SOAK (5m) on one node and as long on two, and the long forms of some tests
	@AYE_SOAK=1 go test -count=1 -timeout 60m -run 'TestTornLog|TestWrongRequests|TestRawRequests|TestWrongForms' ./store ./api ./portal
	@go test -count=1 -timeout 60m -v -run 'TestSoak|TestTheGuardIsNeeded' ./internal/soak -args -soak $(SOAK) -disks

lint: $(BIN)/golangci-lint ## run the linters
	@$(BIN)/golangci-lint run ./...

cover: tools-test ## show how much of the domain the tests reach
	@go test -cover ./approval ./pairing ./devices

fuzz: ## fuzz what parses input from outside, 20 s for each target
	@for file in $$(grep -rlE '^func Fuzz' --include='*_test.go' .); do \
		for target in $$(grep -oE '^func Fuzz[A-Za-z0-9_]+' $$file | cut -c6-); do \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime 20s ./$$(dirname $$file) || exit 1; \
		done; \
	done

storybook: ## show every page of the portal in every state, with made-up data
	@go run ./portal/storybook

pictures: tools-test ## take pictures of every page of the portal, into dist/pictures
	@mkdir -p dist/pictures
	@go test -tags screenshots ./portal/storybook -run TestScreenshots -timeout 30m -args -shots $(CURDIR)/dist/pictures

build: tools-demo ## build dist/aye
	@go build $(FLAGS) -o dist/aye ./cmd/aye

clean: ## remove what was built
	rm -rf dist

$(BIN)/golangci-lint:
	@echo "Building golangci-lint $(GOLANGCI), once; this takes a few minutes."
	@GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)

tools-demo:
	@./.ci/tools gcc

tools-test:
	@./.ci/tools gcc chromium zbarimg oathtool curl node npm
	@./.ci/servers
	@./.ci/axe
