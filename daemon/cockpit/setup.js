// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The E-mail Setup page. The form shows the stored setup; where the working copy
 * is another, it stands beside the field with who changed it. Send stores the
 * fields that were edited, no others, so those that follow the site's defaults go
 * on doing so. What somebody else has stored since a field was edited is named
 * before it is replaced. What is allowed is the daemon's to say: the browser checks
 * nothing.
 */
/* global cockpit */

import { during, element, notice, replace, setText } from "./element.js";
import { CredentialForm } from "./credential.js";
import { TestMail } from "./test-mail.js";

const _ = cockpit.gettext;
const UNDEFINED = _("-- undefined --");
const PATIENCE = 60000; /* with a disk */

/* The ECOM100's six fields in its words, then ours; all others follow under "More". */
const LABELS = new Map([
    ["Server", _("Server IP Address")],
    ["SenderName", _("Sender Name")],
    ["SenderAddress", _("Sender EMail Address")],
    ["Cc", _("Cc")],
    ["Port", _("Port (default=25)")],
    ["Timeout", _("Timeout (default=60 sec)")],
    ["TLS", _("TLS")],
    ["Login", _("Login (name of a credential)")],
    ["ModuleName", _("Module Name")],
    ["ModuleDescription", _("Module Description")],
]);
const CHOICES = { TLS: ["none", "starttls", "implicit"] };
const ORIGINS = {
    ladder: _("changed by the ladder program"),
    working: _("changed in the working copy only"),
};

/* One field: its input, what is allowed, its error, the working copy beside it */
class Field {
    constructor(name, described, unset) {
        this.name = name;
        this.siteOnly = described ? described.allowed.startsWith("site only") : false;
        const id = `field-${name}`;
        this.input = CHOICES[name] ?
            element("select", { id }, CHOICES[name].map(choice => element("option", {}, choice))) :
            element("input", { id, type: "text", autocomplete: "off", spellcheck: "false" });
        this.input.setAttribute("aria-describedby",
            `${id}-hint ${id}-working ${id}-meanwhile ${id}-error`);
        if (described && described.required)
            this.input.setAttribute("aria-required", "true");
        this.stored = this.begun = this.input.value; /* begun: what was stored then */
        this.known = null; /* what somebody else has stored, as its editor was told */
        this.error = element("p", { class: "error", id: `${id}-error` });
        this.working = element("p", { class: "working", id: `${id}-working`, hidden: true });
        this.meanwhile = element("p", { class: "working", id: `${id}-meanwhile` });
        this.hint = element("p", { class: "hint", id: `${id}-hint` }, this.hintText(described));
        this.follow = element("button", { type: "button", class: "link", id: `${id}-default`,
            hidden: true, on: { click: () => during(this.follow, () => unset(this)) } });
        this.element = element("div", { class: "field" },
            element("label", { for: id }, `${this.label}:`),
            element("div", {}, this.input, this.hint, this.follow, this.working,
                this.meanwhile, this.error));
    }

    get label() {
        return LABELS.get(this.name) || this.name;
    }

    hintText(described) {
        if (!described)
            return "";
        return [described.required ? _("required") : "", described.allowed,
            described.standard ? cockpit.format(_("default $0"), described.standard) : ""]
            .filter(text => text).join("; ");
    }

    get edited() {
        return this.input.value !== this.begun && this.input.value !== this.stored;
    }

    /* Would replace what its editor has not seen */
    get disputed() {
        return this.edited && this.stored !== this.begun && this.stored !== this.known;
    }

    /* A field that is being edited keeps what was typed. */
    show([, working, stored, site, origin]) {
        this.stored = stored;
        if (!this.edited)
            this.reset();
        setText(this.meanwhile, this.edited && stored !== this.begun ?
            cockpit.format(_("Stored meanwhile by somebody else: $0"), stored || UNDEFINED) : "");
        this.follow.hidden = stored === site || this.siteOnly;
        setText(this.follow, cockpit.format(_("Follow the site's default: $0"), site || UNDEFINED));
        const differs = working !== stored;
        setText(this.working, differs ? cockpit.format(_("Working copy: $0 ($1)"),
            working || UNDEFINED, ORIGINS[origin] || origin) : "");
        this.working.hidden = !differs;
        return differs;
    }

