// The page itself: search and filters, the address, the keys. Everything else is told by it.
"use strict";
(() => {
  const assetgen = window.assetgen;
  const { el, verdict, number, range, span, money, count } = assetgen.text;
  const model = assetgen.model;
  const DEFAULTS = { q: "", tag: "", provider: "", cost: "any", sort: "declared" };
  const $ = (id) => document.getElementById(id);

  let grid = null;
  let detail = null;
  let opener = null;

  /** Return the address of a target on this page, with the filters as they are. */
  assetgen.address = (name) => {
    const said = parameters();
    said.set("t", name);
    return `#${said}`;
  };

  function parameters() {
    const said = new URLSearchParams();
    for (const [name, usual] of Object.entries(DEFAULTS)) {
      if (model.filters[name] !== usual) said.set(name, model.filters[name]);
    }
    if (model.filters.verdicts.size) said.set("v", [...model.filters.verdicts].join(" "));
    return said;
  }

  /** Do what the address says. */
  function follow() {
    const said = new URLSearchParams(location.hash.slice(1));
    const filters = {};
    for (const [name, usual] of Object.entries(DEFAULTS)) filters[name] = said.get(name) || usual;
    filters.verdicts = new Set((said.get("v") || "").split(" ").filter(Boolean));
    model.set(filters);
    $("search").value = filters.q;
    const name = said.get("t");
    if (name && model.byName.has(name)) {
      if (!detail.isOpen) opener = name;
      for (const part of document.querySelectorAll("header, main")) part.inert = true;
      detail.open(name);
    } else if (detail.isOpen) {
      const last = detail.name;
      for (const part of document.querySelectorAll("header, main")) part.inert = false;
      detail.close();
      grid.measure();
      const place = model.places.get(last) ?? model.places.get(opener);
      if (place !== undefined) grid.focus(place);
    }
    titled();
  }

  function titled() {
    const name = detail.isOpen ? `${detail.name} · ` : "";
    document.title = assetgen.text.visible(`${name}${model.document.project} · assetgen`);
  }

  function write() {
    const said = parameters();
    if (detail.isOpen) said.set("t", detail.name);
    const text = said.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  }

  function openTarget(name) {
    location.hash = assetgen.address(name).slice(1);
  }

  function closeTarget() {
    const said = parameters().toString();
    history.pushState(null, "", said ? `#${said}` : location.pathname + location.search);
    follow();
  }

  function step(by) {
    if (detail.isOpen) {
      const place = model.places.get(detail.name);
      const next = place === undefined ? undefined : model.shown[place + by];
      if (!next) return;
      history.replaceState(null, "", assetgen.address(next.name));
      follow();
    } else {
      const inside = document.activeElement && document.activeElement.closest(".tile");
      grid.focus(inside ? grid.active + by : grid.active);
    }
  }

  // The bar above the grid.

  function choice(select, values, usual) {
    select.replaceChildren(...values.map(([value, label]) => el("option", { value, selected: value === usual }, label)));
    select.hidden = values.length < 2;
    select.closest("label").hidden = values.length < 2;
  }

  function fillBar() {
    const { tag, provider, cost, sort } = model.filters;
    const tags = model.counted((target) => target.tags);
    const providers = model.counted((target) => target.providers);
    choice($("tag"), [["", "any tag"], ...tags.map(([name, n]) => [name, `${name} (${n})`])], tag);
    choice($("provider"), [["", "any provider"], ...providers.map(([name, n]) => [name, `${name} (${n})`])], provider);
    choice($("cost"), Object.entries(assetgen.costs).map(([value, [label]]) => [value, label]), cost);
    choice($("sort"), Object.entries(assetgen.orders).map(([value, [label]]) => [value, label]), sort);
  }

  function fillVerdicts() {
    const tally = new Map(model.counted(assetgen.marks));
    const chips = assetgen.text.verdicts.filter((name) => tally.has(name) || model.filters.verdicts.has(name)).map((name) => {
      const [word, tone] = verdict(name);
      return el("button", {
        type: "button", class: `chip ${tone}`, "data-verdict": name,
        "aria-pressed": String(model.filters.verdicts.has(name)),
        on: { click: () => {
          const chosen = new Set(model.filters.verdicts);
          if (!chosen.delete(name)) chosen.add(name);
          model.set({ verdicts: chosen });
          write();
        } },
      }, word, el("span", { class: "n" }, number(tally.get(name) || 0)));
    });
    const had = document.activeElement && document.activeElement.dataset.verdict;
    $("verdicts").replaceChildren(...chips);
    if (had) ($("verdicts").querySelector(`[data-verdict="${CSS.escape(had)}"]`) || $("search")).focus();
  }

  function fillSummary() {
    const { summary } = model.document;
    const all = model.document.targets.length;
    const parts = [model.shown.length === all ? count(all, "target") : `${number(model.shown.length)} of ${count(all, "target")}`];
    if (summary && summary.images.max) parts.push(`${span(summary.images)} to make: ${range(summary.cost)}`);
    if (summary && summary.spent) parts.push(`${money(summary.spent)} spent`);
    $("summary").textContent = parts.join(" · ");
    $("none").hidden = model.shown.length > 0;
    $("none-words").textContent = all ? "No target fits the search and the filters." : "This project has no targets yet.";
    $("clear").hidden = !all;
  }

  function drawBar() {
    fillVerdicts();
    fillSummary();
    for (const name of ["tag", "provider", "cost", "sort"]) $(name).value = model.filters[name];
  }

  function clear() {
    model.set({ ...DEFAULTS, verdicts: new Set() });
    $("search").value = "";
    write();
    $("search").focus();
  }

  function listenBar() {
    $("search").addEventListener("input", () => {
      model.set({ q: $("search").value });
      write();
    });
    for (const name of ["tag", "provider", "cost", "sort"]) {
      $(name).addEventListener("change", () => {
        model.set({ [name]: $(name).value });
        write();
      });
    }
    $("size").addEventListener("input", () => grid.resize(Number($("size").value)));
    $("help").addEventListener("click", () => assetgen.dialog.help());
    $("clear").addEventListener("click", clear);
    $("filters").addEventListener("click", () => {
      const is = document.querySelector("header").classList.toggle("unfolded");
      $("filters").setAttribute("aria-expanded", String(is));
    });
  }

  // Keys.

  function isTyping(event) {
    const tag = event.target.tagName;
    return tag === "INPUT" && event.target.type !== "range" || tag === "TEXTAREA" || tag === "SELECT";
  }

  function key(event) {
    if (document.querySelector("dialog[open]")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event)) {
      if (event.key === "Escape" && event.target === $("search")) {
        if ($("search").value) clear();
        else grid.focus(grid.active);
      } else if (event.key === "Enter" && event.target === $("search")) grid.focus(0);
      else return;
      event.preventDefault();
      return;
    }
    const digit = /^Digit([1-9])$/.exec(event.code) || /^([1-9])$/.exec(event.key);
    const done = digit ? digitKey(Number(digit[1]), event.shiftKey) : plainKey(event) || (assetgen.actions && assetgen.actions.key(event, detail, grid));
    if (done) event.preventDefault();
  }

  function digitKey(digit, shift) {
    if (!detail.isOpen) return false;
    detail.showTake(digit, shift);
    return true;
  }

  function plainKey(event) {
    switch (event.key) {
      case "j": step(1); return true;
      case "k": step(-1); return true;
      case "/": if (detail.isOpen) closeTarget(); $("search").focus(); $("search").select(); return true;
      case "?": assetgen.dialog.help(); return true;
      case "Escape": if (detail.isOpen) closeTarget(); return detail.isOpen;
      default: return detail.isOpen ? detailKey(event) : gridKey(event);
    }
  }

  function detailKey(event) {
    const actions = { c: () => detail.compare(), b: () => detail.wipe(), z: () => detail.zoom() };
    if (!actions[event.key]) return false;
    actions[event.key]();
    return true;
  }

  function gridKey(event) {
    if (!event.target.closest(".tile")) return false;
    const rows = Math.max(1, Math.floor(window.innerHeight / grid.row));
    const by = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid.columns, ArrowDown: grid.columns,
      PageUp: -rows * grid.columns, PageDown: rows * grid.columns,
      Home: -Infinity, End: Infinity,
    }[event.key];
    if (by === undefined) return false;
    grid.focus(Math.max(0, Math.min(grid.active + by, model.shown.length - 1)));
    return true;
  }

  function begin(data) {
    grid = new assetgen.Grid($("grid"));
    detail = new assetgen.Detail($("detail"));
    assetgen.page = { step, closeTarget, openTarget, follow, grid, detail };
    model.load(data);
    $("project").textContent = assetgen.text.visible(data.project);
    fillBar();
    listenBar();
    model.addEventListener("filter", () => {
      drawBar();
      grid.active = 0;
      grid.refresh();
    });
    model.addEventListener("change", (event) => {
      fillBar();
      drawBar();
      grid.refresh(event.detail || undefined);
      if (detail.isOpen) {
        if (!detail.target) closeTarget();
        else if (!event.detail || event.detail.has(detail.name)) detail.draw();
      }
    });
    window.addEventListener("hashchange", follow);
    window.addEventListener("popstate", follow);
    document.addEventListener("keydown", key);
    grid.measure();
    follow();
    document.documentElement.dataset.ready = "true";
    if (assetgen.actions) assetgen.actions.begin(data);
  }

  function fail(words) {
    $("none").hidden = false;
    $("none-words").textContent = words;
    $("clear").hidden = true;
    document.documentElement.dataset.ready = "failed";
  }

  if (assetgen.data) begin(assetgen.data);
  else if (assetgen.actions) assetgen.actions.fetchDocument().then(begin, (error) => fail(String(error.message || error)));
  else fail("The data of this page is missing: data.js lies beside it.");
})();
