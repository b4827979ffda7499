# SPDX-License-Identifier: GPL-2.0-or-later
"""Run in the machine: asks Cockpit for our page as a browser does.

page.py USER PASSWORD
"""
import base64
import http.cookiejar
import json
import pathlib
import posixpath
import re
import sys
import urllib.request

INSTALLED = pathlib.Path("/usr/share/cockpit/ecemail")
COCKPIT = "http://127.0.0.1:9090/cockpit"


def get(path, **headers):
    """What is there, as it is."""
    request = urllib.request.Request(f"{COCKPIT}/{path}", headers=headers)
    with browser.open(request, timeout=60) as answer:
        return answer.read()


browser = urllib.request.build_opener(
    urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
login = base64.b64encode(":".join(sys.argv[1:3]).encode()).decode()
get("login", Authorization=f"Basic {login}")

tools = json.loads(get("@localhost/manifests.json"))["ecemail"]["tools"]
page = "@localhost/ecemail/" + tools["index"]["path"]
html = get(page)
assert html == (INSTALLED / tools["index"]["path"]).read_bytes(), html

# The page, its style and its scripts; and what those import.
left, seen = re.findall(r'(?:src|href)="([^"]+)"', html.decode()), set()
while left:
    name = left.pop()
    if name in seen:
        continue
    seen.add(name)
    text = get(posixpath.normpath(f"@localhost/ecemail/{name}"))
    if (INSTALLED / name).is_file():
        assert text == (INSTALLED / name).read_bytes(), name
    left += re.findall(r'''from ["']\./([^"']+)["']''', text.decode())
there = {path.name for path in INSTALLED.iterdir()} - {"manifest.json", tools["index"]["path"]}
assert there <= seen, f"installed, but nothing loads it: {sorted(there - seen)}"
print(f"{len(seen)} files")
