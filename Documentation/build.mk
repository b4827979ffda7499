# SPDX-License-Identifier: GPL-2.0-or-later

DOCUMENTS := $(wildcard $(addprefix Documentation/*., rst py svg png))
SPHINX := sphinx-build -q -W --keep-going -d $(BUILD)/docs/doctrees

docs: $(BUILD)/docs/html/index.html $(BUILD)/docs/man/ecom.4 ## documents as HTML and manual pages

$(BUILD)/docs/html/index.html: $(DOCUMENTS) VERSION
	$(SPHINX) -b html Documentation $(BUILD)/docs/html
	@touch $@

$(BUILD)/docs/man/ecom.4: $(DOCUMENTS) VERSION
	rm -rf $(@D)
	$(SPHINX) -b man Documentation $(BUILD)/docs/man
	@touch $@

install-docs: $(BUILD)/docs/man/ecom.4 ## manual pages, below DESTDIR=
	for page in $(BUILD)/docs/man/*.[1-8]; do \
		install -D -m 644 $$page \
			$(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/} || exit 1; done

.PHONY: docs install-docs
