# SPDX-License-Identifier: GPL-2.0-or-later

bench-smtp: $(BUILD)/ecemailctl ## the engine beside other mailers, to Documentation/bench-smtp.rst
	@scripts/setup bench
	@tests/bench/smtp.py $(BUILD)

.PHONY: bench-smtp
