# SPDX-License-Identifier: GPL-2.0-or-later
# The driver's pure files, compiled in user space.

UNIT_TESTS += test-identification test-frame test-queue test-queue-random test-registers

test-identification-srcs := tests/driver/test-identification.c driver/identification.c
test-frame-srcs := tests/driver/test-frame.c driver/frame.c driver/registers.c driver/queue.c
test-queue-srcs := tests/driver/test-queue.c driver/queue.c
test-queue-random-srcs := tests/driver/test-queue-random.c tests/driver/operations.c \
	tests/driver/reference.c driver/queue.c driver/registers.c
test-registers-srcs := tests/driver/test-registers.c driver/registers.c driver/queue.c
