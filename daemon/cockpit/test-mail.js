// SPDX-License-Identifier: GPL-2.0-or-later
/* "Send test mail": as if a box had asked for it, with its outcome explained. */
/* global cockpit */

import { during, element, notice, replace } from "./element.js";
import { explanation } from "./command.js";

const _ = cockpit.gettext;
const MORE = 30000; /* milliseconds; it ends by the setup's time-out */

function field(id, label, value) {
    const input = element("input", { id, type: "text", autocomplete: "off", value });

    return { input, row: element("div", { class: "field" },
        element("label", { for: id }, `${label}:`), element("div", {}, input)) };
}

/* An outcome in a box of its own */
export function outcomeNotice(outcome) {
    const good = outcome.status === 0;
    const title = good ? _("Success: the server has taken the mail.") :
        cockpit.format(_("Status $0, sent: $1"), outcome.status, outcome.sent);

    return notice(good ? "success" : "danger", title, outcome.words,
        outcome.text ? cockpit.format(_("Text: $0"), outcome.text) : null,
        good ? null : explanation(outcome));
}

export class TestMail {
    constructor(backplane) {
        this.backplane = backplane;
        this.to = field("test-to", _("To"), "");
        this.subject = field("test-subject", _("Subject"), _("Test"));
        this.body = field("test-body", _("Body"), _("This is a test."));
        this.button = element("button", { type: "submit", id: "test-send" }, _("Send test mail"));
        this.answer = element("div", { role: "status", id: "test-answer" });
        this.element = element("section", { class: "card", "aria-labelledby": "test-title" },
            element("h2", { id: "test-title" }, _("Test mail")),
            element("form", { novalidate: true, on: { submit: event => this.submit(event) } },
                this.to.row, this.subject.row, this.body.row,
                element("div", { class: "buttons" }, this.button)),
            this.answer);
    }

    update(slot) {
        this.slot = slot;
    }

    submit(event) {
        event.preventDefault();
        during(this.button, () => this.send());
    }

    async send() {
        replace(this.answer, notice("info", _("The mail is on its way …")));
        try {
            const [outcome] = await this.backplane.callModule(this.slot, "SendTestMail",
                [this.to.input.value, this.subject.input.value, this.body.input.value],
                { type: "sss", timeout: 1000 * this.slot.Timeout + MORE });
            replace(this.answer, outcomeNotice(Object.fromEntries(
                Object.entries(outcome).map(([name, { v }]) => [name, v]))));
        } catch (problem) {
            replace(this.answer, notice("danger", _("No test mail was sent."), problem.message));
        }
    }
}
