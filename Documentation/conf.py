# SPDX-License-Identifier: GPL-2.0-or-later
"""Sphinx: all documents as HTML, some of them as manual pages (make docs)."""

import pathlib

project = "ecemail"
release = (pathlib.Path(__file__).parents[1] / "VERSION").read_text(encoding="ascii").strip()
html_theme = "alabaster"
html_theme_options = {"page_width": "1060px", "fixed_sidebar": True}
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
man_pages = [
    ("ecemailctl", "ecemailctl", "set up, watch and test the e-mail of ECOM slots", [], 1),
    ("plcsim", "plcsim", "simulated PLC and ECOM card", [], 1),
    ("ecom", "ecom", "slots of an ECOM card", [], 4),
    ("setup", "ecemaild.conf", "e-mail setup of the slots", [], 5),
    ("setup", "credentials.conf", "logins of the slots at mail servers", [], 5),
    ("ecemaild", "ecemaild", "send the e-mail of ladder programs", [], 8),
    ("ecemaild", "ecemaild.service", "send the e-mail of ladder programs", [], 8),
]
