# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything is built below build/. Programs and unit tests are declared, each
# in the build.mk of its folder:
#
#   PROGRAMS += NAME      or      UNIT_TESTS += NAME      or      PLAIN_TESTS += NAME
#   NAME-srcs := C files          NAME-pkgs := pkg-config names
#
# Programs go to build/NAME; unit tests (cmocka, ASan and UBSan; the plain ones
# without) to build/unit/NAME.

BUILD := build
CC ?= gcc
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Werror
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Iuapi -I.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
VERSION := $(shell cat VERSION)
CPPFLAGS += -DECEMAIL_VERSION='"$(VERSION)"'

PROGRAMS :=
UNIT_TESTS :=
PLAIN_TESTS :=
.DEFAULT_GOAL := all

# Where things are installed, below DESTDIR. Debian has prefix=/usr.
prefix ?= /usr/local
bindir ?= $(prefix)/bin
sbindir ?= $(prefix)/sbin
includedir ?= $(prefix)/include
mandir ?= $(prefix)/share/man
unitdir ?= $(prefix)/lib/systemd/system
udevdir ?= $(prefix)/lib/udev
sysusersdir ?= $(prefix)/lib/sysusers.d
tmpfilesdir ?= $(prefix)/lib/tmpfiles.d
catalogdir ?= $(prefix)/lib/systemd/catalog
# dbus-daemon reads no other prefix
dbusdir ?= /usr/share/dbus-1

