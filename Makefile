# activationd: the commands of everyday work. `make help` lists them.

SWIFT ?= swift
JOBS ?= 2
PREFIX ?= /usr/local
SECONDS ?= 600
SECONDS_EACH ?= 600
TARGET ?= all
SEED ?= $(shell date +%s)
KILLS ?= 500
CASE ?=
REAL_TIME = EndToEndTests|WaitTests
CHECKED = -j $(JOBS) --explicit-target-dependency-import-check error
SYSTEM_LIBRARIES = build-essential pkg-config libsystemd-dev libsqlite3-dev libtomlplusplus-dev tzdata sqlite3 openssl

.PHONY: help demo build release test install bench soak swarm mutants torture torture-brief fuzz lint unit end-to-end test-systemd thread address \
	system-libraries clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: system-libraries ## install what is missing, build, and show the daemon at work on a simulated platform
	$(SWIFT) build $(CHECKED)
	@"$$($(SWIFT) build --show-bin-path)/activation-demo"

build: ## build everything for debugging
	$(SWIFT) build $(CHECKED)

release: ## build the programs for use
	$(SWIFT) build $(CHECKED) -c release

install: release ## install the programs and the example configuration (DESTDIR, PREFIX=/usr/local)
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/doc/activationd
	install -m 755 .build/release/activationd $(DESTDIR)$(PREFIX)/sbin/
	install -m 755 .build/release/activationctl $(DESTDIR)$(PREFIX)/bin/
	install -m 644 config/activationd.toml $(DESTDIR)$(PREFIX)/share/doc/activationd/activationd.example.toml
	install -m 644 README.md docs/*.md $(DESTDIR)$(PREFIX)/share/doc/activationd/

bench: release ## measure the queue, the idle daemon, and what a delivery costs in calls
	.build/release/activation-bench

test: lint unit end-to-end test-systemd swarm mutants thread ## lint, build with warnings as errors, run every test

soak: ## search for broken rules in virtual time, on all cores (SECONDS=600, SEED=a new one)
	$(SWIFT) build $(CHECKED) -c release --product activation-sim
	.build/release/activation-sim --seed $(SEED) --seconds $(SECONDS)

swarm: ## the same for fixed seeds, and for new ones for a minute
	$(SWIFT) build $(CHECKED) -c release --product activation-sim
	.build/release/activation-sim --seed 1 --runs 200
	.build/release/activation-sim --seed $(SEED) --seconds 60

mutants: ## prove the checkers of the simulation: known faults in the code must be found, in a build of its own
	$(SWIFT) build $(CHECKED) -c release --product activation-sim --scratch-path .build-mutants -Xswiftc -DMUTANTS
	.build-mutants/release/activation-sim --mutants

torture: ## kill, starve, damage and deceive the real daemon (KILLS=500, CASE=all or a name, SEED=a new one)
	@$(MAKE) --no-print-directory system-libraries SYSTEM_LIBRARIES="$(SYSTEM_LIBRARIES) strace"
	$(SWIFT) build $(CHECKED) --product activationd
	$(SWIFT) build $(CHECKED) --product activation-torture
	@"$$($(SWIFT) build --show-bin-path)/activation-torture" --kills $(KILLS) --seed $(SEED) $(if $(CASE),--case $(CASE))

torture-brief: ## the quick cases of torture, and few kills: a minute or two
	$(SWIFT) build $(CHECKED) --product activationd
	$(SWIFT) build $(CHECKED) --product activation-torture
	@"$$($(SWIFT) build --show-bin-path)/activation-torture" --brief --seed $(SEED)

fuzz: ## search for bytes from outside that break a rule (SECONDS_EACH=600, TARGET=all or a subject)
	Fuzzing/run $(SECONDS_EACH) $(TARGET)

lint: ## check the format
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks Fuzzing

unit: ## build with warnings as errors, run every test but those of the whole daemon
	$(SWIFT) build $(CHECKED) --build-tests
	$(SWIFT) test --skip-build --skip '$(REAL_TIME)'

# In a run of their own: they are about real processes and connections in real time, and nothing else should take their turn.
end-to-end: ## run the tests of the real daemon against the simulated platform (after unit)
	$(SWIFT) test --skip-build --no-parallel --filter '$(REAL_TIME)'

test-systemd: ## run the daemon as a service of a real systemd (after unit; skipped in words where there is no tool for it)
	Tests/systemd/run

thread: ## run what is concurrent under the thread sanitizer, in a build of its own
	$(SWIFT) build -j $(JOBS) --sanitize=thread --scratch-path .build-thread --build-tests
	TSAN_OPTIONS=halt_on_error=1 $(SWIFT) test --sanitize=thread --scratch-path .build-thread --skip-build \
		--filter 'JobQueueTests|LinuxShellTests|PlatformServerTests|RuntimeTests' --skip '$(REAL_TIME)'
	TSAN_OPTIONS=halt_on_error=1 $(SWIFT) test --sanitize=thread --scratch-path .build-thread --skip-build --no-parallel \
		--filter WaitTests

address: ## run what the thread sanitizer does not watch under the address sanitizer, in a build of its own
	$(SWIFT) build -j $(JOBS) --sanitize=address --scratch-path .build-address --build-tests
	SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --sanitize=address --scratch-path .build-address --skip-build \
		--skip 'EndToEndTests|JobQueueTests|LinuxShellTests|PlatformServerTests|RuntimeTests'

system-libraries: ## install the system libraries that the build needs (Debian, with sudo if not root)
	@missing=$$(dpkg-query -W -f '$${Status} $${Package}\n' $(SYSTEM_LIBRARIES) 2>&1 | grep -v '^install ok installed'); \
	if [ -n "$$missing" ]; then \
		sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q $(SYSTEM_LIBRARIES); \
	fi

clean: ## remove everything that was built
	rm -rf .build .build-thread .build-address .build-fuzz .build-mutants
