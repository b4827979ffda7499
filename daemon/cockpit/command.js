// SPDX-License-Identifier: GPL-2.0-or-later
/* ecemailctl: what it finds out, the page does not find out a second time. */
/* global cockpit */

import { definitions, element } from "./element.js";

const _ = cockpit.gettext;

/*
 * Lines of JSON that a command printed. An exit status other than 0 says that
 * something was found, and is no failure if there is output.
 */
export async function run(words, options = {}) {
    let output = "";
    const process = cockpit.spawn(words, { superuser: "try", err: "message", ...options });

    process.stream(data => { output += data });
    try {
        await process;
    } catch (problem) {
        if (!output)
            throw problem;
    }
    return output.split("\n").filter(line => line).map(line => JSON.parse(line));
}

export function ecemailctl(...words) {
    return run(["ecemailctl", ...words, "--json"]);
}

const explanations = new Map();

/* What a status and an enhanced code mean; they do not change, so each is asked for once. */
function explain(status, enhanced) {
    const words = [String(status), ...enhanced ? [enhanced] : []];
    const key = words.join(" ");

    if (!explanations.has(key))
        explanations.set(key, ecemailctl("explain", ...words).catch(problem => {
            explanations.delete(key);
            throw problem;
        }));
    return explanations.get(key);
}

function describe(row, detail) {
    const found = (row.details || []).find(entry => entry.detail === detail);
    const head = row.enhanced || [row.code, row.name].filter(word => word !== undefined).join(" ");

    return element("section", { class: "explanation" },
        element("h3", {}, head),
        definitions([
            [_("Detail"), found ? found.text : null],
            [_("Meaning"), row.meaning],
            [_("Cause"), row.cause],
            [_("Remedy"), row.remedy],
            [_("From"), row.origin],
        ]));
}

/* The outcome's explanation, as an element that fills itself. */
export function explanation(outcome) {
    const place = element("div", {}, element("p", {}, _("Looking it up …")));

    explain(outcome.status, outcome.enhanced).then(
        rows => place.replaceChildren(...rows.map(row => describe(row, outcome.detail))),
        problem => place.replaceChildren(
            element("p", {}, cockpit.format(_("No explanation: $0"), problem.message))));
    return place;
}

/* A line of status or doctor: check, verdict, text, remedy */
export function finding(row) {
    const words = { ok: _("ok"), wrong: _("WRONG") };

    return element("li", { class: `finding ${row.verdict}` },
        element("span", { class: "verdict" }, words[row.verdict] || _("unknown")),
        element("div", {},
            element("strong", {}, row.check), " ", row.text,
            row.remedy && row.verdict !== "ok" ?
                element("p", { class: "remedy" }, `→ ${row.remedy}`) : null));
}
