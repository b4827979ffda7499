# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz targets (libFuzzer, ASan and UBSan), to build/fuzz/NAME. tests/fuzz/run
# builds and runs them.

FUZZ_TARGETS := fuzz-identification fuzz-frame fuzz-queue fuzz-reply fuzz-ecemail fuzz-address \
	fuzz-message

fuzz-identification-srcs := driver/identification.c
fuzz-frame-srcs := driver/frame.c driver/queue.c driver/registers.c tests/driver/reference.c
fuzz-queue-srcs := driver/queue.c driver/registers.c tests/driver/operations.c \
	tests/driver/reference.c
fuzz-reply-srcs := daemon/reply.c
fuzz-ecemail-srcs := daemon/frame.c
fuzz-address-srcs := daemon/address.c
fuzz-address-pkgs := glib-2.0
fuzz-message-srcs := daemon/message.c daemon/text.c daemon/address.c daemon/setup.c
fuzz-message-pkgs := gmime-3.0

FUZZ_CFLAGS := -O1 -g -Wall -Wextra -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer

# $(1) target
define fuzz-target
$(BUILD)/fuzz/$(1): tests/fuzz/$(1).c tests/fuzz/fuzz.h tests/fuzz/build.mk $($(1)-srcs) \
		$(wildcard driver/*.h daemon/*.h tests/driver/*.h uapi/linux/*.h)
	@mkdir -p $$(@D)
	clang $$(CPPFLAGS) $$(FUZZ_CFLAGS) -o $$@ tests/fuzz/$(1).c $$($(1)-srcs) \
		$$(if $$($(1)-pkgs),$$$$(pkg-config --cflags --libs $$($(1)-pkgs)))
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz-target,$(t))))

fuzz-targets: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)

# for tests/fuzz/run
list-fuzz-targets:
	@echo $(FUZZ_TARGETS)

.PHONY: fuzz-targets list-fuzz-targets
