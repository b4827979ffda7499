# SPDX-License-Identifier: GPL-2.0-or-later

PROGRAMS += ecemaild ecemailctl

ecemaild-srcs := $(addprefix daemon/, ecemaild.c backplane.c slot.c device.c request.c record.c \
	frame.c address.c text.c message.c setup.c rate.c configuration.c engine.c pool.c retry.c session.c resolution.c connection.c credential.c helo.c \
	transaction.c reply.c outcome.c status.c journal.c)
ecemaild-pkgs := libsystemd libcurl gmime-3.0

ecemailctl-srcs := $(addprefix daemon/, ecemailctl.c explain.c submit.c submit-options.c \
	address.c text.c message.c setup.c engine.c pool.c retry.c session.c resolution.c connection.c \
	credential.c helo.c transaction.c reply.c outcome.c status.c)
ecemailctl-pkgs := libsystemd libcurl gmime-3.0

prefix ?= /usr

install-daemon: $(BUILD)/ecemaild $(BUILD)/ecemailctl ## programs and service files, below DESTDIR=
	install -D -m 755 $(BUILD)/ecemaild $(DESTDIR)$(prefix)/sbin/ecemaild
	install -D -m 755 $(BUILD)/ecemailctl $(DESTDIR)$(prefix)/bin/ecemailctl
	install -D -m 644 daemon/ecemaild.service $(DESTDIR)/lib/systemd/system/ecemaild.service
	install -D -m 644 daemon/60-ecemail.rules $(DESTDIR)/lib/udev/rules.d/60-ecemail.rules
	install -D -m 644 daemon/ecemail.sysusers $(DESTDIR)/usr/lib/sysusers.d/ecemail.conf
	install -D -m 644 daemon/ecemail.catalog $(DESTDIR)/usr/lib/systemd/catalog/ecemail.catalog
	install -d $(DESTDIR)/etc/ecemail/ecemaild.conf.d
	test -e $(DESTDIR)/etc/ecemail/ecemaild.conf || \
		install -m 644 daemon/ecemaild.conf $(DESTDIR)/etc/ecemail/ecemaild.conf

.PHONY: install-daemon
