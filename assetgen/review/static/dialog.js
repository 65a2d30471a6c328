// Questions, short messages and the list of keys. A <dialog> holds the focus by itself.
"use strict";
(() => {
  const assetgen = window.assetgen;
  const { el } = assetgen.text;

  /**
   * Show a question and return what was answered: an object of the form's fields and `answer`, the
   * value of the button, or null if it was closed. `buttons` are [value, label, style]; `begin` is
   * given the form, and may return what is done at its end.
   */
  function ask({ title, body, buttons, begin }) {
    return new Promise((resolve) => {
      const before = document.activeElement;
      const row = el("div", { class: "buttons" },
        el("button", { type: "button", class: "plain", on: { click: () => box.close("") } }, "Cancel"),
        buttons.map(([value, label, style]) =>
          el("button", { type: "submit", value, class: style || "" }, label)));
      const form = el("form", { method: "dialog" }, el("h2", { id: "asked" }, title), body, row);
      const box = el("dialog", { "aria-labelledby": "asked" }, form);
      document.body.append(box);
      const end = begin ? begin(form) : null;
      box.addEventListener("close", () => {
        const answer = box.returnValue;
        const fields = Object.fromEntries(new FormData(form));
        if (end) end();
        box.remove();
        if (before && before.isConnected) before.focus({ preventScroll: true });
        resolve(answer ? { ...fields, answer } : null);
      });
      form.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target.tagName === "TEXTAREA" && (event.metaKey || event.ctrlKey)) {
          event.preventDefault();
          form.requestSubmit(row.lastElementChild);
        }
      });
      box.showModal();
      // Of two ways to go on, the one that costs nothing comes first.
      const first = form.querySelector("textarea, input, select") || row.children[1];
      first.focus();
    });
  }

  /** Ask for a line of text; returns it, or null. */
  async function askText(title, label, { value = "", needed = false, button = "Save", style = "" } = {}) {
    const field = el("textarea", { name: "text", rows: "3", maxlength: "2000", required: needed });
    field.value = value;
    const answer = await ask({
      title,
      body: el("label", { class: "field" }, el("span", {}, label), field),
      buttons: [["ok", button, style || "strong"]],
    });
    return answer ? answer.text.trim() : null;
  }

  /** Show a short message for a while. `tone`: good, warn, bad. */
  function say(text, tone = "good") {
    const list = document.getElementById("said");
    const item = el("p", { class: tone }, el("span", {}, text),
      el("button", { type: "button", "aria-label": "Close this message", on: { click: () => item.remove() } }, "×"));
    list.append(item);
    while (list.children.length > 4) list.firstChild.remove();
    const leave = () => (item.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : item.remove());
    if (tone !== "bad") setTimeout(leave, tone === "good" ? 4000 : 9000);
  }

  const KEYS = [
    ["j k", "next and previous target"],
    ["← → ↑ ↓", "move in the grid"],
    ["Enter", "open the target"],
    ["Esc", "close, or clear the search"],
    ["/", "search"],
    ["1 – 9", "show take 1 to 9; of two side by side, the right one"],
    ["Shift 1 – 9", "of two side by side, the left one"],
    ["c", "compare two takes"],
    ["b", "before and after"],
    ["z", "fit the window, or actual size"],
    ["?", "this list"],
  ];
  const REVIEW_KEYS = [
    ["p", "pick the take that is shown"],
    ["r", "reroll: shows the price and asks"],
    ["x", "reject the take, with a note"],
    ["n", "note on the take"],
    ["a", "accept the picture though its recipe changed"],
    ["i u", "pin, unpin"],
    ["m", "mark the target, to reroll or build several"],
    ["g", "build: shows the price and asks"],
  ];

  function help() {
    const rows = assetgen.actions ? [...KEYS, ...REVIEW_KEYS] : KEYS;
    const body = el("dl", { class: "keys" }, rows.map(([keys, what]) => [
      el("dt", {}, keys.split(" ").map((key) => (key === "–" ? " – " : el("kbd", {}, key)))),
      el("dd", {}, what),
    ]));
    const before = document.activeElement;
    const close = el("button", { type: "submit", class: "strong" }, "Close");
    const box = el("dialog", { "aria-labelledby": "keys-title" },
      el("form", { method: "dialog" }, el("h2", { id: "keys-title" }, "Keys"), body,
        el("div", { class: "buttons" }, close)));
    document.body.append(box);
    box.addEventListener("close", () => {
      box.remove();
      if (before && before.isConnected) before.focus({ preventScroll: true });
    });
    box.showModal();
    close.focus();
  }

  assetgen.dialog = { ask, askText, say, help };
})();