    complain(text) {
        setText(this.error, text);
        if (text)
            this.input.setAttribute("aria-invalid", "true");
        else
            this.input.removeAttribute("aria-invalid");
    }

    reset() {
        if (CHOICES[this.name] && ![...this.input.options].some(one => one.value === this.stored))
            this.input.append(element("option", {}, this.stored));
        if (this.input.value !== this.stored)
            this.input.value = this.stored;
        this.begun = this.stored;
        this.known = null;
    }

    /* It is stored. More may have been typed since it was sent. */
    sent(value) {
        this.stored = this.begun = value;
    }
}

export class SetupView {
    constructor(backplane) {
        this.backplane = backplane;
        this.fields = new Map();
        this.stays = true; /* in sight without its card: somebody may be typing */
        this.answer = element("div", { role: "status", id: "setup-answer" });
        this.problem = element("div", { id: "setup-problem" });
        this.main = element("div", {});
        this.more = element("div", {});
        this.buttons = this.makeButtons();
        this.form = element("form", { novalidate: true, id: "setup-form", on: { submit: event => this.submit(event) } },
            this.main,
            element("details", {}, element("summary", {}, _("More fields")), this.more),
            this.differences = element("p", { class: "working", hidden: true, id: "setup-differs" },
                _("The working copy, with which mails are sent, differs from the stored setup.")),
            this.buttons.row);
        this.test = new TestMail(backplane);
        this.credential = new CredentialForm();
        this.element = element("div", {},
            element("section", { class: "card", "aria-labelledby": "setup-title" },
                element("h2", { id: "setup-title" }, _("E-mail Setup")),
                this.problem, this.form, this.answer),
            this.test.element, this.credential.element);
    }

    makeButtons() {
        const back = element("a", { class: "button", id: "setup-back", href: "#" }, _("Back"));
        const send = element("button", { type: "submit", class: "primary", id: "setup-send" }, _("Send"));
        const reset = element("button", { type: "button", id: "setup-reset",
            on: { click: () => this.reset() } }, _("Reset"));
        const restore = element("button", { type: "button", id: "setup-restore", hidden: true,
            on: { click: () => during(restore, () => this.restore()) } }, _("Restore: have the working copy follow"));

        return { back, send, reset, restore,
            row: element("div", { class: "buttons" }, back, send, reset, restore) };
    }

    /* By a link to one of the fields */
    arrive({ field }) {
        this.wanted = field;
    }

    get edited() {
        return [...this.fields.values()].filter(field => field.edited);
    }

    async update(slot) {
        this.slot = slot;
        this.buttons.back.setAttribute("href", `#/${encodeURIComponent(slot.Name)}`);
        this.test.update(slot);
        this.readOnly(this.backplane.mayChange === false);
        if (this.backplane.mayChange === false)
            return;
        try {
            await this.fetch();
        } catch (problem) {
            /* The next picture says what is the matter. */
        }
    }

    async fetch() {
        this.described ||= await this.backplane.listFields();
        const [rows, detail, problem] = await this.backplane.callModule(this.slot, "GetSetup");

        this.show(rows, detail ? problem : "");
    }

    readOnly(isSo) {
        this.form.hidden = isSo;
        this.test.element.hidden = isSo;
        this.credential.element.hidden = isSo;
        if (isSo)
            replace(this.problem, element("p", {},
                _("The setup is for root and members of group ecemail to see and to change.")));
    }

    show(rows, problem) {
        let differs = false;

        for (const row of rows)
            differs = this.fieldOf(row[0]).show(row) || differs;
        this.differences.hidden = !differs;
        this.buttons.restore.hidden = !differs;
        if (this.problem.textContent !== problem)
            replace(this.problem, problem ? element("p", { class: "problem" }, problem) : null);
        if (this.wanted && this.fields.has(this.wanted)) {
            this.fields.get(this.wanted).input.focus();
            this.wanted = null;
        }
    }

    fieldOf(name) {
        if (!this.fields.has(name)) {
            const field = new Field(name, this.described.get(name),
                which => this.unset(which));

            field.input.disabled = field.siteOnly;
            this.fields.set(name, field);
            (LABELS.has(name) ? this.main : this.more).append(field.element);
            this.order();
        }
        return this.fields.get(name);
    }

    /* The first fields in the order of the ECOM100's page */
    order() {
        const there = [...LABELS.keys()].filter(name => this.fields.has(name));

        this.main.replaceChildren(...there.map(name => this.fields.get(name).element));
    }

    submit(event) {
        event.preventDefault();
        during(this.buttons.send, () => this.send());
    }

    async send() {
        const pressed = this.edited.map(field => [field, field.input.value]);

        this.fields.forEach(field => field.complain(""));
        replace(this.answer);
        try {
            await this.fetch();
            const wanted = pressed.filter(([field, value]) => value !== field.stored);
            const disputed = wanted.map(([field]) => field).filter(field => field.disputed);

            if (disputed.length)
                this.hesitate(disputed);
            else if (wanted.length)
                await this.store(wanted);
            else
                replace(this.answer, notice("info", _("Nothing was changed.")));
        } catch (problem) {
            this.complain(problem);
        }
        this.backplane.refresh();
    }

    async store(wanted) {
        const values = wanted.map(([field, value]) => [field.name, value]);
        const [kept] = await this.setSetup(Object.fromEntries(values), []);

        wanted.forEach(([field, value]) => field.sent(value));
        this.confirm(kept);
    }

    setSetup(values, unset) {
        return this.backplane.callModule(this.slot, "SetSetup", ["both", values, unset],
            { type: "sa{ss}as", timeout: PATIENCE });
    }

    hesitate(disputed) {
        disputed.forEach(field => { field.known = field.stored; });
        replace(this.answer, notice("warning", _("Not stored yet."), cockpit.format(
            _("Somebody else has stored these meanwhile: $0. Send again replaces them, Reset takes them over."),
            disputed.map(field => field.label).join(", "))));
        disputed[0].input.focus();
    }

    confirm(kept) {
        replace(this.answer, kept.length ?
            notice("warning", _("Stored."), cockpit.format(
                _("The ladder program had changed these in the working copy, which were left as they are there: $0"),
                kept.map(name => LABELS.get(name) || name).join(", "))) :
            notice("success", _("Stored, and in force now.")));
    }

    /* The daemon's messages begin with the field's name. */
    complain(problem) {
        const name = (/^([A-Za-z][\w.-]*)/.exec(problem.message) || [])[1];
        const field = this.fields.get(name);

        if (!field) {
            replace(this.answer, notice("danger", _("Nothing was changed."), problem.message));
            return;
        }
        field.complain(problem.message);
        replace(this.answer, notice("danger", _("Nothing was changed."),
            cockpit.format(_("See $0."), LABELS.get(name) || name)));
        if (!LABELS.has(name))
            this.form.querySelector("details").open = true;
        field.input.focus();
    }

    reset() {
        this.fields.forEach(field => {
            field.reset();
            field.complain("");
        });
        replace(this.answer);
    }

    /* What was typed goes with it. */
    async unset(field) {
        try {
            await this.setSetup({}, [field.name]);
            field.reset();
            field.complain("");
            replace(this.answer, notice("success",
                cockpit.format(_("$0 follows the site's default."), field.name)));
        } catch (problem) {
            replace(this.answer, notice("danger", _("Nothing was changed."), problem.message));
        }
        field.input.focus();
        this.backplane.refresh();
    }

    async restore() {
        try {
            await this.backplane.callModule(this.slot, "RestoreSetup", [], { timeout: PATIENCE });
            replace(this.answer, notice("success", _("The working copy is the stored setup again.")));
        } catch (problem) {
            replace(this.answer, notice("danger", _("Nothing was changed."), problem.message));
        }
        this.buttons.send.focus();
        this.backplane.refresh();
    }
}
