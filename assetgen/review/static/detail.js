// One target with all that is known of it; its pictures large, its words beside them.
"use strict";
(() => {
  const assetgen = window.assetgen;
  const { el, fill, money, bytes, verdict, range, span, count } = assetgen.text;
  const model = assetgen.model;
  const LONG = 900; // characters of a prompt from which it is folded

  class Detail {
    constructor(root) {
      this.root = root;
      this.name = null;
      this.reset();
    }

    reset() {
      this.look = "one"; // one, two, wipe
      this.at = null; // number of the view that is shown; of two, the right one
      this.left = null;
      this.large = false;
      this.unfolded = false;
    }

    get target() {
      return model.byName.get(this.name);
    }

    get isOpen() {
      return this.name !== null;
    }

    open(name) {
      const again = name === this.name;
      this.name = name;
      if (!again) this.reset();
      this.root.hidden = false;
      document.documentElement.classList.add("covered");
      this.draw();
      if (!again) {
        this.root.scrollTop = 0;
        this.root.querySelector("h2").focus({ preventScroll: true });
      }
    }

    close() {
      this.name = null;
      this.root.hidden = true;
      this.root.replaceChildren();
      document.documentElement.classList.remove("covered");
    }

    /** Return what can be looked at: takes first, in the order of their numbers, then files. */
    views(target) {
      const takes = target.takes.map((take) => ({
        kind: "take", take, name: `take ${take.n}`, picture: take.picture, said: saidOfTake(take),
        missing: "the bytes of this take are not here",
      }));
      const files = target.outputs
        .filter((output) => output.picture)
        .map((output) => ({
          kind: "file", output, name: output.path, picture: output.picture, said: size(output.picture),
        }));
      const before = target.before && !files.length && !takes.some((view) => view.picture)
        ? [{ kind: "before", name: "before", picture: target.before, said: size(target.before) }] : [];
      return [...takes, ...files, ...before];
    }

    /** Return the number of the view that is shown first: the file, or the take where one is due. */
    first(target, views) {
      const file = views.findIndex((view) => view.kind === "file");
      const shown = views.findIndex((view) => view.kind === "take" && view.take.shown);
      if (target.waits || file < 0) return Math.max(0, shown);
      return file;
    }

    /** Return the take that keys act on: the one that is shown large, else the one in use. */
    take() {
      const target = this.target;
      if (!target) return null;
      const view = this.views(target)[this.at];
      if (view && view.kind === "take") return view.take;
      return target.takes.find((take) => take.shown) || null;
    }

    show(number) {
      this.at = number;
      if (this.look === "wipe") this.look = "one";
      this.draw();
    }

    /** Show take `n`; of two side by side on the right, or on the left. */
    showTake(n, left) {
      const views = this.views(this.target);
      const found = views.findIndex((view) => view.kind === "take" && view.take.n === n);
      if (found < 0) return;
      if (this.look === "two" && left) {
        this.left = found;
        this.draw();
      } else this.show(found);
    }

    compare() {
      const target = this.target;
      const views = this.views(target);
      if (views.length < 2) return;
      if (this.look === "two") {
        this.look = "one";
      } else {
        this.look = "two";
        const takes = views.filter((view) => view.kind === "take").length;
        this.left = this.at;
        if (takes > 1 && views[this.at].kind !== "take") {
          this.left = Math.max(0, views.findIndex((view) => view.take && view.take.shown));
        }
        this.at = (this.left + 1) % (takes > 1 ? takes : views.length);
      }
      this.draw();
    }

    wipe() {
      if (!this.target.before || !this.target.after) return;
      this.look = this.look === "wipe" ? "one" : "wipe";
      this.draw();
    }

    zoom() {
      this.large = !this.large;
      this.draw();
    }

    draw() {
      const target = this.target;
      if (!target) return;
      const views = this.views(target);
      if (this.at === null || this.at >= views.length) {
        this.at = views.length ? this.first(target, views) : null;
        if (target.before && target.after && this.look === "one" && !target.waits) this.look = "wipe";
      }
      const focus = this.keep();
      const scroll = [this.root.scrollTop, (this.root.querySelector(".facts") || {}).scrollTop || 0];
      this.root.replaceChildren(this.head(target), this.stage(target, views), this.facts(target));
      this.root.scrollTop = scroll[0];
      this.root.querySelector(".facts").scrollTop = scroll[1];
      focus();
    }

    /** Return what puts the focus back where it was before everything was drawn anew. */
    keep() {
      const had = document.activeElement;
      if (!this.root.contains(had)) return () => {};
      const key = had.dataset.key;
      return () => {
        const found = key && [...this.root.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
        (found || this.root.querySelector("h2")).focus({ preventScroll: true });
      };
    }

    head(target) {
      const [word, tone] = verdict(assetgen.status(target));
      const place = model.places.get(target.name);
      const cut = target.name.lastIndexOf("/") + 1;
      const step = (by, label, sign) => button(sign, () => assetgen.page.step(by), {
        key: label, class: "plain icon", "aria-label": label,
        disabled: place === undefined || !model.shown[place + by],
      });
      return el("div", { class: "head" },
        el("h2", { id: "detail-name", tabindex: "-1" },
          el("span", { class: "folder" }, target.name.slice(0, cut)), target.name.slice(cut)),
        el("span", { class: `word ${tone}` }, word),
        el("span", { class: "where" }, place === undefined ? "" : `${place + 1} of ${model.shown.length}`),
        step(-1, "Previous target", "‹"), step(1, "Next target", "›"),
        button("×", () => assetgen.page.closeTarget(), { key: "close", class: "plain icon", "aria-label": "Close" }));
    }

    stage(target, views) {
      const box = el("div", { class: `stage ${this.look}` });
      if (this.look === "wipe") {
        box.append(assetgen.stage.slider(target.before, target.after));
      } else if (!views.length) {
        box.append(el("p", { class: "nothing" }, target.kind === "derive" && !target.outputs.length
          ? "It has no file of its own: others read what it makes of its source." : "There is no picture yet."));
      } else if (this.look === "two") {
        box.append(assetgen.stage.figure(views[this.left], this.large), assetgen.stage.figure(views[this.at], this.large));
      } else {
        box.append(assetgen.stage.figure(views[this.at], this.large));
      }
      for (const mat of box.querySelectorAll(".mat")) mat.addEventListener("dblclick", () => this.zoom());
      return el("div", { class: "pictures" }, box, this.strip(target, views),
        assetgen.actions ? assetgen.actions.bar(target, this.take()) : null);
    }

    strip(target, views) {
      const looks = [];
      if (views.length > 1) {
        looks.push(toggle("Compare", this.look === "two", () => this.compare()));
      }
      if (target.before && target.after) {
        looks.push(toggle("Before / after", this.look === "wipe", () => this.wipe()));
      }
      if (views.length) looks.push(toggle("Actual size", this.large, () => this.zoom()));
      const items = views.length > 1 ? views.map((view, number) => this.item(view, number)) : [];
      return el("div", { class: "strip" },
        el("div", { class: "items", role: "group", "aria-label": "Takes and files" }, items),
        el("div", { class: "looks", role: "group", "aria-label": "How to look" }, looks));
    }

    item(view, number) {
      const is = this.look !== "wipe" && (number === this.at || (this.look === "two" && number === this.left));
      const url = view.picture && assetgen.text.pictureUrl(view.picture.thumb);
      const take = view.take;
      const label = take ? `Take ${take.n}${take.shown ? ", in use" : ""}${take.rejected ? ", rejected" : ""}` : view.name;
      const made = el("button", {
        type: "button", class: `item${take && take.rejected ? " rejected" : ""}`, "data-key": `view ${number}`,
        "aria-pressed": String(is), "aria-label": label, title: label,
        on: { click: (event) => {
          if (event.shiftKey && this.look === "two") {
            this.left = number;
            this.draw();
          } else this.show(number);
        } },
      },
        el("span", { class: `small${view.picture && view.picture.alpha ? " clear" : ""}` },
          url ? el("img", { src: url, alt: "", decoding: "async" }) : null),
        el("span", { class: "no" }, take ? String(take.n) : view.kind === "file" ? view.output.format : "before"),
        take && take.shown ? el("span", { class: "use", title: "in use" }, "●") : null);
      return made;
    }

    facts(target) {
      return el("div", { class: "facts", tabindex: "0", role: "region", "aria-label": "What is known of it", "data-key": "facts" },
        this.why(target), this.prompt(target), this.known(target), this.takes(target),
        this.files(target), links("Made from", target.inputs.map((input) => input)),
        links("Used by", target.dependants.map((name) => ({ role: "", target: name }))));
    }

    why(target) {
      const waits = `${count(target.takes.length, "take")} to choose from: one must be picked before what is made from it goes on.`;
      const said = [el("p", { class: "summary" }, target.waits && target.verdict === "up_to_date" ? waits : target.summary)];
      if (target.reasons.length) said.push(el("ul", {}, target.reasons.map((reason) => el("li", {}, reason))));
      if (target.waits && target.verdict !== "up_to_date") said.push(el("p", {}, waits));
      if (target.price.images.max) {
        said.push(el("p", {}, `${span(target.price.images)} to ${target.model === "draft" ? "draw" : "buy"}: ${range(target.price)}`));
      }
      said.push(...target.changes.map(change));
      for (const output of target.local_changes) {
        if (output.changes) said.push(el("p", { class: "file" }, output.path), ...output.changes.map(change));
      }
      if (target.next) said.push(el("p", { class: "next" }, target.next));
      return section(assetgen.status(target) === "up_to_date" ? "State" : "Why", said);
    }

    prompt(target) {
      const old = target.made_of.prompt;
      if (!target.prompt && !old) return null;
      const folded = target.prompt.length > LONG && !this.unfolded;
      const text = folded ? target.prompt.slice(0, LONG - 200) + "…" : target.prompt;
      const more = target.prompt.length > LONG
        ? button(folded ? `Show all ${target.prompt.length.toLocaleString("en-US")} characters` : "Fold", () => {
          this.unfolded = !this.unfolded;
          this.draw();
        }, { key: "fold", class: "link" }) : null;
      const styles = target.styles.length
        ? el("p", { class: "aside" }, "styles: ", target.styles.join(", ")) : null;
      const past = old
        ? el("details", {}, el("summary", {}, "The picture that is shown was made from another prompt"),
          fill(el("p", { class: "prompt", dir: "auto" }), old)) : null;
      return section("Prompt", [fill(el("p", { class: "prompt", dir: "auto" }), text), more, styles, past]);
    }

    known(target) {
      const said = [
        ["kind", target.kind],
        ["model", target.model],
        ["asked for", [target.aspect_ratio, target.resolution, target.quality].filter(Boolean).join(", ")],
        ["variant", target.variant],
        ["tags", target.tags.join(", ")],
        ["note", target.note],
        ["state", [
          target.state, target.pinned ? "pinned" : "", target.accepted ? "accepted as it is" : "",
          target.waits ? "waits for a pick" : target.review ? "review required" : "",
        ].filter(Boolean).join(", ")],
        ["said", target.line_note],
        ["spent", target.cost === null ? "" : target.cost ? money(target.cost) : "nothing"],
        ["declared", target.at ? `${target.at.file}:${target.at.line}` : ""],
      ].filter(([, value]) => value);
      return section("About", el("dl", { class: "known" }, said.map(([name, value]) => [
        el("dt", {}, name), fill(el("dd", {}), value),
      ])));
    }

    takes(target) {
      if (!target.takes.length) return null;
      return section("Takes", el("ol", { class: "takes" }, target.takes.map((take) =>
        el("li", { class: take.rejected ? "rejected" : "" },
          el("b", {}, String(take.n)),
          el("span", { class: "by" }, [take.adopted ? "adopted file" : take.provider, [take.provider, target.model].includes(take.model) ? "" : take.model].filter(Boolean).join(" · ")),
          el("span", { class: "price" }, take.adopted ? "" : price(take.cost)),
          take.shown ? el("span", { class: "mark-use" }, "in use") : null,
          take.rejected ? el("span", { class: "mark-no" }, "rejected") : null,
          take.note ? fill(el("q", { dir: "auto" }), take.note) : null,
          el("code", {}, take.sha256.slice(0, 12))))));
    }

    files(target) {
      if (!target.outputs.length) return null;
      return section("Files", el("ul", { class: "files" }, target.outputs.map((output) =>
        el("li", {},
          el("span", { class: "path" }, output.path),
          el("span", { class: "aside" }, [
            output.format, output.picture ? size(output.picture) : "", bytes(output.bytes),
          ].filter(Boolean).join(" · ")),
          output.state === "ok" ? null : el("span", { class: `word ${output.state === "modified" ? "warn" : "soon"}` }, output.state)))));
    }
  }

  function saidOfTake(take) {
    const said = [take.shown ? "in use" : "", take.rejected ? "rejected" : "", take.adopted ? "adopted file" : price(take.cost)];
    return [...said, take.picture ? size(take.picture) : "", take.note].filter(Boolean).join(" · ");
  }

  function price(cost) {
    return cost === null ? "price unknown" : cost ? money(cost) : "free";
  }

  function size(picture) {
    return `${picture.width} × ${picture.height}`;
  }

  function section(title, ...body) {
    return el("section", {}, el("h3", {}, title), body);
  }

  function button(label, action, { key, ...options }) {
    return el("button", { type: "button", "data-key": key, on: { click: action }, ...options }, label);
  }

  function toggle(label, is, action) {
    return button(label, action, { key: label, class: "plain", "aria-pressed": String(is) });
  }

  /** Return one change: a prompt word by word, anything else as old and new. */
  function change(one) {
    const at = one.at ? el("span", { class: "aside" }, `${one.at.file}:${one.at.line}`) : null;
    if (one.diff) {
      const text = el("p", { class: "prompt", dir: "auto" });
      for (const [what, words] of one.diff) {
        const tag = { delete: "del", insert: "ins" }[what];
        const core = words.trimEnd() || words;
        if (tag) text.append(fill(el(tag, {}), core), words.slice(core.length) || (what === "delete" ? " " : ""));
        else fill(text, words);
      }
      return el("div", { class: "change" }, el("b", {}, one.field), at, text);
    }
    return el("div", { class: "change" }, el("b", {}, one.field), at,
      el("p", {}, fill(el("del", {}), value(one.old)), " ", fill(el("ins", {}), value(one.new))));
  }

  function value(given) {
    if (given === null || given === undefined) return "(not set)";
    const text = typeof given === "string" ? given : JSON.stringify(given);
    return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 12) : text;
  }

  /** Return a list of targets (or files) as links, each with its picture. */
  function links(title, items) {
    if (!items.length) return null;
    return section(`${title} ${items.length > 3 ? `(${count(items.length, "picture")})` : ""}`.trim(),
      el("ul", { class: "links" }, items.slice(0, 200).map((item) => {
        const other = item.target ? model.byName.get(item.target) : null;
        const words = [el("span", {}, item.target || `./${item.file}`), item.role ? el("span", { class: "aside" }, item.role) : null];
        return el("li", {}, other
          ? el("a", { href: assetgen.address(item.target), "data-key": `link ${item.role} ${item.target}` }, assetgen.small(other), words)
          : el("span", { class: "plain-link" }, words));
      })));
  }

  assetgen.Detail = Detail;
})();
