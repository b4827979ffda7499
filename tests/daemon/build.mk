# SPDX-License-Identifier: GPL-2.0-or-later

DAEMON_PARTS := $(filter-out daemon/ecemaild.c,$(ecemaild-srcs))
DAEMON_SERVER := tests/daemon/server.c tests/daemon/loop.c

UNIT_TESTS += daemon-reply daemon-frame daemon-address daemon-setup daemon-message daemon-status \
	daemon-engine daemon-session daemon-security daemon-retry daemon-pool daemon-submit daemon-slot daemon-rate daemon-faults \
	daemon-memory

daemon-reply-srcs := tests/daemon/reply.c daemon/reply.c

daemon-frame-srcs := tests/daemon/frame.c daemon/frame.c

daemon-address-srcs := tests/daemon/address.c daemon/address.c
daemon-address-pkgs := glib-2.0

daemon-setup-srcs := tests/daemon/setup.c daemon/configuration.c daemon/setup.c \
	daemon/text.c daemon/address.c
daemon-setup-pkgs := glib-2.0

daemon-message-srcs := tests/daemon/message.c daemon/message.c daemon/text.c daemon/setup.c \
	daemon/address.c
daemon-message-pkgs := gmime-3.0

daemon-rate-srcs := tests/daemon/rate.c daemon/rate.c

UNIT_TESTS += daemon-journal
daemon-journal-srcs := tests/daemon/journal.c daemon/journal.c
daemon-journal-pkgs := glib-2.0 libsystemd

EXPLAIN_PARTS := daemon/status.c $(addprefix daemon/ctl/, codes.c explain.c explain-document.c \
	output.c command.c)

daemon-status-srcs := tests/daemon/status.c $(EXPLAIN_PARTS)
daemon-status-pkgs := json-glib-1.0

UNIT_TESTS += ctl-explain
ctl-explain-srcs := tests/daemon/explain.c $(EXPLAIN_PARTS)
ctl-explain-pkgs := json-glib-1.0

UNIT_TESTS += ctl-probe
ctl-probe-srcs := tests/daemon/probe.c tests/daemon/server.c tests/daemon/certificate.c \
	$(filter-out daemon/ctl/main.c,$(ecemailctl-srcs))
ctl-probe-pkgs := $(ecemailctl-pkgs) openssl

UNIT_TESTS += ctl-decode ctl-premises
ctl-decode-srcs := tests/daemon/decode.c daemon/ctl/decode.c daemon/ctl/events.c daemon/outcome.c \
	daemon/status.c
ctl-decode-pkgs := json-glib-1.0 libnl-genl-3.0

ctl-premises-srcs := tests/daemon/premises.c $(addprefix daemon/ctl/, premises.c slots.c bus.c \
	command.c output.c)
ctl-premises-pkgs := json-glib-1.0 gio-2.0

daemon-engine-srcs := tests/daemon/engine.c tests/daemon/mail.c $(DAEMON_SERVER) $(DAEMON_PARTS)
daemon-engine-pkgs := $(ecemaild-pkgs) openssl
daemon-engine-libs := -Wl,--wrap=getaddrinfo -Wl,--wrap=gethostname -Wl,--wrap=recv

daemon-session-srcs := tests/daemon/session.c tests/daemon/mail.c $(DAEMON_SERVER) $(DAEMON_PARTS)
daemon-session-pkgs := $(ecemaild-pkgs) openssl

daemon-security-srcs := tests/daemon/security.c tests/daemon/certificate.c tests/daemon/mail.c \
	$(DAEMON_SERVER) $(DAEMON_PARTS)
daemon-security-pkgs := $(ecemaild-pkgs) openssl

daemon-retry-srcs := tests/daemon/retry.c tests/daemon/mail.c $(DAEMON_SERVER) $(DAEMON_PARTS)
daemon-retry-pkgs := $(ecemaild-pkgs) openssl

daemon-pool-srcs := tests/daemon/pool.c tests/daemon/mail.c $(DAEMON_SERVER) $(DAEMON_PARTS)
daemon-pool-pkgs := $(ecemaild-pkgs) openssl

daemon-submit-srcs := tests/daemon/submit.c tests/daemon/server.c tests/daemon/certificate.c \
	$(filter-out daemon/ctl/main.c,$(ecemailctl-srcs))
daemon-submit-pkgs := $(ecemailctl-pkgs) openssl

daemon-slot-srcs := tests/daemon/slot.c tests/daemon/device-fake.c $(DAEMON_SERVER) $(DAEMON_PARTS)
daemon-slot-pkgs := $(ecemaild-pkgs) openssl

UNIT_TESTS += daemon-network daemon-module
daemon-network-srcs := tests/daemon/network.c daemon/network.c
daemon-network-pkgs := libnl-route-3.0

daemon-module-srcs := tests/daemon/module.c tests/daemon/device-fake.c tests/daemon/loop.c \
	$(DAEMON_PARTS)
daemon-module-pkgs := $(ecemaild-pkgs)

UNIT_TESTS += daemon-store daemon-expand

daemon-store-srcs := tests/daemon/store.c tests/daemon/loop.c $(DAEMON_PARTS)
daemon-store-pkgs := $(ecemaild-pkgs)

daemon-expand-srcs := tests/daemon/expand.c $(DAEMON_PARTS)
daemon-expand-pkgs := $(ecemaild-pkgs)

UNIT_TESTS += daemon-command

daemon-command-srcs := tests/daemon/command.c tests/daemon/device-fake.c tests/daemon/loop.c \
	$(DAEMON_PARTS)
daemon-command-pkgs := $(ecemaild-pkgs)

daemon-faults-srcs := tests/daemon/faults.c tests/daemon/fault-server.c tests/daemon/device-fake.c \
	tests/daemon/loop.c $(DAEMON_PARTS)
daemon-faults-pkgs := $(ecemaild-pkgs)

UNIT_TESTS += daemon-bus

daemon-bus-srcs := tests/daemon/bus.c tests/daemon/device-fake.c $(DAEMON_SERVER) $(DAEMON_PARTS)
daemon-bus-pkgs := $(ecemaild-pkgs) openssl

daemon-memory-srcs := tests/daemon/memory.c tests/daemon/fault-server.c tests/daemon/device-fake.c \
	tests/daemon/loop.c $(DAEMON_PARTS)
daemon-memory-pkgs := $(ecemaild-pkgs)

# Once more without sanitizers: whether the loop stands still
STALL_TESTS := daemon-engine daemon-session daemon-security daemon-faults
PLAIN_TESTS += $(STALL_TESTS:%=%-stalls) daemon-footprint
$(foreach t,$(STALL_TESTS),$(foreach v,srcs pkgs libs,$(eval $(t)-stalls-$(v) := $($(t)-$(v)))))

daemon-footprint-srcs := tests/daemon/footprint.c tests/daemon/fault-server.c \
	tests/daemon/device-fake.c tests/daemon/loop.c $(DAEMON_PARTS)
daemon-footprint-pkgs := $(ecemaild-pkgs)
