# SPDX-License-Identifier: GPL-2.0-or-later
PROGRAMS += plcsim

# Program text and checks; with the PLC that runs them; and all but main()
plcsim-plc-srcs := $(addprefix tests/plcsim/, \
	diagnostics.c lines.c memory.c vprint.c box.c box-types.c program.c base.c reference.c \
	trigger.c refusal.c check.c plc.c ladder.c arithmetic.c port.c tag.c ecom100.c request.c \
	ecemail.c ecemsup.c information.c ecrx.c) \
	$(addprefix daemon/, setup.c text.c address.c) driver/registers.c driver/queue.c
plcsim-all-srcs := $(plcsim-plc-srcs) $(addprefix tests/plcsim/, \
	card.c misbehave.c loop.c ivshmem.c condition.c command.c outcome.c simulator.c \
	session.c status.c control.c script.c load.c preview.c xref.c record.c replay.c \
	view.c run.c ctl.c subcommand.c) \
	$(addprefix daemon/, configuration.c expand.c)

plcsim-srcs := $(plcsim-all-srcs) tests/plcsim/main.c
plcsim-pkgs := glib-2.0

# $(1) name, $(2) sources that it tests
define plcsim-test
UNIT_TESTS += test-plcsim-$(1)
test-plcsim-$(1)-srcs := tests/plcsim/test-$(1).c $(2)
test-plcsim-$(1)-pkgs := glib-2.0
endef

plcsim-test-plc-srcs := tests/plcsim/test-text.c $(plcsim-plc-srcs)
$(eval $(call plcsim-test,program,$(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,vprint,$(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,base,$(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,check,$(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,rules,$(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,document,$(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,ecemail,tests/plcsim/fake-card.c $(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,request,tests/plcsim/fake-card.c $(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,module,tests/plcsim/fake-card.c $(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,instruction,tests/plcsim/fake-card.c $(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,ecrx,tests/plcsim/fake-card.c $(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,observer,$(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,ladder,tests/plcsim/fake-card.c $(plcsim-test-plc-srcs)))
$(eval $(call plcsim-test,download,tests/plcsim/test-text.c tests/plcsim/fake-card.c \
	$(plcsim-all-srcs)))
$(eval $(call plcsim-test,record,tests/plcsim/test-text.c $(plcsim-all-srcs)))
$(eval $(call plcsim-test,card,tests/plcsim/test-text.c $(plcsim-all-srcs)))
$(eval $(call plcsim-test,script,tests/plcsim/test-text.c $(plcsim-all-srcs)))
$(eval $(call plcsim-test,misbehave,tests/plcsim/misbehave.c tests/plcsim/card.c))
$(eval $(call plcsim-test,command,tests/plcsim/test-text.c $(plcsim-all-srcs)))
$(eval $(call plcsim-test,end-to-end,tests/plcsim/test-text.c tests/plcsim/fake-host.c \
	$(plcsim-all-srcs)))
$(eval $(call plcsim-test,tool,tests/plcsim/test-text.c tests/plcsim/fake-host.c \
	$(plcsim-all-srcs)))

FUZZ_TARGETS += fuzz-ladder
fuzz-ladder-srcs := $(plcsim-plc-srcs) $(addprefix tests/plcsim/, command.c condition.c \
	misbehave.c card.c record.c)
fuzz-ladder-pkgs := glib-2.0
$(eval $(call fuzz-target,fuzz-ladder))
$(BUILD)/fuzz/fuzz-ladder: $(wildcard tests/plcsim/*.h)
fuzz-targets: $(BUILD)/fuzz/fuzz-ladder

install-plcsim: $(BUILD)/plcsim
	install -D -m 755 $(BUILD)/plcsim $(DESTDIR)$(bindir)/plcsim
	install -d $(DESTDIR)$(prefix)/share/plcsim/programs
	install -m 644 tests/plcsim/programs/* $(DESTDIR)$(prefix)/share/plcsim/programs/

.PHONY: install-plcsim
