// What a review can do: each action is a POST to the server that served this page. Only that page
// loads this file; a gallery in a folder has no actions.
"use strict";
(() => {
  const assetgen = window.assetgen;
  const { el, money, range, span, count, bytes } = assetgen.text;
  const { ask, askText, say } = assetgen.dialog;
  const model = assetgen.model;
  const KEY = "assetgen-token";
  const MOST_TAKES = 8;
  const MAX_FILE = 64 * 1024 * 1024;

  // The word for POSTs comes behind '#', which is sent to nobody.
  const given = /^#token=([\w-]+)$/.exec(location.hash);
  if (given) {
    localStorage.setItem(KEY, given[1]);
    history.replaceState(null, "", location.pathname);
  }
  const token = localStorage.getItem(KEY) || "";

  async function fetchDocument() {
    const answer = await fetch("data.json");
    if (!answer.ok) throw new Error("The review has ended, or this browser was not let in: run 'assetgen review' again.");
    return answer.json();
  }

  async function post(address, body, type) {
    try {
      const answer = await fetch(address, {
        method: "POST", body, headers: { "Content-Type": type, "X-Assetgen-Token": token },
      });
      const data = await answer.json();
      return { status: answer.status, data };
    } catch (error) {
      return { status: 0, data: { error: "the server does not answer", next: "run 'assetgen review' again" } };
    }
  }

  /** Ask the server for an action; returns {status, data}, and says what went wrong. */
  async function act(verb, body) {
    const answer = await post(`act/${verb}`, JSON.stringify(body), "application/json");
    return settle(answer, ["build", "reroll", "stop"].includes(verb));
  }

  function settle({ status, data }, quiet) {
    if (Array.isArray(data.targets) && status !== 0 && data.targets.every((one) => one.takes && one.outputs)) {
      model.update(data.targets);
    }
    const words = [data.error, data.next].filter(Boolean).join(" — ");
    if (status === 202) {
      // Of a build, the bar says that it waits.
      if (!quiet) say("queued: a build is running; it is done afterwards", "warn");
    } else if (status === 409) say(`nothing was changed: ${words || "it is another one by now"}`, "warn");
    else if (status < 200 || status >= 300) say(words || `the server answered ${status}`, "bad");
    return { status, data, ok: status === 200 };
  }

  // Decisions about one take.

  async function pick(target, take) {
    const done = await act("pick", { target: target.name, take: take.n, seen: target.version });
    if (done.ok) say(`${target.name}: take ${take.n} is picked`);
  }

  async function pin(target, pinned) {
    const done = await act("pin", { target: target.name, pinned, seen: target.version });
    if (done.ok) say(`${target.name} ${pinned ? "is pinned" : "follows its recipe again"}`);
  }

  async function reject(target, take) {
    if (take.rejected) {
      const done = await act("reject", { target: target.name, take: take.n, note: take.note, rejected: false, seen: target.version });
      if (done.ok) say(`${target.name}: take ${take.n} is no longer rejected`);
      return;
    }
    const note = await askText(`Reject take ${take.n} of ${target.name}`, "Why? (kept with the take)", {
      value: take.note, button: "Reject", style: "danger",
    });
    if (note === null) return;
    const done = await act("reject", { target: target.name, take: take.n, note, rejected: true, seen: target.version });
    if (done.ok) say(`${target.name}: take ${take.n} is rejected`);
  }

  async function remark(target, take) {
    const note = await askText(`Note on take ${take.n} of ${target.name}`, "What is to be said of it", { value: take.note });
    if (note === null) return;
    const done = await act("remark", { target: target.name, take: take.n, note, seen: target.version });
    if (done.ok) say("the note is kept");
  }

  async function accept(target) {
    const reason = await askText(`Keep ${target.name} as it is`, "Its recipe changed; why is this picture still right?", {
      needed: true, button: "Accept",
    });
    if (!reason) return;
    const done = await act("accept", { target: target.name, reason, seen: target.version });
    if (done.ok) say(`${target.name} is accepted as it is`);
  }

  // What costs money: the price is shown first.

  async function reroll(names) {
    const takes = el("input", { name: "takes", type: "number", min: "1", max: String(MOST_TAKES), value: "1", required: true });
    const priced = el("p", { class: "priced", role: "status" }, "…");
    const more = el("div", { class: "aside" });
    const note = el("textarea", { name: "note", rows: "2", maxlength: "2000" });
    let price = null;
    let asked = 0;
    const answer = await ask({
      title: names.length === 1 ? `Reroll ${names[0]}` : `Reroll ${count(names.length, "target")}`,
      body: [
        el("label", { class: "field row" }, el("span", {}, names.length === 1 ? "More takes" : "More takes of each"), takes),
        el("label", { class: "field" }, el("span", {}, "Why? (kept with the take in use now; the prompt stays)"), note),
        priced, more,
      ],
      buttons: [["buy", "Reroll", "strong"]],
      begin: (form) => {
        const button = form.querySelector("button[value=buy]");
        const update = async () => {
          const wanted = Number(takes.value);
          price = null;
          button.disabled = true;
          if (!takes.checkValidity()) return;
          priced.textContent = "…";
          const number = (asked += 1);
          const { status, data } = await post("act/price", JSON.stringify({ targets: names, takes: wanted }), "application/json");
          if (number !== asked) return;
          if (status !== 200) {
            priced.textContent = "not possible";
            more.replaceChildren(...[data.error, data.next].filter(Boolean).map((words) => el("p", {}, words)));
            return;
          }
          price = data;
          showPrice(data, priced, more, button);
        };
        takes.addEventListener("input", update);
        update();
        return () => { asked += 1; };
      },
    });
    if (!answer || !price) return;
    const done = await act("reroll", {
      targets: names, takes: Number(answer.takes), note: answer.note.trim(),
      max_images: images(price.images), max_cost: price.cost.unknown ? null : price.cost.max,
    });
    if (done.ok || done.status === 202) clearMarks();
  }

  /** A number of pictures, or the most of a range of them. */
  function images(given) {
    return typeof given === "number" ? given : given.max;
  }

  function showPrice(price, priced, more, button) {
    const number = images(price.images);
    const problems = (price.problems || []).map((one) => (typeof one === "string" ? one : [one.cause || one.error, one.step || one.next].filter(Boolean).join(" — ")));
    priced.textContent = number ? `${count(number, "picture")}, ${range(price.cost)}` : "nothing to buy";
    button.textContent = number ? (price.cost.max || price.cost.unknown ? `Buy for ${range(price.cost)}` : "Draw, free") : "Reroll";
    button.disabled = !number || problems.length > 0;
    const each = (price.targets || []).length > 1
      ? price.targets.slice(0, 12).map((one) => `${one.name}: ${range(one.cost)}`) : [];
    more.replaceChildren(...[...problems, ...each].map((words) => el("p", {}, words)));
  }

  async function build(names) {
    const { summary } = model.document;
    const targets = names.map((name) => model.byName.get(name)).filter(Boolean);
    const most = targets.length ? targets.reduce((sum, one) => sum + one.price.images.max, 0) : summary.images.max;
    const cost = targets.length
      ? { min: sum(targets, "min"), max: sum(targets, "max"), unknown: targets.some((one) => one.price.unknown) } : summary.cost;
    const answer = await ask({
      title: names.length ? `Build ${names.length === 1 ? names[0] : count(names.length, "target")}` : "Build everything",
      body: [
        el("p", { class: "priced" }, most ? `at most ${count(most, "picture")}, ${range(cost)}` : "nothing to buy"),
        el("p", { class: "aside" }, most ? "What they need is built with them. Free work alone buys nothing." : "Only free work: files are put back and derived."),
      ],
      buttons: most ? [["free", "Free work only", ""], ["buy", cost.max || cost.unknown ? `Buy for ${range(cost)}` : "Draw, free", "strong"]] : [["free", "Build", "strong"]],
    });
    if (!answer) return;
    const buys = answer.answer === "buy";
    const done = await act("build", {
      targets: names, max_images: buys ? most : 0, max_cost: !buys ? 0 : cost.unknown ? null : cost.max,
    });
    if (done.ok || done.status === 202) clearMarks();
  }

  function sum(targets, name) {
    return Number(targets.reduce((total, one) => total + one.price[name], 0).toFixed(6));
  }

  // Files that somebody made otherwise.

  async function adopt(target, file) {
    if (file.size > MAX_FILE) {
      say(`${file.name} is larger than 64 MiB`, "bad");
      return;
    }
    const address = URL.createObjectURL(file);
    const option = (value, label, checked) => el("label", { class: "option" },
      el("input", { type: "radio", name: "ops", value, checked }), el("span", {}, label));
    const answer = await ask({
      title: `Adopt ${file.name} for ${target.name}`,
      body: [
        el("img", { class: "preview", src: address, alt: "the file" }),
        el("p", { class: "aside" }, `${file.type || "unknown type"} · ${bytes(file.size)}`),
        target.outputs.length ? el("div", {}, option("0", "It is the finished file", true), option("1", "Do this target's ops on it")) : null,
      ],
      buttons: [["ok", "Adopt", "strong"]],
    });
    URL.revokeObjectURL(address);
    if (!answer) return;
    const query = new URLSearchParams({ target: target.name, seen: target.version, with_ops: answer.ops || "0" });
    const done = settle(await post(`act/adopt?${query}`, file, "application/octet-stream"));
    if (done.ok) say(`${target.name} is ${file.name} now`);
  }

  function listenDrops() {
    let over = null;
    const light = (place) => {
      if (over === place) return;
      if (over) over.classList.remove("dropping");
      over = place;
      if (over) over.classList.add("dropping");
    };
    const placeOf = (event) => event.target.closest && (event.target.closest(".tile") || event.target.closest(".pictures"));
    document.addEventListener("dragover", (event) => {
      if (!event.dataTransfer || !event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      const place = placeOf(event);
      event.dataTransfer.dropEffect = place ? "copy" : "none";
      light(place || null);
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) light(null);
    });
    document.addEventListener("drop", (event) => {
      if (!event.dataTransfer || !event.dataTransfer.files.length) return;
      event.preventDefault();
      const place = placeOf(event);
      light(null);
      if (!place) return;
      const name = place.dataset.name || assetgen.page.detail.name;
      const target = model.byName.get(name);
      if (target) adopt(target, event.dataTransfer.files[0]);
    });
  }

  /** Return the buttons below a target's pictures. */
  function bar(target, take) {
    const make = (key, label, action, options) => el("button", {
      type: "button", "data-key": `act ${label}`, class: "plain", on: { click: action }, ...options,
    }, label, el("kbd", { "aria-hidden": "true" }, key));
    const file = el("input", { type: "file", class: "hide", accept: "image/png,image/jpeg,image/webp", "data-key": "act file" });
    file.addEventListener("change", () => {
      if (file.files.length) adopt(target, file.files[0]);
      file.value = "";
    });
    const paid = target.kind === "generate" || target.kind === "edit";
    return el("div", { class: "actions", role: "toolbar", "aria-label": "Decisions" },
      take ? [
        make("p", `Pick take ${take.n}`, () => pick(target, take), { class: take.shown && !target.waits ? "plain" : "strong" }),
        make("x", take.rejected ? `Take back rejection of ${take.n}` : `Reject ${take.n}…`, () => reject(target, take)),
        make("n", "Note…", () => remark(target, take)),
      ] : null,
      paid ? make("r", "Reroll…", () => reroll([target.name])) : null,
      target.state ? make(target.pinned ? "u" : "i", target.pinned ? "Unpin" : "Pin", () => pin(target, !target.pinned)) : null,
      canAccept(target) ? make("a", "Accept as it is…", () => accept(target)) : null,
      el("label", { class: "file-button" }, "Adopt a file…", file));
  }

  function canAccept(target) {
    return target.state !== null && !["up_to_date", "kept"].includes(target.verdict) && !target.waits;
  }

  function marked() {
    return [...assetgen.page.grid.marked].filter((name) => model.byName.has(name));
  }

  function clearMarks() {
    for (const name of marked()) assetgen.page.grid.toggle(name);
  }

  function drawMarked() {
    const names = marked();
    const bar = document.getElementById("marked");
    bar.hidden = !names.length;
    bar.replaceChildren(...(names.length ? [
      el("b", {}, `${count(names.length, "target")} marked`),
      el("button", { type: "button", class: "plain", on: { click: () => reroll(marked()) } }, "Reroll…"),
      el("button", { type: "button", class: "plain", on: { click: () => build(marked()) } }, "Build…"),
      el("button", { type: "button", class: "plain", on: { click: clearMarks } }, "Unmark"),
    ] : []));
  }

  /** Do what a key means; returns whether it means anything here. */
  function key(event, detail, grid) {
    const inGrid = !detail.isOpen && event.target.closest(".tile");
    const target = detail.isOpen ? detail.target : inGrid ? model.shown[grid.active] : null;
    const several = !detail.isOpen && marked().length ? marked() : target ? [target.name] : [];
    const general = { g: () => build(detail.isOpen ? [detail.name] : marked()) };
    const on = {
      r: () => several.length && reroll(several),
      m: () => target && inGrid && grid.toggle(target.name),
      i: () => target && pin(target, true),
      u: () => target && pin(target, false),
      a: () => target && accept(target),
    };
    const take = detail.isOpen ? detail.take() : null;
    const onTake = {
      p: () => pick(target, take), x: () => reject(target, take), n: () => remark(target, take),
    };
    const action = general[event.key] || (several.length ? on[event.key] : null) || (take ? onTake[event.key] : null);
    if (!action) return false;
    action();
    return true;
  }

  function begin(data) {
    document.body.append(el("div", { id: "marked", hidden: true, role: "region", "aria-label": "Marked targets" }));
    document.addEventListener("marked", drawMarked);
    document.getElementById("build").addEventListener("click", () => build(marked()));
    listenDrops();
    assetgen.live.begin(data, fetchDocument, act);
    if (!token) say("this page was opened without its token: open the address that 'assetgen review' printed, to change something", "warn");
  }

  assetgen.act = act;
  assetgen.actions = { begin, key, bar, fetchDocument, money, span };
})();
