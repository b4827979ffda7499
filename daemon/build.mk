# SPDX-License-Identifier: GPL-2.0-or-later

PROGRAMS += ecemaild ecemailctl

ecemaild-srcs := $(addprefix daemon/, ecemaild.c backplane.c events.c slot.c device.c request.c record.c \
	command.c expand.c history.c disk.c levels.c store.c trace.c probe.c bus.c bus-call.c \
	bus-slot.c bus-setup.c bus-manager.c bus-mail.c bus-describe.c frame.c address.c text.c message.c setup.c rate.c network.c module.c configuration.c engine.c multi.c pool.c retry.c session.c resolution.c connection.c trust.c credential.c helo.c \
	transaction.c reply.c outcome.c status.c journal.c)
ecemaild-pkgs := libsystemd libcurl openssl gmime-3.0 json-glib-1.0 libnl-route-3.0 libnl-genl-3.0

CTL_PARTS := $(addprefix daemon/ctl/, command.c output.c codes.c explain.c explain-document.c submit.c \
	submit-options.c bus.c slots.c inspect.c decode.c registers.c frames.c events.c monitor.c \
	site.c conversation.c certificate.c probe.c network.c premises.c records.c history.c status.c \
	doctor.c metrics.c setup.c test.c requests.c trace.c credential.c)
ecemailctl-srcs := daemon/ctl/main.c $(CTL_PARTS) $(addprefix daemon/, levels.c address.c text.c message.c setup.c configuration.c \
	engine.c multi.c pool.c retry.c session.c resolution.c connection.c trust.c credential.c helo.c transaction.c \
	reply.c outcome.c status.c)
ecemailctl-pkgs := libsystemd libcurl openssl gmime-3.0 json-glib-1.0 gio-2.0 libnl-genl-3.0 libnl-route-3.0

# What journalctl -x says of each status
$(BUILD)/ecemail-codes.catalog: $(BUILD)/ecemailctl
	$< explain --catalogue >$@

all: $(BUILD)/ecemail-codes.catalog

install-daemon: $(BUILD)/ecemaild $(BUILD)/ecemailctl $(BUILD)/ecemail-codes.catalog
	install -D -m 755 $(BUILD)/ecemaild $(DESTDIR)$(sbindir)/ecemaild
	install -D -m 755 $(BUILD)/ecemailctl $(DESTDIR)$(bindir)/ecemailctl
	install -d $(DESTDIR)$(unitdir)
	sed 's|/usr/sbin/|$(sbindir)/|' daemon/ecemaild.service >$(DESTDIR)$(unitdir)/ecemaild.service
	install -D -m 644 daemon/org.ecemail1.conf $(DESTDIR)$(dbusdir)/system.d/org.ecemail1.conf
	install -D -m 644 daemon/60-ecemail.rules $(DESTDIR)$(udevdir)/rules.d/60-ecemail.rules
	install -D -m 644 daemon/ecemail.sysusers $(DESTDIR)$(sysusersdir)/ecemail.conf
	install -D -m 644 daemon/ecemail.tmpfiles $(DESTDIR)$(tmpfilesdir)/ecemail.conf
	install -D -m 644 daemon/ecemail.catalog $(DESTDIR)$(catalogdir)/ecemail.catalog
	install -D -m 644 $(BUILD)/ecemail-codes.catalog $(DESTDIR)$(catalogdir)/ecemail-codes.catalog
	install -D -m 644 daemon/ctl/ecemailctl.bash \
		$(DESTDIR)$(prefix)/share/bash-completion/completions/ecemailctl
	install -d $(DESTDIR)/etc/ecemail/ecemaild.conf.d
	test -e $(DESTDIR)/etc/ecemail/ecemaild.conf || \
		install -m 644 daemon/ecemaild.conf $(DESTDIR)/etc/ecemail/ecemaild.conf

# The page for Cockpit; it is served as it lies here.
cockpitdir ?= $(prefix)/share/cockpit

install-cockpit:
	install -d $(DESTDIR)$(cockpitdir)/ecemail
	install -m 644 $(addprefix daemon/cockpit/, manifest.json *.html *.css *.js) $(DESTDIR)$(cockpitdir)/ecemail/
	set -e; for language in $(basename $(notdir $(wildcard daemon/cockpit/po/*.po))); do \
		daemon/cockpit/po/translate js daemon/cockpit/po/$$language.po \
			>$(DESTDIR)$(cockpitdir)/ecemail/po.$$language.js; \
		cp $(DESTDIR)$(cockpitdir)/ecemail/po.$$language.js \
			$(DESTDIR)$(cockpitdir)/ecemail/po.manifest.$$language.js; \
	done

pot: ## the words of the page for Cockpit, for translators
	daemon/cockpit/po/translate pot >daemon/cockpit/po/ecemail.pot

.PHONY: install-daemon install-cockpit pot