include $(wildcard daemon/build.mk tests/*/build.mk Documentation/build.mk)

all: $(PROGRAMS:%=$(BUILD)/%) ## daemon, command and simulator

# $(1) name, $(2) folder of objects, $(3) output, $(4) flags, $(5) packages
define program
$(1)-objs-$(2) := $$($(1)-srcs:%.c=$$(BUILD)/$(2)/%.o)
$$($(1)-objs-$(2)): private PKGS += $$($(1)-pkgs) $(5)
$(3): $$($(1)-objs-$(2))
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) $(4) $$(LDFLAGS) -o $$@ $$^ \
		$$(if $$($(1)-pkgs)$(5),$$$$(pkg-config --libs $$($(1)-pkgs) $(5))) $$($(1)-libs)
-include $$($(1)-objs-$(2):.o=.d)
endef

pkg-cflags = $(if $(strip $(PKGS)),$$(pkg-config --cflags $(sort $(PKGS))))

$(BUILD)/obj/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -MMD -MP $(pkg-cflags) -c -o $@ $<

$(BUILD)/san/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -O1 -g $(WARNINGS) $(SANITIZE) -MMD -MP $(pkg-cflags) -c -o $@ $<

# lets check-unit choose tests by name
$(foreach t,$(UNIT_TESTS),$(eval $(t)-srcs += tests/unit-filter.c))

$(foreach p,$(PROGRAMS),$(eval $(call program,$(p),obj,$(BUILD)/$(p),,)))
$(foreach t,$(UNIT_TESTS),$(eval $(call program,$(t),san,$(BUILD)/unit/$(t),$(SANITIZE),cmocka)))

# Once more as fast as the daemon is, for what time or memory they take.
$(foreach t,$(PLAIN_TESTS),$(eval $(t)-srcs += tests/unit-filter.c))
$(foreach t,$(PLAIN_TESTS),$(eval $(call program,$(t),obj,$(BUILD)/unit/$(t),,cmocka)))

# Without sanitizers, for valgrind.
$(foreach t,$(UNIT_TESTS),$(eval $(call program,$(t),obj,$(BUILD)/valgrind/$(t),,cmocka)))

unit-tests: $(UNIT_TESTS:%=$(BUILD)/unit/%) $(PLAIN_TESTS:%=$(BUILD)/unit/%)

# The module, in a folder per kernel so that several can be built side by side.
# KVER=… chooses among the installed headers.
KVERS := $(notdir $(patsubst %/build,%,$(wildcard /lib/modules/*/build)))
KVER ?= $(or $(filter $(shell uname -r),$(KVERS)),$(lastword $(sort $(filter-out %-rt-amd64,$(filter 6.1.%,$(KVERS))))))
KDIR ?= /lib/modules/$(KVER)/build
MODULE_DIR := $(BUILD)/modules/$(KVER)
MODULE_SRCS := Kbuild VERSION $(wildcard driver/*.c driver/*.h uapi/linux/*.h)

modules: $(MODULE_DIR)/ecom.ko ## ecom.ko for KVER (default: the running or newest stock kernel)

$(MODULE_DIR)/ecom.ko: $(MODULE_SRCS)
	@test -d "$(KDIR)" || { echo "no kernel headers in '$(KDIR)': install linux-headers-amd64 or give KVER= or KDIR="; exit 1; }
	@mkdir -p $(@D)/driver $(@D)/uapi/linux
	cp -p Kbuild VERSION $(@D)/
	cp -p driver/*.[ch] $(@D)/driver/
	cp -p uapi/linux/*.h $(@D)/uapi/linux/
	$(MAKE) -C $(KDIR) M=$(abspath $(@D)) $(MODULE_FLAGS) modules
	@touch $@

# Checks print (K)TAP; T=… runs one test by name. scripts/test runs them all.
T ?=

check-static: ## source checks, T=NAME
	@scripts/check-static $(T)

check-unit: $(or $(addprefix $(BUILD)/unit/,$(firstword $(subst :, ,$(T)))),unit-tests) ## unit tests, T=NAME[:PATTERN]
	@tests/run-unit $(addprefix $(BUILD)/unit/,$(or $(T),$(sort $(UNIT_TESTS) $(PLAIN_TESTS))))

check-valgrind: $(UNIT_TESTS:%=$(BUILD)/valgrind/%) ## unit tests under valgrind, T=NAME[:PATTERN]
	@env -u ECEMAIL_LONG UNIT_VALGRIND=1 tests/run-unit $(addprefix $(BUILD)/valgrind/,$(or $(T),$(sort $(UNIT_TESTS))))

check-fuzz: ## fuzzing of all that takes foreign bytes, T=NAME
	@tests/fuzz/run $(T)

check-model: ## the model of mailbox and request life, searched by spin, T=NAME
	@tests/model/run $(T)

check-servers: $(BUILD)/ecemailctl ## ecemailctl submit and the mail servers of others, T=NAME
	@tests/servers/run $(if $(T),"$(T)")

check-selftests: ## kernel selftests in the guest, debug kernel, T=NAME
	@tests/selftests/run $(T)

check-kunit: ## KUnit tests of the driver in the guest, debug kernel, T=SUITE
	@tests/kunit/run $(T)

check-kernels: ## a share of the selftests on the other kernels
	@tests/selftests/kernels

check-hotplug: ## cards that come, go and break in the guest, T=NAME
	@tests/hotplug/run $(T)

check-vm: ## the bench itself: guest, isolation, ends on time, T=NAME
	@tests/vm/run $(T)

check-foreign: ## a card written from the documents alone
	@tests/foreign/run

check-system: ## ladder program to mailbox in the guest, T=NAME
	@tests/system/run $(T)

check-packages: ## Debian packages: built, installed, upgraded, removed
	@tests/packages/run

check-cockpit: ## the page for Cockpit, in a browser, T=NAME
	@tests/cockpit/run $(T)

mutate: check-mutate

check-mutate: ## does each test of the driver see its fault?, T=NAME
	@tests/mutate/run $(T)

# What clang-tidy needs to know of user-space code.
compile-flags:
	@echo $(CPPFLAGS) $(shell pkg-config --cflags $(sort cmocka $(foreach p,$(PROGRAMS) $(UNIT_TESTS),$($(p)-pkgs))))

install-driver:
	install -D -m 644 driver/60-ecom.rules $(DESTDIR)$(udevdir)/rules.d/60-ecom.rules

# For programs that talk to the device themselves.
install-headers:
	install -d $(DESTDIR)$(includedir)/linux
	install -m 644 uapi/linux/*.h $(DESTDIR)$(includedir)/linux/

# The driver's source, for DKMS to build.
install-dkms: install-driver
	install -d $(DESTDIR)$(prefix)/src/ecom-$(VERSION)/driver $(DESTDIR)$(prefix)/src/ecom-$(VERSION)/uapi/linux
	install -m 644 Kbuild VERSION $(DESTDIR)$(prefix)/src/ecom-$(VERSION)/
	sed 's/#MODULE_VERSION#/$(VERSION)/' driver/dkms.conf >$(DESTDIR)$(prefix)/src/ecom-$(VERSION)/dkms.conf
	install -m 644 driver/*.[ch] $(DESTDIR)$(prefix)/src/ecom-$(VERSION)/driver/
	install -m 644 uapi/linux/*.h $(DESTDIR)$(prefix)/src/ecom-$(VERSION)/uapi/linux/

# All but the manual pages, which want Sphinx
install-programs: install-daemon install-driver install-headers install-plcsim install-cockpit

install: install-programs install-docs ## programs, units, rules, manual pages: prefix=, DESTDIR=

deb: ## Debian packages, in build/deb
	scripts/make-deb

clean: ## remove build/
	rm -rf $(BUILD)

help: ## this list
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t24

.PHONY: all unit-tests modules check-static check-unit check-valgrind check-fuzz check-servers check-selftests \
	check-kunit check-kernels check-hotplug check-model check-vm check-foreign check-packages \
	check-system check-cockpit check-mutate mutate compile-flags install install-programs install-driver install-headers \
	install-dkms deb clean help
.DELETE_ON_ERROR:
