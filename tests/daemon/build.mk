# SPDX-License-Identifier: GPL-2.0-or-later

UNIT_TESTS += daemon-slot

DAEMON_PARTS := $(filter-out daemon/ecemaild.c,$(ecemaild-srcs))

daemon-slot-srcs := tests/daemon/slot.c tests/daemon/device-fake.c tests/daemon/server.c \
	tests/daemon/loop.c $(DAEMON_PARTS)
daemon-slot-pkgs := $(ecemaild-pkgs)
