// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests on their way and the last that ended. A row is made once for each
 * request and then only kept true; rows that the daemon no longer has are taken
 * out, so a page that stays open for a month is as large as on its first day.
 */
/* global cockpit */

import { definitions, element, replace, setText, timeText } from "./element.js";
import { explanation, run } from "./command.js";

const _ = cockpit.gettext;
const COUNT = 64; /* that the daemon keeps */
const JOURNAL_COUNT = 200;
const JOURNAL_BEFORE = 2; /* seconds */
const JOURNAL_AFTER = 10; /* … that journald may be late */
const COLUMNS = ["when", "state", "to", "subject"];
const HEADINGS = { when: _("Time"), state: _("State"), to: _("Recipients"), subject: _("Subject") };
const FILTERS = [["all", _("all")], ["way", _("on their way")], ["0", _("success")],
    ["failed", _("all errors")]];

function journalLine(entry) {
    /* What is no text is a list of bytes. */
    const message = Array.isArray(entry.MESSAGE) ?
        new TextDecoder().decode(Uint8Array.from(entry.MESSAGE)) : entry.MESSAGE;

    return `${timeText(Number(entry.__REALTIME_TIMESTAMP))}  ${message}`;
}

/* The field that tells a request's entries from others of its slot; a test mail has no number. */
function journalMatch(request) {
    if (request.request)
        return `ECEMAIL_REQUEST=${request.request}`;
    return request["message-id"] ? `ECEMAIL_MAIL_MESSAGE_ID=<${request["message-id"]}>` :
        `MESSAGE=${request.words}`;
}

/*
 * What the journal has on a request. Each slot counts its own, from 1 again when the
 * driver takes the card anew: hence slot and time.
 */
async function journal(request, slot) {
    const end = request.time / 1000000;
    const begin = end - request.duration / 1000;
    const entries = await run(["journalctl", "-q", "--no-pager", "-a", "-o", "json",
        "-n", String(JOURNAL_COUNT), "--since", `@${Math.floor(begin) - JOURNAL_BEFORE}`,
        "--until", `@${Math.ceil(end) + JOURNAL_AFTER}`, "-u", "ecemaild.service",
        `ECEMAIL_CARD=${slot.Card}`, `ECEMAIL_SLOT=${slot.Number}`, journalMatch(request)]);

    return entries.map(journalLine).join("\n");
}

/*
 * A request keeps its key, and so its row, from the queue to its end. Its number can
 * come again when the driver takes the card anew, and test mails have none.
 */
function byKey(requests) {
    const found = new Map();

    for (const request of requests) {
        const number = request.number || request.request;
        const test = `test ${request["message-id"]} ${request.time}`;

        if (number && !found.has(String(number)))
            found.set(String(number), request);
        else
            found.set(number ? `${number} ${request.time}` : test, request);
    }
    return found;
}

class Row {
    constructor(slot) {
        this.slot = slot;
        this.cells = Object.fromEntries(COLUMNS.map(name =>
            [name, element("td", { role: "cell", "data-label": HEADINGS[name] })]));
        this.time = element("span", {});
        this.button = element("button", { type: "button", class: "link", "aria-expanded": "false",
            on: { click: () => this.toggle() } }, this.time);
        this.cells.when.append(this.button);
        this.line = element("tr", { role: "row", class: "request" }, Object.values(this.cells));
        this.space = element("td", { role: "cell", colspan: COLUMNS.length });
        this.details = element("tr", { role: "row", class: "details", hidden: true }, this.space);
    }

    get parts() {
        return [this.line, this.details];
    }

    /* Outstanding: number, state, doing, deadline … Ended: status, sent, text … */
    show(request) {
        const { cells } = this;
        const ended = request.status !== undefined;
        const news = ended && this.request && this.request.status === undefined;
        this.request = request;

        setText(this.time, ended ? timeText(request.time) : timeText(request.accepted));
        setText(cells.to, request.to);
        setText(cells.subject, request.subject);
        setText(cells.state, ended ? this.outcomeText(request) : this.wayText(request));
        cells.state.className = !ended ? "way" : request.status ? "bad" : "good";
        if (news && !this.details.hidden)
            this.explain();
    }

    outcomeText(request) {
        const words = request.status ? cockpit.format(_("Error $0"), request.status) : _("Success");
        const seconds = (request.duration / 1000).toFixed(1);

        return cockpit.format(_("$0, sent: $1, after $2 s"), words, request.sent, seconds) +
            (request.late ? ` (${_("late")})` : "");
    }

    wayText(request) {
        return cockpit.format(_("$0: $1; $2 s old, $3 s left"), request.state, request.doing,
            Math.round(request.age / 1000), Math.round(request.left / 1000));
    }

