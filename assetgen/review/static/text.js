// Words, numbers and elements. Everything that comes from outside goes through here: as text nodes,
// with control and bidi characters made visible; never as markup.
"use strict";
(() => {
  const assetgen = (window.assetgen = window.assetgen || {});

  const HIDDEN = /[\p{C}\u2028\u2029]/gu;
  const ALLOWED = new Set(["\n", "\t"]);

  function escaped(char) {
    const code = char.codePointAt(0);
    if (code < 0x100) return "\\x" + code.toString(16).padStart(2, "0");
    if (code < 0x10000) return "\\u" + code.toString(16).padStart(4, "0");
    return "\\U" + code.toString(16).padStart(8, "0");
  }

  /** Return text in which nothing is invisible, or changes the direction of what follows. */
  function visible(text) {
    return String(text).replace(HIDDEN, (char) => (ALLOWED.has(char) ? char : escaped(char)));
  }

  /** Append text to an element; what had to be escaped is marked. */
  function fill(parent, text) {
    let at = 0;
    const whole = String(text);
    for (const found of whole.matchAll(HIDDEN)) {
      if (ALLOWED.has(found[0])) continue;
      if (found.index > at) parent.append(whole.slice(at, found.index));
      const mark = document.createElement("span");
      mark.className = "escaped";
      mark.textContent = escaped(found[0]);
      parent.append(mark);
      at = found.index + found[0].length;
    }
    if (at < whole.length) parent.append(whole.slice(at));
    return parent;
  }

  /**
   * Return a new element. `options` are attributes, but for `on` (listeners by event); children are
   * nodes or texts, and null for none.
   */
  function el(tag, options, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(options || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "on") {
        for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
      } else {
        made.setAttribute(name, value === true ? "" : visible(value));
      }
    }
    made.append(...nodes(children));
    return made;
  }

  function nodes(children) {
    return children
      .flat(3)
      .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
      .map((child) => (child instanceof Node ? child : document.createTextNode(visible(child))));
  }

  const PICTURE = /^(thumbs\/[0-9a-f]{64}\.webp|pictures\/[0-9a-f]{64}\.(png|jpg|webp))$/;

  /** Return an address of a picture, or nothing if it is not one that a document may name. */
  function pictureUrl(url) {
    return typeof url === "string" && PICTURE.test(url) ? url : "";
  }

  function money(usd) {
    if (usd === 0) return "$0";
    const digits = usd >= 0.1 ? 2 : usd >= 0.01 ? 3 : 4;
    return "$" + usd.toFixed(digits).replace(/(\.\d\d)0+$/, "$1");
  }

  /** Return `$0.10–$0.30`, `unknown`, `free` … of {min, max, unknown}. */
  function range(cost) {
    if (cost.unknown && !cost.max) return "price unknown";
    if (!cost.max) return "free";
    const span = cost.min === cost.max ? money(cost.max) : `${money(cost.min)}–${money(cost.max)}`;
    return cost.unknown ? `${span} and more` : span;
  }

  function number(value) {
    return value.toLocaleString("en-US");
  }

  function count(value, one, many) {
    return `${number(value)} ${value === 1 ? one : many || one + "s"}`;
  }

  function span(images) {
    return images.min === images.max ? number(images.max) : `${number(images.min)}–${number(images.max)}`;
  }

  function bytes(size) {
    if (size === null || size === undefined) return "";
    if (size < 1000) return `${size} B`;
    if (size < 1e6) return `${(size / 1e3).toFixed(size < 1e4 ? 1 : 0)} kB`;
    return `${(size / 1e6).toFixed(size < 1e7 ? 1 : 0)} MB`;
  }

  const VERDICTS = {
    modified: ["modified", "warn"],
    failed: ["failed", "bad"],
    lost: ["lost", "bad"],
    held: ["held", "held"],
    blocked: ["blocked", "warn"],
    waits: ["waits for a pick", "held"],
    run: ["to make", "go"],
    pending: ["pending", "soon"],
    restore: ["to restore", "back"],
    changed: ["changed", "back"],
    kept: ["kept", "calm"],
    up_to_date: ["up to date", "calm"],
  };

  /** Return [word, tone] of what is shown for a target. */
  function verdict(name) {
    return VERDICTS[name] || [visible(name), "calm"];
  }

  assetgen.text = {
    visible, fill, el, pictureUrl, money, range, number, count, span, bytes, verdict,
    verdicts: Object.keys(VERDICTS),
  };
})();
