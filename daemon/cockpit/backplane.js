// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the page knows of ecemaild, and how it stays true.
 *
 * There is one picture, taken whole by Describe: every TICK while the page is
 * looked at, and soon after each signal. So nothing has to be kept in
 * step: a daemon that was restarted, a card that went and came, are just the
 * next picture. `present` is whether there was one, `slots` are the slots of it.
 * A "change" event tells of each; a view then asks for what is its own.
 *
 * It comes as text: Cockpit's bridge of Debian 12 (287) keeps half a KiB of each
 * entry of a dictionary that has passed it until the user logs out.
 */
/* global cockpit */

const _ = cockpit.gettext;
const NAME = "org.ecemail1";
const PATH = "/org/ecemail1";
const SLOT = `${NAME}.Slot`;
const MANAGER = `${NAME}.Manager`;
const OF_CARD = /\/slot\/\d+$/; /* what a slot's path has behind its card's */
const TICK = 2000;
const AFTER_SIGNAL = 200;
const PATIENCE = 10000; /* with a daemon that does not answer at all */
const PROPERTIES = "org.freedesktop.DBus.Properties";
const OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager";
const DENIED = ["org.freedesktop.DBus.Error.AccessDenied", "access-denied"];

function isSlot(path) {
    return OF_CARD.test(path);
}

export function isDenied(problem) {
    return DENIED.includes(problem.name) || DENIED.includes(problem.problem);
}

export class Backplane extends EventTarget {
    constructor() {
        super();
        this.present = null; /* null: not known yet */
        this.mayChange = null;
        this.slots = new Map(); /* by name, as "0:K1" */
        this.manager = {};
        this.busy = false;
        this.again = false;
        this.soon = null;
        this.open();
        setInterval(() => cockpit.hidden || document.hidden || this.refresh(), TICK);
        document.addEventListener("visibilitychange", () => this.refresh());
        this.permission = cockpit.permission({ admin: true });
        this.permission.addEventListener("changed", () => this.judge());
    }

    open() {
        const client = cockpit.dbus(NAME, { bus: "system", superuser: "try" });

        this.client = client;
        this.served = false; /* by this connection */
        this.mayChange = null;
        client.addEventListener("close", () => this.closed(client));
        client.addEventListener("owner", () => this.refresh());
        /* Each mail that has ended; other changes can wait for the next picture */
        client.subscribe({ interface: PROPERTIES, member: "PropertiesChanged", arg0: MANAGER },
            () => this.refreshSoon());
        client.subscribe({ interface: OBJECT_MANAGER }, () => this.refreshSoon());
        client.subscribe({ interface: SLOT, member: "TraceLine" }, (path, iface, signal, [time, line]) =>
            this.dispatchEvent(new CustomEvent("trace", { detail: { path, time, line } })));
        this.refresh();
    }

    /* Cockpit closes it when rights end: not the daemon's fault, try another one first. */
    closed(client) {
        if (this.client !== client)
            return;
        this.client = null;
        if (this.served)
            this.refreshSoon();
        else
            this.lose();
    }

    /* Other rights are another connection. */
    judge() {
        const { allowed } = this.permission;

        if (this.allowed !== undefined && this.allowed !== allowed)
            this.reopen();
        this.allowed = allowed;
    }

    reopen() {
        const old = this.client;

        this.client = null;
        if (old)
            old.close();
        this.open();
    }

    refreshSoon() {
        if (!this.soon)
            this.soon = setTimeout(() => {
                this.soon = null;
                this.refresh();
            }, AFTER_SIGNAL);
    }

    /* One picture at a time; asked for in the meantime, one more. */
    async refresh() {
        if (!this.client) {
            this.open();
            return;
        }
        if (this.busy) {
            this.again = true;
            return;
        }
        this.busy = true;
        const client = this.client;
        try {
            const [text] = await client.call(PATH, MANAGER, "Describe", [], { timeout: PATIENCE });
            const objects = JSON.parse(text);
            await this.askRight(client, objects);
            if (client === this.client)
                this.take(objects);
        } catch (problem) {
            if (client === this.client)
                this.lose();
        }
        this.busy = false;
        if (this.again) {
            this.again = false;
            this.refreshSoon();
        }
    }

    /* Whether this user may more than look */
    async askRight(client, objects) {
        const path = Object.keys(objects).find(isSlot);

        if (this.mayChange !== null || !path)
            return;
        try {
            await client.call(path, SLOT, "GetSetup", [], { timeout: PATIENCE });
            this.mayChange = true;
        } catch (problem) {
            if (isDenied(problem))
                this.mayChange = false;
        }
    }

    take(objects) {
        const found = Object.entries(objects).filter(([path]) => isSlot(path))
            .map(([path, slot]) => ({ path, card: objects[path.replace(OF_CARD, "")], ...slot }))
            .sort((a, b) => a.Card - b.Card || a.Number - b.Number);

        this.slots = new Map(found.map(slot => [slot.Name, slot]));
        this.manager = objects[PATH];
        this.present = true;
        this.served = true;
        this.dispatchEvent(new Event("change"));
    }

    lose() {
        this.present = false;
        this.slots = new Map();
        this.mayChange = null;
        this.dispatchEvent(new Event("change"));
    }

    async callAt(path, iface, method, args, options = {}) {
        if (!this.client)
            throw new Error(_("ecemaild does not answer."));
        return this.client.call(path, iface, method, args, { timeout: PATIENCE, ...options });
    }

    /* Calls a method of a slot; gives its results as a list. */
    call(slot, method, args = [], options = {}) {
        return this.callAt(slot.path, SLOT, method, args, options);
    }

    /*
     * The same as call(), but of that very module. A slot's path is a number: another
     * module may have come under it since the page was drawn.
     */
    async callModule(slot, method, args = [], options = {}) {
        const [{ v: place }] = await this.callAt(slot.path, PROPERTIES, "Get", [SLOT, "Place"]);

        if (place !== slot.Place)
            throw new Error(cockpit.format(_("$0 is another module now: $1 instead of $2."),
                slot.Name, place, slot.Place));
        return this.call(slot, method, args, options);
    }

    async listFields() {
        const [fields] = await this.callAt(PATH, MANAGER, "ListFields", []);

        return new Map(fields.map(([name, allowed, standard, required]) =>
            [name, { allowed, standard, required }]));
    }
}
