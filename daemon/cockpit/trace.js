// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The trace: the conversation with the mail server, in the words of SMTP Viewer.
 * Once opened, it is followed as long as the page is there, whatever else of the
 * page is in sight: who sends a test mail finds its trace here.
 */
/* global cockpit */

import { during, element, notice, replace, setText, timeText } from "./element.js";

const _ = cockpit.gettext;
const LINES_MAX = 2000;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/* "Wed Mar 01 10:48:26 2006", as in its log */
function stamp(us) {
    const time = new Date(us / 1000);
    const two = number => String(number).padStart(2, "0");

    return `${DAYS[time.getDay()]} ${MONTHS[time.getMonth()]} ${two(time.getDate())} ` +
        `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())} ` +
        time.getFullYear();
}

export class TraceView {
    constructor(backplane) {
        this.backplane = backplane;
        this.stays = true; /* in sight without its card: the lines are still of use */
        this.watched = {}; /* the connection that follows the trace, and what of */
        this.toggle = element("button", { type: "button", id: "trace-toggle", class: "primary",
            on: { click: () => during(this.toggle, () => this.switch()) } });
        this.until = element("p", { class: "hint", id: "trace-until" });
        this.answer = element("div", { role: "status" });
        this.log = element("div", { role: "log", class: "trace", id: "trace-log", tabindex: "0",
            "aria-label": _("Trace"), "aria-live": "off" });
        backplane.addEventListener("trace", event => this.take(event.detail));
        backplane.addEventListener("change", () => this.follow());
        this.element = element("section", { class: "card", "aria-labelledby": "trace-title" },
            element("h2", { id: "trace-title" }, _("Trace")),
            this.buttons = element("div", { class: "buttons" }, this.toggle,
                element("button", { type: "button", id: "trace-save", on: { click: () => this.save() } },
                    _("Save to file")),
                element("button", { type: "button", on: { click: () => replace(this.log) } },
                    _("Clear"))),
            this.until, this.answer, this.log);
    }

    update(slot) {
        const denied = this.backplane.mayChange === false;

        this.slot = slot;
        this.buttons.hidden = denied;
        this.log.hidden = denied;
        if (denied) {
            setText(this.until, _("The trace is for root and members of group ecemail."));
            return;
        }
        setText(this.toggle, slot.Trace ? _("Switch the trace off") : _("Switch the trace on"));
        setText(this.until, !slot.Trace ? _("EMail Trace Off") : slot.TraceUntil ?
            cockpit.format(_("EMail Trace On, until $0"), timeText(slot.TraceUntil)) :
            _("EMail Trace On, for good by ecemaild.conf"));
        this.follow();
    }

    /* A daemon started anew, or a card plugged in, knows nothing of who followed before. */
    async follow() {
        const { backplane } = this;
        const slot = [...backplane.slots.values()].find(one => one.Place === this.slot.Place);

        this.path = slot ? slot.path : null;
        if (!slot || backplane.mayChange === false)
            return;
        const { client } = backplane;
        const life = [backplane.manager.Started, slot.path, slot.HostGeneration].join(" ");

        if (this.watched.client === client && this.watched.life === life)
            return;
        this.watched = { client, life };
        try {
            await backplane.callModule(slot, "WatchTrace", [true], { type: "b" });
        } catch (problem) {
            this.watched = {};
            replace(this.answer, notice("danger", _("The trace cannot be followed."),
                problem.message));
        }
    }

    async switch() {
        try {
            await this.backplane.callModule(this.slot, "SetTrace", [!this.slot.Trace], { type: "b" });
            replace(this.answer);
        } catch (problem) {
            replace(this.answer, notice("danger", _("The trace was not switched."), problem.message));
        }
        this.backplane.refresh();
    }

    take({ path, time, line }) {
        if (path !== this.path)
            return;
        const { log } = this;
        const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 30;

        log.append(element("div", {}, `${stamp(time)} ${this.slot.Name}: ${line}`));
        while (log.childElementCount > LINES_MAX)
            log.firstChild.remove();
        if (atEnd)
            log.scrollTop = log.scrollHeight;
    }

    save() {
        const lines = [...this.log.children].map(line => `${line.textContent}\n`);
        const link = element("a", {
            href: URL.createObjectURL(new Blob(lines, { type: "text/plain" })),
            download: `emailtrace-${this.slot.Name.replace(/\W/g, "-")}.txt`,
        });

        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }
}
