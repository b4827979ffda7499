// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Elements and their texts. Whatever comes from a ladder program, a mail server
 * or a user gets into the page as the text of a node or the value of an
 * attribute, never as markup: nothing here, or elsewhere, parses HTML.
 */
/* global cockpit */

/* Attributes by name; "on" has listeners. Children are elements, texts, or nothing. */
export function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);

    for (const [key, value] of Object.entries(attributes)) {
        if (key === "on")
            Object.entries(value).forEach(([event, listener]) => made.addEventListener(event, listener));
        else if (value !== null && value !== undefined && value !== false)
            made.setAttribute(key, value === true ? "" : String(value));
    }
    made.append(...children.flat().filter(child => child !== null && child !== undefined));
    return made;
}

/* Leaves an unchanged text alone: a selection in it stays, a screen reader keeps silent. */
export function setText(node, text) {
    if (node.textContent !== text)
        node.textContent = text;
}

export function replace(node, ...children) {
    node.replaceChildren(...children.flat().filter(child => child !== null && child !== undefined));
}

/* A list of terms; pairs without a description are left out. */
export function definitions(pairs) {
    return element("dl", {}, pairs.filter(([, text]) => text).map(([term, text]) =>
        element("div", {}, element("dt", {}, term), element("dd", {}, text))));
}

export function notice(kind, title, ...body) {
    return element("div", { class: `notice ${kind}` }, element("strong", {}, title),
        body.filter(child => child).map(child => typeof child === "string" ?
            element("p", {}, child) : child));
}

/* Cockpit's language, as HTML and Intl name it: zh-CN */
export function language() {
    return (cockpit.language || "en").replace("_", "-");
}

/* Times of D-Bus: microseconds since 1970 */
export function timeText(us) {
    return us ? new Date(us / 1000).toLocaleString(language()) : "";
}

/*
 * Does what a button is there for, once at a time. It is not disabled meanwhile:
 * who works by keyboard would lose the place.
 */
export async function during(button, work) {
    if (button.hasAttribute("aria-disabled"))
        return;
    button.setAttribute("aria-disabled", "true");
    try {
        await work();
    } finally {
        button.removeAttribute("aria-disabled");
    }
}