    toggle() {
        const open = this.details.hidden;

        this.details.hidden = !open;
        this.button.setAttribute("aria-expanded", String(open));
        if (open)
            this.explain();
        else
            replace(this.space);
    }

    explain() {
        const { request } = this;

        if (request.status === undefined) {
            replace(this.space, element("p", {}, _("It is on its way; there is no outcome yet.")));
            return;
        }
        const entries = element("pre", { tabindex: "0", "aria-label": _("Journal") }, "…");
        replace(this.space, definitions([
            [_("In words"), request.words],
            [_("Server"), request.server],
            [_("Its last line"), request.text],
            [_("Message-ID"), request["message-id"]],
        ]), explanation(request), element("h3", {}, _("Journal")), entries);
        journal(request, this.slot).then(
            text => setText(entries, text || _("The journal has no entry on it that you may see.")),
            problem => setText(entries, problem.message));
    }
}

export class RequestsView {
    constructor(backplane) {
        this.backplane = backplane;
        this.rows = new Map();
        this.filter = element("select", { id: "filter", on: { change: () => this.applyFilter() } });
        this.choices = "";
        this.body = element("tbody", { role: "rowgroup" });
        this.empty = element("p", { id: "requests-empty" });
        this.held = element("p", { class: "hint", id: "requests-held" });
        this.table = element("table", { role: "table", class: "requests", "aria-labelledby": "requests-title" },
            element("thead", { role: "rowgroup" }, element("tr", { role: "row" },
                COLUMNS.map(name => element("th", { role: "columnheader", scope: "col" }, HEADINGS[name])))),
            this.body);
        this.element = element("section", { class: "card" },
            element("h2", { id: "requests-title" }, _("Requests")),
            element("div", { class: "field" }, element("label", { for: "filter" }, `${_("Show")}:`),
                element("div", {}, this.filter)),
            this.held, this.table, this.empty);
        this.offer([]);
    }

    async update(slot) {
        this.slot = slot;
        if (this.backplane.mayChange === false) {
            this.refuse();
            return;
        }
        try {
            const [text] = await this.backplane.call(slot, "DescribeRequests", [COUNT]);
            const { requests, outcomes } = JSON.parse(text);
            this.show(requests, outcomes);
        } catch (problem) {
            /* The next picture says what is the matter. */
        }
    }

    refuse() {
        this.rows.clear();
        replace(this.body);
        this.table.hidden = true;
        setText(this.held, "");
        setText(this.empty, _("Recipients, subjects and servers' words are for root and members of group ecemail to see."));
    }

    show(way, ended) {
        const wanted = byKey([...way, ...ended]);
        const waiting = this.slot.QueueUsed - way.length;
        const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
        let place = 0;

        for (const [key, row] of this.rows) {
            if (!wanted.has(key)) {
                row.parts.forEach(part => part.remove());
                this.rows.delete(key);
            }
        }
        wanted.forEach((request, key) => this.rowAt(key, place++).show(request));
        if (focused && focused.isConnected)
            focused.focus({ preventScroll: true });
        this.table.hidden = false;
        setText(this.held, waiting > 0 ? cockpit.format(cockpit.ngettext(
            "$0 more waits in the driver's queue.", "$0 more wait in the driver's queue.", waiting),
        waiting) : "");
        this.offer(ended);
        this.applyFilter();
    }

    /* The row of that request, at its place in the table */
    rowAt(key, place) {
        const row = this.rows.get(key) || new Row(this.slot);
        const there = this.body.children[2 * place];

        this.rows.set(key, row);
        if (there !== row.line)
            row.parts.forEach(part => this.body.insertBefore(part, there || null));
        return row;
    }

    /* Filters: the fixed ones, and each error that there is */
    offer(ended) {
        const chosen = this.filter.value || "all";
        const statuses = [...new Set([...ended.map(request => request.status), Number(chosen)])]
            .filter(status => status > 0).sort((a, b) => a - b);
        const choices = [...FILTERS, ...statuses.map(status =>
            [String(status), cockpit.format(_("error $0"), status)])];
        const text = JSON.stringify(choices);

        if (text === this.choices)
            return;
        this.choices = text;
        replace(this.filter, choices.map(([value, label]) => element("option", { value }, label)));
        this.filter.value = chosen;
    }

    passes(request) {
        const { value } = this.filter;

        if (value === "way")
            return request.status === undefined;
        if (value === "failed")
            return request.status > 0;
        return value === "all" || String(request.status) === value;
    }

    applyFilter() {
        let shown = 0;

        for (const row of this.rows.values()) {
            const passes = this.passes(row.request);

            shown += passes;
            row.line.hidden = !passes;
            row.details.hidden = !passes || row.button.getAttribute("aria-expanded") === "false";
        }
        setText(this.empty, shown ? "" : _("There are none."));
    }
}
