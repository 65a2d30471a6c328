// The grid of all targets. Only the tiles near the window exist; thousands cost as much as dozens.
"use strict";
(() => {
  const assetgen = window.assetgen;
  const { el, pictureUrl, visible, verdict, count } = assetgen.text;
  const model = assetgen.model;
  const GAP = 12;
  const CAPTION = 46;
  const AHEAD = 2; // rows that exist above and below the window
  const CRISP = 160; // pictures up to this side are shown pixel by pixel

  class Grid {
    constructor(list) {
      this.list = list;
      this.tiles = new Map();
      this.columns = 1;
      this.size = 200;
      this.wanted = 0;
      this.active = 0;
      this.marked = new Set();
      this.top = 0;
      this.queued = false;
      const soon = () => this.soon();
      window.addEventListener("scroll", soon, { passive: true });
      new ResizeObserver(() => this.measure()).observe(list);
      window.addEventListener("resize", soon);
      list.addEventListener("focusin", (event) => {
        const tile = event.target.closest(".tile");
        if (tile) this.setActive(model.places.get(tile.dataset.name));
      });
    }

    /** Wish for tiles of about so many pixels; 0 lets the window decide. */
    resize(wanted) {
      this.wanted = wanted;
      this.measure();
    }

    measure() {
      const width = this.list.clientWidth;
      if (!width || document.documentElement.classList.contains("covered")) return;
      const wanted = this.wanted || (width < 500 ? 150 : 190);
      this.columns = Math.max(1, Math.floor((width + GAP) / (wanted + GAP)));
      this.size = Math.floor((width - GAP * (this.columns - 1)) / this.columns);
      this.list.style.setProperty("--tile", `${this.size}px`);
      this.refresh();
    }

    get row() {
      return this.size + CAPTION + GAP;
    }

    /** Draw what is shown anew: the order, or some of the targets, are other ones. */
    refresh(changed) {
      for (const [name, tile] of this.tiles) {
        const gone = !model.places.has(name);
        if (gone || !changed || changed.has(name)) {
          const again = changed && !gone && tile.contains(document.activeElement);
          tile.remove();
          this.tiles.delete(name);
          if (again) this.restore = name;
        }
      }
      this.active = Math.max(0, Math.min(this.active, model.shown.length - 1));
      const rows = Math.ceil(model.shown.length / this.columns);
      this.list.style.height = `${Math.max(0, rows * this.row - GAP)}px`;
      this.top = this.list.getBoundingClientRect().top + window.scrollY;
      this.draw();
      if (this.restore) {
        const tile = this.tiles.get(this.restore);
        this.restore = null;
        if (tile) tile.firstChild.focus({ preventScroll: true });
      }
    }

    soon() {
      if (this.queued) return;
      this.queued = true;
      requestAnimationFrame(() => {
        this.queued = false;
        this.draw();
      });
    }

    draw() {
      const from = window.scrollY - this.top;
      const first = Math.max(0, Math.floor(from / this.row) - AHEAD) * this.columns;
      const last = Math.ceil((from + window.innerHeight) / this.row + AHEAD) * this.columns;
      const wanted = new Set();
      for (let place = first; place < Math.min(last, model.shown.length); place += 1) {
        wanted.add(model.shown[place].name);
      }
      const kept = model.shown[this.active];
      if (kept) wanted.add(kept.name);
      for (const [name, tile] of this.tiles) {
        if (!wanted.has(name)) {
          tile.remove();
          this.tiles.delete(name);
        }
      }
      const fresh = document.createDocumentFragment();
      for (const name of wanted) {
        if (!this.tiles.has(name)) fresh.append(this.tile(model.places.get(name)));
      }
      this.list.append(fresh);
    }

    tile(place) {
      const target = model.shown[place];
      const picture = assetgen.pictureOf(target);
      const [word, tone] = verdict(assetgen.status(target));
      const cut = target.name.lastIndexOf("/") + 1;
      const link = el(
        "a",
        {
          class: "open",
          href: assetgen.address(target.name),
          tabindex: place === this.active ? "0" : "-1",
          title: target.name,
        },
        frame(target, picture),
        el("span", { class: "caption" },
          el("span", { class: "leaf" }, target.name.slice(cut)),
          el("span", { class: "aside" }, aside(target, target.name.slice(0, cut))),
        ),
        el("span", { class: tone === "calm" ? "hide" : `pill ${tone}` }, word),
      );
      const tile = el(
        "li",
        { class: "tile", "aria-posinset": place + 1, "aria-setsize": model.shown.length },
        link,
        assetgen.actions ? this.mark(target) : null,
      );
      tile.dataset.name = target.name;
      const column = place % this.columns;
      const row = Math.floor(place / this.columns);
      tile.style.transform = `translate(${column * (this.size + GAP)}px, ${row * this.row}px)`;
      this.tiles.set(target.name, tile);
      return tile;
    }

    mark(target) {
      const is = this.marked.has(target.name);
      return el("button", {
        class: "mark", type: "button", tabindex: "-1", "aria-pressed": String(is),
        "aria-label": `Mark ${target.name}`,
        on: { click: () => this.toggle(target.name) },
      }, "✓");
    }

    toggle(name) {
      if (!this.marked.delete(name)) this.marked.add(name);
      const tile = this.tiles.get(name);
      if (tile) tile.lastChild.setAttribute("aria-pressed", String(this.marked.has(name)));
      document.dispatchEvent(new CustomEvent("marked"));
    }

    setActive(place) {
      if (place === undefined || place === this.active) return;
      const before = model.shown[this.active];
      if (before && this.tiles.has(before.name)) this.tiles.get(before.name).firstChild.tabIndex = -1;
      this.active = place;
      const tile = this.tiles.get(model.shown[place].name);
      if (tile) tile.firstChild.tabIndex = 0;
    }

    /** Move the focus to the tile at `place`, and it into the window. */
    focus(place) {
      if (!model.shown.length) return;
      const to = Math.max(0, Math.min(place, model.shown.length - 1));
      const row = Math.floor(to / this.columns) * this.row + this.top;
      const head = document.querySelector("header").offsetHeight + GAP;
      if (row < window.scrollY + head) window.scrollTo(0, row - head);
      else if (row + this.row > window.scrollY + window.innerHeight) {
        window.scrollTo(0, row + this.row - window.innerHeight);
      }
      this.setActive(to);
      this.draw();
      this.tiles.get(model.shown[to].name).firstChild.focus({ preventScroll: true });
    }
  }

  function aside(target, folder) {
    const said = [];
    if (target.takes.length > 1) said.push(count(target.takes.length, "take"));
    if (target.pinned) said.push("pinned");
    if (target.price.images.max) said.push(assetgen.text.range(target.price));
    if (target.state === "draft") said.push("draft");
    return [folder.replace(/\/$/, ""), ...said].filter(Boolean).join(" · ") || target.kind;
  }

  /** Return the frame of a small picture, or the prompt where there is none. */
  function frame(target, picture) {
    const url = picture && pictureUrl(picture.thumb);
    if (!url) {
      // The first line is the target's own; styles come after it. What stops it matters more.
      const stopped = ["blocked", "held", "failed", "lost"].includes(target.verdict) && target.reasons[0];
      const words = stopped || target.prompt.split("\n")[0] || target.summary;
      return el("span", { class: "frame empty" }, el("span", {}, words.slice(0, 140)));
    }
    const crisp = Math.max(picture.width, picture.height) <= CRISP;
    return el("span", { class: `frame${picture.alpha ? " clear" : ""}` },
      el("img", {
        src: url, alt: "", decoding: "async", draggable: "false",
        class: crisp ? "crisp" : "",
        width: picture.width, height: picture.height,
      }));
  }

  /** Return a small square picture of a target, for lists. */
  function small(target) {
    const picture = target && assetgen.pictureOf(target);
    const url = picture && pictureUrl(picture.thumb);
    return el("span", { class: `small${picture && picture.alpha ? " clear" : ""}` },
      url ? el("img", { src: url, alt: "", loading: "lazy", decoding: "async" }) : null);
  }

  assetgen.Grid = Grid;
  assetgen.small = small;
  assetgen.isCrisp = (picture) => Math.max(picture.width, picture.height) <= CRISP;
  assetgen.label = (target) => visible(target.name);
})();
