// SPDX-License-Identifier: GPL-2.0-or-later
/* The module's main page: the rows of the ECOM100's, then what it did not show. */
/* global cockpit */

import { element, setText, timeText } from "./element.js";
import { ecemailctl } from "./command.js";

const _ = cockpit.gettext;
const UNDEFINED = _("-- undefined --"); /* the ECOM100's words */
const SITE_PERIOD = 15000;

/* What a link of the e-mail setup's row leads to */
const SETUP = [
    ["Server", _("Server Address")],
    ["SenderName", _("Sender Name")],
    ["SenderAddress", _("Sender Address")],
    ["Cc", _("Cc")],
    ["Port", _("Port")],
    ["Timeout", _("Timeout, seconds")],
];

const ROWS = [
    ["id", _("Module ID")],
    ["name", _("Module Name")],
    ["description", _("Module Description")],
    ["ethernet", _("Ethernet Address")],
    ["ip", _("IP Setup")],
    ["versions", _("Versions")],
    ["setup", _("E-mail Setup")],
    ["health", _("Health")],
    ["queue", _("Queue")],
    ["frames", _("Frames (WX)")],
    ["reads", _("Reads (RX)")],
    ["mails", _("Mails")],
    ["last", _("Last request")],
    ["place", _("Place")],
];

function moduleId(dip) {
    const id = dip & 0x3f;
    const text = cockpit.format(_("$0 (0x$1) set by DIP switches"), id, id.toString(16));

    return `${text}; ${dip & 0x80 ? _("switch 7 on") : _("switch 7 OFF: requests of ladder programs are refused")}`;
}

function healthText(slot) {
    if (!slot.Health)
        return _("0, in order");
    return slot.Health === 24 ? _("24, the e-mail setup is incomplete or wrong") :
        cockpit.format(_("$0, see Doctor"), slot.Health);
}

function lastText(slot) {
    return slot.LastTime ? cockpit.format(_("$0: status $1, sent: $2"), timeText(slot.LastTime),
        slot.LastStatus, slot.LastSent) : _("none yet");
}

export class ModuleView {
    constructor(backplane) {
        this.backplane = backplane;
        this.cells = {};
        this.site = null;
        this.siteTime = 0;
        this.setupLinks = this.makeSetupLinks();
        this.denied = element("span", { hidden: true },
            _("for root and members of group ecemail to see"));
        this.body = element("tbody", {}, ROWS.map(([key, label]) => this.makeRow(key, label)));
        this.element = element("section", { class: "card", "aria-labelledby": "module-title" },
            element("h2", { id: "module-title" }, _("Module")),
            element("table", { class: "page" }, this.body));
    }

    makeRow(key, label) {
        const cell = element("td", { id: `module-${key}` });

        this.cells[key] = cell;
        if (key === "setup") {
            this.problem = element("p", { class: "problem", hidden: true });
            cell.append(this.setupLinks.list, this.denied, this.problem);
        } else if (key === "name" || key === "description") {
            cell.append(element("a", { href: "#" }));
        }
        return element("tr", {}, element("th", { scope: "row" }, label), cell);
    }

    makeSetupLinks() {
        const values = {};
        const list = element("ul", { class: "plain" }, SETUP.map(([field, label]) => {
            values[field] = element("span", { class: "value" });
            return element("li", {}, element("a", { href: "#", "data-field": field },
                `${label}: `, values[field]));
        }));

        return { list, values };
    }

    update(slot) {
        const { cells } = this;

        this.slot = slot;
        setText(cells.id, moduleId(slot.Dip));
        this.setLink(cells.name, slot.ModuleName, "ModuleName");
        this.setLink(cells.description, slot.ModuleDescription, "ModuleDescription");
        setText(cells.ethernet, slot.EthernetAddress);
        setText(cells.health, healthText(slot));
        cells.health.classList.toggle("bad", slot.Health !== 0);
        setText(cells.queue, cockpit.format(_("$0 of $1; time-out $2 s"), slot.QueueUsed,
            slot.QueueDepth, slot.Timeout));
        setText(cells.frames, cockpit.format(
            _("$0 accepted, $1 busy, $2 refused; $3 requests expired"),
            slot.WxAccepted, slot.WxBusy, slot.WxRefused, slot.Expired));
        setText(cells.reads, cockpit.format(_("$0 answered, $1 refused"), slot.RxAccepted,
            slot.RxRefused));
        setText(cells.mails, cockpit.format(_("$0 sent, $1 failed, since the daemon's start"),
            slot.Sent, slot.Failed));
        setText(cells.last, lastText(slot));
        setText(cells.place, `${slot.Device}, ${slot.Place}`);
        this.updateVersions();
        this.updateSetup();
        this.updateSite();
    }

    setLink(cell, text, field) {
        const link = cell.firstChild;

        link.setAttribute("href", this.hrefOf(field));
        setText(link, text || UNDEFINED);
    }

    hrefOf(field) {
        return `#/${encodeURIComponent(this.slot.Name)}/setup?field=${field}`;
    }

    updateVersions() {
        const driver = this.site && this.site.driver ? this.site.driver.version : "…";

        setText(this.cells.versions, cockpit.format(_("card $0, module $1, driver $2, ecemaild $3"),
            this.slot.card.Firmware || "?", this.slot.Firmware, driver || "?",
            this.backplane.manager.Version));
    }

    async updateSetup() {
        const { slot } = this;
        const allowed = this.backplane.mayChange !== false;

        this.denied.hidden = allowed;
        this.setupLinks.list.hidden = !allowed;
        this.cells.setup.classList.toggle("undefined", slot.Health === 24);
        if (!allowed)
            return;
        try {
            const [fields, detail, problem] = await this.backplane.call(slot, "GetSetup");
            this.showSetup(new Map(fields.map(row => [row[0], row[1]])), detail, problem);
        } catch (problem) {
            /* The next picture says what is the matter. */
        }
    }

    showSetup(working, detail, problem) {
        for (const link of this.setupLinks.list.querySelectorAll("a"))
            link.setAttribute("href", this.hrefOf(link.dataset.field));
        for (const [field, place] of Object.entries(this.setupLinks.values)) {
            const value = working.get(field);

            setText(place, value || UNDEFINED);
            place.classList.toggle("missing", !value);
        }
        this.cells.setup.classList.toggle("undefined", detail !== 0);
        this.problem.hidden = !detail;
        setText(this.problem, detail ? problem : "");
    }

    /* Of the PC: its address, the driver's version */
    async updateSite() {
        if (Date.now() - this.siteTime < SITE_PERIOD)
            return;
        this.siteTime = Date.now();
        try {
            const [status] = await ecemailctl("status", this.slot.Name);
            this.site = status;
            setText(this.cells.ip, status.slots[0] ? status.slots[0].ip_setup : "?");
        } catch (problem) {
            setText(this.cells.ip, `? (${problem.message})`);
        }
        this.updateVersions();
    }
}
