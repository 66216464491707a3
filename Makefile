# activationd: the commands of everyday work. `make help` lists them.

SWIFT ?= swift
JOBS ?= 2
PREFIX ?= /usr/local
SECONDS ?= 600
SECONDS_EACH ?= 600
RUNS ?= 100
TARGET ?= all
SEED ?= $(shell date +%s)
KILLS ?= 500
COUNT ?= 60
ROOM ?=
CASE ?=
# Where `install` takes the programs from; where it is empty, it builds them. In its sandbox the service sees Debian's
# libraries, and not those of a Swift toolchain.
PROGRAMS ?=
# Suites about real processes and connections in real time.
REAL_TIME = EndToEndTests|WaitTests|PlatformClientTests|TransportTests|WireTests
# Of these, what waits most of its time and has a daemon for each test: they wait side by side.
SIDE_BY_SIDE = StrangePlatformTests
# What is concurrent: the targets with its tests, and those of its suites that do not wait for real connections.
CONCURRENT_TARGETS = JobQueueTests,CampaignConfigTests,LinuxShellTests,PlatformServerTests,RuntimeTests
CONCURRENT = JobQueueTests|KeptCampaignsTests|LinuxShellTests|PlatformServerTests|RuntimeTests
PART = Tests/timed part
THREAD_BUILD = .build-thread
CHECKED = -j $(JOBS) --explicit-target-dependency-import-check error
SYSTEM_LIBRARIES = build-essential pkg-config libsystemd-dev libsqlite3-dev libtomlplusplus-dev tzdata sqlite3 openssl
# What `test-systemd` calls beside the service manager itself.
SYSTEMD_TEST_TOOLS = python3 iproute2 man-db strace procps passwd util-linux systemd dbus

# What the calendar's tests ask for a second opinion; they skip it in words where it is not there.
ORACLES = systemd python3-croniter python3-dateutil python3-icalendar

