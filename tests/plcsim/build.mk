# SPDX-License-Identifier: GPL-2.0-or-later
PROGRAMS += plcsim

plcsim-program-srcs := $(addprefix tests/plcsim/, \
	diagnostics.c memory.c vprint.c box.c program.c base.c check.c \
	plc.c ladder.c port.c tag.c ecom100.c ecemail.c)
plcsim-all-srcs := $(plcsim-program-srcs) $(addprefix tests/plcsim/, \
	card.c loop.c ivshmem.c condition.c command.c outcome.c simulator.c \
	session.c status.c control.c script.c load.c preview.c run.c ctl.c)

plcsim-srcs := $(plcsim-all-srcs) tests/plcsim/main.c
plcsim-pkgs := glib-2.0
