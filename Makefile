# make test     lint, then every test of every module, with the race detector; installs PostgreSQL and Node.js where they are missing
# make quick    vet and the short tests of the root module
# make test-ha  three PostgreSQL servers under Patroni and etcd, killed and cut off; needs root, installs what is missing; four minutes
# make soak     the crash tests of the stores and the simulation at length
# make lint     gofmt and golangci-lint, which includes vet and staticcheck, for every module
# make bench    the benchmarks whose figures README.md quotes
# make versus   the comparison with job queues; ARGS='-only claim -rounds 3' passes flags
# make gen      the number tables, from the newest metadata
# make tidy     go mod tidy for every module
# make release  prepares VERSION=v0.1.0 for tagging, see RELEASING.md

GOLANGCI = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# The modules that go.work joins, and the others, which are never published and run outside the workspace.
ROOT = github.com/ringback-go/ringback
JOINED = $(patsubst $(ROOT)/%,%,$(patsubst $(ROOT),.,$(shell go list -m)))
ALONE = $(filter-out $(JOINED),$(patsubst ./%/go.mod,%,$(shell find . -mindepth 2 -name go.mod | sort)))
GEN = phonenum/internal/gen
VERSUS = store/postgres/internal/versus

# SQLite is C translated to Go: it works on memory of its own, where the race
# detector finds nothing and takes most of the time.
RACE = -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false

.PHONY: test quick test-ha soak lint bench versus gen tidy release

test: lint
	.ci/postgres
	.ci/node
	go test $(RACE) -timeout 20m work
	@for dir in $(filter-out $(GEN),$(ALONE)); do (set -x; GOWORK=off go -C $$dir test $(RACE) -timeout 20m ./...) || exit 1; done
# Without the race detector: these tests run in one goroutine and would take two minutes longer.
	GOWORK=off go -C $(GEN) test -timeout 20m ./...

quick:
	go vet ./...
	go test -short ./...

test-ha:
	.ci/postgres ha
	go vet -tags ha ./store/postgres/internal/hatest
	go test -tags ha -count=1 -v -timeout 15m ./store/postgres/internal/hatest

soak:
	SOAK=1 go test $(RACE) -timeout 60m -run 'Crash|Killed|Restart|Cut|Pauses|Failover' ./store/sqlite ./store/postgres
	SIM_SEEDS=500 go test -timeout 60m -v -run TestProfiles ./callback/internal/simtest

lint:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }
	@for dir in $(JOINED); do (set -x; cd $$dir && $(GOLANGCI) run --allow-parallel-runners ./...) || exit 1; done
	@for dir in $(ALONE); do (set -x; cd $$dir && GOWORK=off $(GOLANGCI) run --allow-parallel-runners ./...) || exit 1; done

bench:
	go test -run '^$$' -bench 'Start|Search|Drain|DueToDial' -benchmem ./callback/manager
	go test -run '^$$' -bench Availability -benchmem ./availability
	go test -run '^$$' -bench Pending -benchmem ./scheduler
	.ci/node
	GOWORK=off go -C $(GEN) test -run '^$$' -bench Validate -benchmem .
	go test -run '^$$' -bench . ./store/sqlite
	go test -run '^$$' -bench . ./store/postgres
	GOWORK=off go -C store/internal/linearize test -run '^$$' -bench 'StartToDial|Life' -benchtime 1x .
	go test -run '^$$' -bench 'Start|Availability|Create' -benchmem ./callback/api/gms ./callback/api/lucs
	go test -run '^$$' -bench HTTP -benchtime 20000x ./examples/server
	$(MAKE) versus

versus:
	GOWORK=off go -C $(VERSUS) run . $(ARGS)

gen:
	.ci/node
	cd $(GEN) && npm install --save-exact --ignore-scripts --no-audit --no-fund libphonenumber-js@latest google-libphonenumber@latest
	GOWORK=off go -C $(GEN) get github.com/nyaruka/phonenumbers@latest
	GOWORK=off go generate ./phonenum

tidy:
	GOWORK=off go -C .ci/release run . tidy

release:
	GOWORK=off go -C .ci/release run . $(VERSION)
