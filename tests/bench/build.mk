# SPDX-License-Identifier: GPL-2.0-or-later

bench-smtp: $(BUILD)/ecemailctl ## the engine beside other mailers, to Documentation/bench-smtp.rst
	@scripts/setup bench
	@tests/bench/smtp.py $(BUILD)

.PHONY: bench-smtp

PROGRAMS += bench-card bench-daemon

bench-card-srcs := tests/bench/card.c
bench-card-libs := -lpthread
bench-daemon-srcs := tests/bench/daemon.c

bench-driver: ## what the driver costs, to Documentation/bench-driver.rst
	@scripts/setup vm
	@tests/bench/driver.py

check-bench: ## bench-driver in short, without what depends on time
	@tests/bench/driver.py --short

.PHONY: bench-driver check-bench
