// The targets, which of them are shown, and in which order; draws nothing.
"use strict";
(() => {
  const assetgen = window.assetgen;
  const { verdicts } = assetgen.text;
  const URGENCY = new Map(verdicts.map((name, place) => [name, place]));

  const COSTS = {
    any: ["any cost", () => true],
    buys: ["would buy", (t) => t.price.images.max > 0],
    free: ["free", (t) => t.cost === 0 || (t.cost === null && !t.takes.length)],
    low: ["up to $0.05", (t) => t.cost > 0 && t.cost <= 0.05],
    mid: ["$0.05 to $0.20", (t) => t.cost > 0.05 && t.cost <= 0.2],
    high: ["over $0.20", (t) => t.cost > 0.2],
    unknown: ["price unknown", (t) => t.price.unknown || t.takes.some((take) => take.cost === null)],
  };

  const ORDERS = {
    declared: ["as declared", null],
    urgent: ["by verdict", (a, b) => URGENCY.get(status(a)) - URGENCY.get(status(b))],
    name: ["by name", (a, b) => a.name.localeCompare(b.name, "en", { numeric: true })],
    cost: ["by cost", (a, b) => (b.cost || 0) - (a.cost || 0)],
    takes: ["by takes", (a, b) => b.takes.length - a.takes.length],
  };

  /** Return the verdict, or `waits` where a pick is all that is missing. */
  function status(target) {
    return target.waits ? "waits" : target.verdict;
  }

  /** Return what a target may be filtered by: its verdict, and whether it has before and after. */
  function marks(target) {
    return target.before && target.after ? [status(target), "changed"] : [status(target)];
  }

  /** Return the picture that a target without a file of its own is made from. */
  function sourceOf(target) {
    if (target.kind !== "derive" || target.outputs.length) return null;
    const source = model.byName.get((target.inputs[0] || {}).target);
    return source ? picture(source) : null;
  }

  /** Return the picture that stands for a target: its file, its take, or what was there before. */
  function picture(target) {
    const output = target.outputs.find((one) => one.picture && one.state !== "missing");
    const take = target.takes.find((one) => one.shown && one.picture);
    return (output || take || {}).picture || target.before || sourceOf(target);
  }

  class Model extends EventTarget {
    constructor() {
      super();
      this.document = { targets: [], summary: null, mode: "gallery", project: "" };
      this.byName = new Map();
      this.filters = { q: "", verdicts: new Set(), tag: "", provider: "", cost: "any", sort: "declared" };
      this.shown = [];
      this.places = new Map();
      this.words = new WeakMap();
    }

    /** Take a whole document. */
    load(document) {
      this.document = document;
      this.byName = new Map(document.targets.map((target) => [target.name, target]));
      this.choose();
      this.dispatchEvent(new CustomEvent("change", { detail: null }));
    }

    /** Take some targets that are other ones by now. */
    update(targets, removed, summary) {
      const gone = new Set(removed || []);
      const fresh = new Map(targets.map((target) => [target.name, target]));
      this.document.targets = this.document.targets
        .filter((target) => !gone.has(target.name))
        .map((target) => fresh.get(target.name) || target);
      for (const target of targets) {
        if (!this.byName.has(target.name)) this.document.targets.push(target);
      }
      this.byName = new Map(this.document.targets.map((target) => [target.name, target]));
      if (summary) this.document.summary = summary;
      this.choose();
      this.dispatchEvent(new CustomEvent("change", { detail: new Set([...fresh.keys(), ...gone]) }));
    }

    set(changes) {
      Object.assign(this.filters, changes);
      this.choose();
      this.dispatchEvent(new CustomEvent("filter"));
    }

    /** Work out which targets are shown. */
    choose() {
      const { verdicts: wanted, tag, provider, cost, sort } = this.filters;
      const words = this.filters.q.toLowerCase().split(/\s+/).filter(Boolean);
      const fits = (COSTS[cost] || COSTS.any)[1];
      const shown = this.document.targets.filter(
        (target) =>
          (!wanted.size || marks(target).some((mark) => wanted.has(mark))) &&
          (!tag || target.tags.includes(tag)) &&
          (!provider || target.providers.includes(provider)) &&
          fits(target) &&
          (!words.length || this.holds(target, words)),
      );
      const order = (ORDERS[sort] || ORDERS.declared)[1];
      this.shown = order ? shown.sort(order) : shown;
      this.places = new Map(this.shown.map((target, place) => [target.name, place]));
    }

    holds(target, words) {
      let text = this.words.get(target);
      if (text === undefined) {
        const said = [target.name, target.prompt, target.note, target.model, ...target.tags, ...target.styles];
        text = said.join("\n").toLowerCase();
        this.words.set(target, text);
      }
      return words.every((word) => text.includes(word));
    }

    /** Return each value that some targets have, and how many, most of all first. */
    counted(values) {
      const tally = new Map();
      for (const target of this.document.targets) {
        for (const value of values(target)) tally.set(value, (tally.get(value) || 0) + 1);
      }
      return [...tally].sort((a, b) => b[1] - a[1]);
    }
  }

  const model = (assetgen.model = new Model());
  assetgen.costs = COSTS;
  assetgen.orders = ORDERS;
  assetgen.status = status;
  assetgen.marks = marks;
  assetgen.pictureOf = picture;
})();
