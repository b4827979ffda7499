// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The page: which slot and which of its pages are shown, by the address
 * (#/0:K1/setup), and what is to be said above them: no daemon, no card, no right.
 */
/* global cockpit */

import { Backplane } from "./backplane.js";
import { DoctorView } from "./doctor.js";
import { ecemailctl, finding } from "./command.js";
import { element, notice, replace, setText } from "./element.js";
import { ModuleView } from "./module.js";
import { RequestsView } from "./requests.js";
import { SetupView } from "./setup.js";
import { TraceView } from "./trace.js";

const _ = cockpit.gettext;
const VIEWS = [
    ["", _("Module"), ModuleView],
    ["setup", _("E-mail Setup"), SetupView],
    ["requests", _("Requests"), RequestsView],
    ["trace", _("Trace"), TraceView],
    ["doctor", _("Doctor"), DoctorView],
];
const PREMISES_PERIOD = 5000;

class Page {
    constructor() {
        this.parts = Object.fromEntries(["title", "slots", "views", "notices", "view"]
            .map(id => [id, document.getElementById(id)]));
        this.shown = null; /* what view is made for, as in the address */
        this.view = null;
        this.said = "";
        this.premises = [];
        this.premisesTime = 0;
        this.backplane = new Backplane();
        this.backplane.addEventListener("change", () => this.update());
        cockpit.addEventListener("locationchanged", () => this.update());
        cockpit.addEventListener("visibilitychange", () => this.backplane.refresh());
    }

    /* Name of the slot and key of the view that are wanted */
    address() {
        const [slot, view] = cockpit.location.path;
        const first = this.backplane.slots.keys().next().value;

        return { slot: slot || first || this.lastSlot, view: view || "" };
    }

    update() {
        const { slot: name, view } = this.address();
        const slot = this.backplane.slots.get(name);

        this.lastSlot = name;
        this.navigate(name, view);
        this.show(name, view);
        this.say(slot, name);
        setText(this.parts.title, slot ? `${slot.Module} ${slot.Name}` : _("PLC e-mail"));
        this.parts.view.hidden = !slot && view !== "doctor";
        if (slot || view === "doctor")
            this.view.update(slot);
    }

    show(name, view) {
        const wanted = `${name || ""}/${view}`;
        const [, , View] = VIEWS.find(([key]) => key === view) || VIEWS[0];

        /* Without a card there is no name; what is shown stays till there is one. */
        if (this.view && (wanted === this.shown || (!name && view === this.shownView)))
            return;
        if (this.view)
            this.view.close();
        this.view = new View(this.backplane, cockpit.location.options);
        replace(this.parts.view, this.view.element);
        if (this.shown !== null && name && this.shown !== `/${view}`)
            this.parts.view.focus();
        this.shown = wanted;
        this.shownView = view;
    }

    navigate(name, view) {
        const names = [...this.backplane.slots.keys()];
        const text = JSON.stringify([names, name, view]);

        if (text === this.navigated)
            return;
        this.navigated = text;
        this.parts.slots.hidden = names.length < 2;
        replace(this.parts.slots, names.length < 2 ? null : names.map(other =>
            this.link(other, `#/${encodeURIComponent(other)}/${view}`, other === name)));
        replace(this.parts.views, VIEWS.map(([key, label]) =>
            this.link(label, name ? `#/${encodeURIComponent(name)}/${key}` : `#/`, key === view)));
    }

    link(text, href, current) {
        return element("a", { href, "aria-current": current ? "page" : null }, text);
    }

    /* What is the matter, and what to do */

    say(slot, name) {
        const { backplane } = this;

        if (backplane.present === null)
            return;
        if (slot) {
            this.premises = [];
            this.premisesTime = 0;
            this.put(`right ${backplane.mayChange}`, backplane.mayChange === false ? [
                notice("info", _("You may look, but not change anything."),
                    _("Your user is neither root nor in group ecemail. Switch on administrative access above, or have an administrator run: adduser USER ecemail"))] : []);
            return;
        }
        this.askPremises();
        this.put(JSON.stringify([backplane.present, name, this.premises]), [
            notice("danger", backplane.present ? cockpit.format(_("$0 is not there: no card, or it does not answer."), name || _("A slot")) :
                _("ecemaild does not answer."),
            _("This page goes on by itself when that is mended."),
            this.premises.length ? element("ul", { class: "plain" }, this.premises.map(finding)) : null,
            element("button", { type: "button", class: "link",
                on: { click: () => cockpit.jump("/system/services#/ecemaild.service") } },
            _("The service ecemaild")))]);
    }

    /* Says it once, however often it is found again. */
    put(key, notices) {
        if (key === this.said)
            return;
        this.said = key;
        replace(this.parts.notices, notices);
    }

    /* Driver, card, service, bus: by a command that needs none of them */
    async askPremises() {
        if (Date.now() - this.premisesTime < PREMISES_PERIOD)
            return;
        this.premisesTime = Date.now();
        try {
            const [status] = await ecemailctl("status");
            this.premises = status.findings.filter(row => row.verdict !== "ok");
        } catch (problem) {
            this.premises = [{ check: "ecemailctl", verdict: "wrong", text: problem.message }];
        }
        this.update();
    }
}

/* Light or dark, as the shell is set */
function dress(wanted) {
    const style = wanted || localStorage.getItem("shell:style") || "auto";
    const dark = style === "dark" ||
        (style === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches);

    document.documentElement.classList.toggle("pf-theme-dark", dark);
}

window.addEventListener("storage", event => event.key === "shell:style" && dress());
window.addEventListener("cockpit-style", event => dress(event.detail.style));
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dress());
dress();
document.documentElement.lang = cockpit.language || "en";
new Page();