# What `install` puts where, under PREFIX.
BUILT = $(or $(PROGRAMS),.build-static/release)
# What is built for this is half as large without its symbols; what was built elsewhere stays as it is.
STRIP = $(if $(filter .build-static/%,$(BUILT)),-s)
UNITS = $(notdir $(wildcard systemd/*.service systemd/*.socket systemd/*.path))
UNIT_DIRECTORY = $(PREFIX)/lib/systemd/system
# The units are written for /usr.
IN_PREFIX = -e 's|/usr/sbin/activationd|$(PREFIX)/sbin/activationd|g' -e 's|/usr/bin/activationctl|$(PREFIX)/bin/activationctl|g' \
	-e 's|/usr/lib/activationd|$(PREFIX)/lib/activationd|g' -e 's|/usr/share/doc/activationd|$(PREFIX)/share/doc/activationd|g'
# The service's root: empty directories, in which systemd puts together what the service may see.
ROOT_DIRECTORY = $(PREFIX)/lib/activationd/root
ROOT_PLACES = dev etc home proc root run sys tmp usr var
MAN_SECTIONS = 1 5 8
BASH_COMPLETION = share/bash-completion/completions/activationctl
ZSH_COMPLETION = share/zsh/site-functions/_activationctl
FISH_COMPLETION = share/fish/vendor_completions.d/activationctl.fish
INSTALLED_DIRECTORIES = $(addprefix $(PREFIX)/,sbin bin lib/systemd/system lib/systemd/catalog lib/sysusers.d lib/tmpfiles.d \
	share/doc/activationd/drop-ins share/doc/activationd/campaigns.d $(addprefix share/man/man,$(MAN_SECTIONS)) \
	$(dir $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION))) $(OWN_DIRECTORIES)
INSTALLED_FILES = $(addprefix $(PREFIX)/,sbin/activationd bin/activationctl $(addprefix lib/systemd/system/,$(UNITS)) \
	lib/sysusers.d/activationd.conf lib/tmpfiles.d/activationd.conf lib/systemd/catalog/activationd.catalog \
	$(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION) \
	$(foreach section,$(MAN_SECTIONS),$(addprefix share/man/man$(section)/,$(notdir $(wildcard docs/man/*.$(section)))))) \
	/etc/activationd/activationd.example.toml
# Removed by `uninstall` where nothing is left in them.
OWN_DIRECTORIES = /etc/activationd/campaigns.d /etc/activationd

# What files, and where under PREFIX; nothing where there are no files.
install_files = $(if $(1),install -m 644 $(1) $(DESTDIR)$(PREFIX)/$(2)/,:)

# On this host, and not in a package. The service is neither enabled nor started.
define tell_systemd
if [ -d /run/systemd/system ]; then \
	systemd-sysusers $(PREFIX)/lib/sysusers.d/activationd.conf && \
	systemd-tmpfiles --create $(PREFIX)/lib/tmpfiles.d/activationd.conf && \
	journalctl --update-catalog && systemctl daemon-reload; \
fi
endef
define stop_and_disable
if [ -d /run/systemd/system ]; then \
	systemctl stop 'activationd*.socket' activationd.service 'activationd@*.service' activationd-egress.service && \
	systemctl disable -q $(UNITS); \
fi
endef
define tell_systemd_of_removal
if [ -d /run/systemd/system ]; then journalctl --update-catalog && systemctl daemon-reload; fi
endef

.PHONY: help demo build release static test install uninstall bench soak swarm mutants mutate torture torture-brief fuzz lint unit real-time \
	end-to-end test-systemd beside-real-time simulator thread address system-libraries clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: system-libraries ## install what is missing, build, and show the daemon at work on a simulated platform
	$(SWIFT) build $(CHECKED)
	@"$$($(SWIFT) build --show-bin-path)/activation-demo"

build: ## build everything for debugging
	$(SWIFT) build $(CHECKED)

release: ## build the programs for use
	$(SWIFT) build $(CHECKED) -c release

static: system-libraries ## build the two programs with Swift's libraries inside, as `install` wants them, in a build of its own
	for program in activationd activationctl; do \
		$(SWIFT) build $(CHECKED) -c release --static-swift-stdlib --scratch-path .build-static --product $$program || exit 1; \
	done

install: $(if $(PROGRAMS),,static) ## install all of it (DESTDIR, PREFIX=/usr/local, PROGRAMS=a directory with built programs)
	install -d $(addprefix $(DESTDIR),$(INSTALLED_DIRECTORIES))
	install $(STRIP) -m 755 $(BUILT)/activationd $(DESTDIR)$(PREFIX)/sbin/
	install $(STRIP) -m 755 $(BUILT)/activationctl $(DESTDIR)$(PREFIX)/bin/
	for unit in $(UNITS); do \
		sed $(IN_PREFIX) systemd/$$unit > $(DESTDIR)$(UNIT_DIRECTORY)/$$unit && chmod 644 $(DESTDIR)$(UNIT_DIRECTORY)/$$unit || exit 1; \
	done
	install -d $(addprefix $(DESTDIR)$(ROOT_DIRECTORY)/,$(ROOT_PLACES))
	ln -sfn usr/lib $(DESTDIR)$(ROOT_DIRECTORY)/lib
	ln -sfn usr/lib64 $(DESTDIR)$(ROOT_DIRECTORY)/lib64
	install -m 755 systemd/copy-resolver-settings $(DESTDIR)$(PREFIX)/lib/activationd/
	$(call install_files,systemd/sysusers.d/activationd.conf,lib/sysusers.d)
	$(call install_files,systemd/tmpfiles.d/activationd.conf,lib/tmpfiles.d)
	$(call install_files,$(wildcard systemd/activationd.catalog),lib/systemd/catalog)
	$(call install_files,$(wildcard systemd/drop-ins/*.conf),share/doc/activationd/drop-ins)
	$(call install_files,README.md $(wildcard docs/*.md),share/doc/activationd)
	$(call install_files,$(wildcard config/campaigns.d/*),share/doc/activationd/campaigns.d)
	$(foreach section,$(MAN_SECTIONS),$(call install_files,$(wildcard docs/man/*.$(section)),share/man/man$(section));)
	$(BUILT)/activationctl --generate-completion-script bash > $(DESTDIR)$(PREFIX)/$(BASH_COMPLETION)
	$(BUILT)/activationctl --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/$(ZSH_COMPLETION)
	$(BUILT)/activationctl --generate-completion-script fish > $(DESTDIR)$(PREFIX)/$(FISH_COMPLETION)
	install -m 644 config/activationd.toml $(DESTDIR)/etc/activationd/activationd.example.toml
	$(if $(DESTDIR),,$(tell_systemd))

uninstall: ## stop it, and remove what install put there; configuration, secrets, groups and state stay (DESTDIR, PREFIX)
	$(if $(DESTDIR),,$(stop_and_disable))
	rm -f $(addprefix $(DESTDIR),$(INSTALLED_FILES))
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/activationd $(DESTDIR)$(PREFIX)/lib/activationd
	for directory in $(addprefix $(DESTDIR),$(OWN_DIRECTORIES)); do \
		[ ! -d $$directory ] || rmdir --ignore-fail-on-non-empty $$directory; \
	done
	$(if $(DESTDIR),,$(tell_systemd_of_removal))

bench: release ## measure calendars, the queue, the idle daemon, and what a delivery costs in calls
	.build/release/activation-bench

# One part after the other, up to the first that fails; docs/testing.md says what each is for. The sanitizer comes last: it uses the
# same build, and leaves our rooms in it built for itself.
test: ## lint, build with warnings as errors, run every test; ends with a table of the parts and their seconds
	@Tests/timed table $(MAKE) -j 1 --no-print-directory THREAD_BUILD=.build lint unit beside-real-time swarm mutants thread

soak: ## search for broken rules in virtual time, on all cores (SECONDS=600, SEED=a new one)
	$(SWIFT) build $(CHECKED) -c release --product activation-sim
	.build/release/activation-sim --seed $(SEED) --seconds $(SECONDS)

# What only computes, at the lowest priority, beside what mostly waits.
beside-real-time:
	@$(MAKE) -j 3 --output-sync=target --no-print-directory IDLY='nice -n 19' end-to-end test-systemd simulator

# With no known fault chosen, this build does what every other does: one is enough for both searches.
simulator:
	$(PART) build-simulator $(IDLY) $(SWIFT) build $(CHECKED) -c release --product activation-sim --scratch-path .build-mutants -Xswiftc -DMUTANTS

swarm: simulator ## the same for fixed seeds (RUNS=100)
	$(PART) swarm-fixed .build-mutants/release/activation-sim --seed 1 --runs $(RUNS)

mutants: simulator ## prove the checkers of the simulation: known faults in the code must be found
	$(PART) mutants .build-mutants/release/activation-sim --mutants

mutate: ## make small edits by chance, and say which tests notice; hours, in a copy of its own (COUNT=60, SEED=a new one, ROOM=all or one)
	Tests/mutate --swift '$(SWIFT)' --jobs $(JOBS) --count $(COUNT) --seed $(SEED) $(if $(ROOM),--room $(ROOM)) --real-time '$(REAL_TIME)'

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
	$(PART) lint $(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks Fuzzing

unit: ## build with warnings as errors, run every test but those of the whole daemon
	$(PART) build-tests $(SWIFT) build $(CHECKED) --build-tests
	$(PART) unit $(SWIFT) test --skip-build --skip '$(REAL_TIME)'

# In runs of their own: they are about real processes and connections in real time, and nothing that computes should take their turn.
# They wait most of it, so the two waits run side by side.
real-time: ## run what follows with real processes in real time, side by side (after unit)
	@$(MAKE) -j 2 --output-sync=target --no-print-directory end-to-end test-systemd

end-to-end: ## run the tests of the real daemon against the simulated platform (after unit)
	$(PART) end-to-end $(SWIFT) test --skip-build --no-parallel --filter '$(REAL_TIME)' --skip '$(SIDE_BY_SIDE)'
	$(PART) side-by-side $(SWIFT) test --skip-build --filter '$(SIDE_BY_SIDE)'

test-systemd: ## run the daemon as a service of a real systemd (after unit; skipped in words where there is no tool for it)
	$(PART) systemd Tests/systemd/run

thread: export ACTIVATIOND_TESTS = $(CONCURRENT_TARGETS)
thread: export ACTIVATIOND_THREAD = 1
thread: export TSAN_OPTIONS = halt_on_error=1
thread: ## run what is concurrent under the thread sanitizer, in a build of its own
	$(PART) build-thread $(SWIFT) build -j $(JOBS) --scratch-path $(THREAD_BUILD) --build-tests
	$(PART) thread $(SWIFT) test --scratch-path $(THREAD_BUILD) --skip-build --filter '$(CONCURRENT)' --skip '$(REAL_TIME)'
	$(PART) thread-real-time $(SWIFT) test --scratch-path $(THREAD_BUILD) --skip-build --no-parallel \
		--filter 'WaitTests|PlatformClientTests|TransportTests'

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
	rm -rf .build .build-thread .build-address .build-fuzz .build-mutants .build-mutate .build-static
