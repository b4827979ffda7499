// SPDX-License-Identifier: GPL-2.0-or-later
/* ecemailctl doctor: the ten requirements, each with its remedy. Works without the daemon. */
/* global cockpit */

import { during, element, notice, replace } from "./element.js";
import { ecemailctl, finding } from "./command.js";

const _ = cockpit.gettext;

export class DoctorView {
    constructor() {
        this.stays = true; /* in sight without its card: that is what it looks for */
        this.button = element("button", { type: "button", class: "primary", id: "doctor-run",
            on: { click: () => during(this.button, () => this.run()) } }, _("Run"));
        this.answer = element("div", { role: "status", id: "doctor-answer" });
        this.list = element("ol", { class: "plain", id: "doctor-findings" });
        this.element = element("section", { class: "card", "aria-labelledby": "doctor-title" },
            element("h2", { id: "doctor-title" }, _("Doctor")),
            element("p", { class: "hint" }, _("Looks at all that a mail needs, from the driver to a talk with the mail server. Nobody gets a mail.")),
            element("div", { class: "buttons" }, this.button), this.answer, this.list);
    }

    update(slot) {
        this.slot = slot;
    }

    async run() {
        replace(this.list);
        replace(this.answer, notice("info", _("Looking …")));
        try {
            const [report] = await ecemailctl("doctor", ...this.slot ? [this.slot.Name] : []);
            this.show(report.findings);
        } catch (problem) {
            replace(this.answer, notice("danger", _("ecemailctl could not look."), problem.message));
        }
    }

    show(findings) {
        const first = findings.find(row => row.verdict === "wrong");

        replace(this.list, findings.map(finding));
        replace(this.answer, first ?
            notice("danger", cockpit.format(_("Begin with: $0"), first.check), first.remedy) :
            notice("success", _("Nothing is wrong.")));
    }
}
