// SPDX-License-Identifier: GPL-2.0-or-later
/* Gives the daemon a secret through ecemailctl, with root's rights; none is ever shown. */
/* global cockpit */

import { during, element, notice, replace } from "./element.js";

const _ = cockpit.gettext;

export class CredentialForm {
    constructor() {
        this.name = element("input", { id: "credential-name", type: "text", autocomplete: "off" });
        this.secret = element("input", { id: "credential-secret", type: "password",
            autocomplete: "new-password" });
        this.answer = element("div", { role: "status", id: "credential-answer" });
        this.button = element("button", { type: "submit", id: "credential-set" }, _("Set"));
        this.element = element("section", { class: "card", "aria-labelledby": "credential-title" },
            element("h2", { id: "credential-title" }, _("Credential")),
            element("p", { class: "hint" }, _("A password or token for a login, encrypted for this PC. It takes administrative access, and ecemaild is restarted for it. Which server it is for is in /etc/ecemail/credentials.conf.")),
            element("form", { novalidate: true, on: { submit: event => this.submit(event) } },
                element("div", { class: "field" },
                    element("label", { for: "credential-name" }, `${_("Name")}:`), this.name),
                element("div", { class: "field" },
                    element("label", { for: "credential-secret" }, `${_("Secret")}:`), this.secret),
                element("div", { class: "buttons" }, this.button)),
            this.answer);
    }

    submit(event) {
        event.preventDefault();
        during(this.button, () => this.set());
    }

    async set() {
        try {
            const process = cockpit.spawn(["ecemailctl", "credential", "set", "--", this.name.value],
                { superuser: "require", err: "message" });
            process.input(`${this.secret.value}\n`);
            const said = await process;
            this.secret.value = "";
            replace(this.answer, notice("success", _("The daemon has it."), element("pre", {}, said)));
        } catch (problem) {
            replace(this.answer, notice("danger", _("It was not set."),
                problem.message || problem.problem));
        }
    }
}
