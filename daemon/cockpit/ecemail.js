// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The page: which slot and which of its views are shown, by the address
 * (#/0:K1/setup), and what is to be said above them: no daemon, no card, no right.
 */
/* global cockpit */

import { Backplane } from "./backplane.js";
import { DoctorView } from "./doctor.js";
import { ecemailctl, finding } from "./command.js";
import { element, language, notice, replace, setText } from "./element.js";
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

/*
 * A view is made once for each module and stays: what was typed, traced or found is
 * there when its user comes back to it. A module that comes under another's name has
 * views of its own, so nothing that was typed for the one gets to the other.
 */
class Page {
    constructor() {
        this.parts = Object.fromEntries(["title", "slots", "views", "notices", "view"]
            .map(id => [id, document.getElementById(id)]));
        setText(this.parts.title, _("PLC e-mail"));
        this.parts.slots.setAttribute("aria-label", _("Slots"));
        this.parts.views.setAttribute("aria-label", _("Pages of the slot"));
        this.made = new Map(); /* views, by place of the module and key */
        this.places = new Map(); /* of modules, by name */
        this.view = null; /* the one in sight */
        this.said = "";
        this.premises = [];
        this.premisesTime = 0;
        this.backplane = new Backplane();
        this.backplane.addEventListener("change", () => this.update());
        cockpit.addEventListener("locationchanged", () => this.update());
        cockpit.addEventListener("visibilitychange", () => this.backplane.refresh());
        window.addEventListener("beforeunload", event => this.unsent().length && event.preventDefault());
    }

    /* Name of the slot and key of the view that are wanted */
    address() {
        const [slot, key] = cockpit.location.path;
        const first = this.backplane.slots.keys().next().value;

        return { name: slot || this.lastName || first,
            key: VIEWS.some(([known]) => known === key) ? key : "" };
    }

    update() {
        const { name, key } = this.address();
        const slot = this.backplane.slots.get(name);

        this.lastName = name;
        if (slot)
            this.places.set(name, slot.Place);
        this.navigate(name, key);
        this.show(this.viewOf(this.places.get(name) || "", key, slot));
        this.arrive();
        this.say(slot, name);
        setText(this.parts.title, slot ? `${slot.Module} ${slot.Name}` : _("PLC e-mail"));
        document.title = this.parts.title.textContent;
        this.conceal(!slot && this.view !== null && !this.view.stays);
        if (slot || key === "doctor")
            this.view.update(slot);
    }

    /* Without a card there is only the doctor's, which its first module then takes over. */
    viewOf(place, key, slot) {
        const id = `${place}/${key}`;
        const [, , View] = VIEWS.find(([known]) => known === key);

        if (!this.made.has(id) && (slot || key === "doctor")) {
            this.made.set(id, this.made.get(`/${key}`) || new View(this.backplane));
            if (place)
                this.made.delete(`/${key}`);
        }
        return this.made.get(id) || null;
    }

    show(view) {
        if (view === this.view)
            return;
        this.view = view;
        replace(this.parts.view, view ? view.element : null);
    }

    /* Somebody has followed a link: the keyboard goes on from there. */
    arrive() {
        const address = JSON.stringify([cockpit.location.path, cockpit.location.options]);
        const heading = this.parts.view.querySelector("h2");

        if (address === this.arrivedAt || !this.view)
            return;
        if (this.arrivedAt !== undefined) {
            heading.tabIndex = -1;
            heading.focus();
        }
        this.arrivedAt = address;
        if (this.view.arrive)
            this.view.arrive(cockpit.location.options);
    }

    /* What is no longer true is out of sight; afterwards the keyboard is where it was. */
    conceal(isSo) {
        const { view } = this.parts;

        if (isSo && view.contains(document.activeElement))
            this.focused = document.activeElement;
        view.hidden = isSo;
        if (!isSo && this.focused) {
            if (document.activeElement === document.body)
                this.focused.focus();
            this.focused = null;
        }
    }

    navigate(name, key) {
        const { slots, views } = this.parts;
        const names = [...this.backplane.slots.keys()];
        const text = JSON.stringify([names, name, key]);
        const focused = document.activeElement.matches("nav a") && document.activeElement.textContent;

        if (text === this.navigated)
            return;
        this.navigated = text;
        slots.hidden = !names.some(other => other !== name);
        replace(slots, slots.hidden ? null : names.map(other =>
            this.link(other, `#/${encodeURIComponent(other)}/${key}`, other === name)));
        replace(views, VIEWS.map(([other, label]) =>
            this.link(label, name ? `#/${encodeURIComponent(name)}/${other}` : "#/", other === key)));
        if (focused)
            this.refocus(focused);
    }

    /* The link with the same text as the one that had the focus */
    refocus(text) {
        const again = [...document.querySelectorAll("nav a")].find(link => link.textContent === text);

        if (again)
            again.focus();
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
            const left = this.unsent().filter(view => view.slot.Name === name && view.slot.Place !== slot.Place);

            this.put(JSON.stringify([backplane.mayChange, left.map(view => view.slot.Place)]), [
                backplane.mayChange === false ? notice("info", _("You may look, but not change anything."),
                    _("Your user is neither root nor in group ecemail. Switch on administrative access above, or have an administrator run: adduser USER ecemail")) : null,
                left.map(view => this.leftBehind(slot, view))]);
            return;
        }
        this.askPremises();
        this.put(JSON.stringify([backplane.present, name, this.premises]), [
            notice("danger", backplane.present ? cockpit.format(_("$0 is not there: no card, or it does not answer."), name || _("A slot")) :
                _("ecemaild does not answer."),
            _("This page goes on by itself when that is mended."),
            this.remedies(),
            element("button", { type: "button", class: "link",
                on: { click: () => cockpit.jump("/system/services#/ecemaild.service") } },
            _("The service ecemaild")))]);
    }

    /* ecemailctl finds nothing wrong with a card that it cannot know of. */
    remedies() {
        if (this.premises.length)
            return element("ul", { class: "plain" }, this.premises.map(finding));
        return this.backplane.present ? element("p", { class: "remedy" },
            _("→ Is the card in the PC? lspci lists what there is, and journalctl -k -g ecom says what became of it.")) : null;
    }

    /* Setup pages with something typed that was not sent */
    unsent() {
        return [...this.made.values()].filter(view => view.edited && view.edited.length);
    }

    leftBehind(slot, view) {
        return notice("warning", cockpit.format(_("$0 is another module now: $1 instead of $2."),
            slot.Name, slot.Place, view.slot.Place),
        cockpit.format(_("What was typed for the former was not sent, and stays here till it is back: $0"),
            view.edited.map(field => field.label).join(", ")));
    }

    /* Says it once, however often it is found again. */
    put(key, notices) {
        if (key === this.said)
            return;
        this.said = key;
        replace(this.parts.notices, notices.flat());
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
document.documentElement.lang = language();
document.documentElement.dir = cockpit.language_direction || "ltr";
new Page();
