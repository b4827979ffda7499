# SPDX-License-Identifier: GPL-2.0-or-later

PROGRAMS += ecemaild
ecemaild-srcs := $(addprefix daemon/, ecemaild.c backplane.c slot.c device.c request.c record.c \
	frame.c address.c message.c setup.c configuration.c engine.c session.c connection.c helo.c \
	transaction.c reply.c outcome.c status.c journal.c)
ecemaild-pkgs := libsystemd libcurl gmime-3.0
