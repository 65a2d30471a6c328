// The large picture of one target: one alone, two side by side, or before and after with a slider.
"use strict";
(() => {
  const assetgen = window.assetgen;
  const { el, pictureUrl } = assetgen.text;
  const MOST = 8; // how many times a tiny picture is enlarged, pixel by pixel

  /** Return a figure of one picture. */
  function figure(view, large) {
    const picture = view.picture;
    const url = picture && pictureUrl(picture.full);
    const body = url ? image(picture, url, view.name) : el("p", { class: "nothing" }, view.missing || "no picture here");
    return el("figure", { class: "view" },
      el("div", { class: `mat${large ? " actual" : ""}`, tabindex: large ? "0" : null, role: large ? "group" : null, "aria-label": large ? view.name : null }, body),
      el("figcaption", {}, el("b", {}, view.name), view.said ? el("span", {}, view.said) : null));
  }

  function image(picture, url, name) {
    const crisp = assetgen.isCrisp(picture);
    const made = el("img", {
      class: `${picture.alpha ? "clear" : "opaque"}${crisp ? " crisp" : ""}`,
      src: url, alt: name, width: picture.width, height: picture.height, decoding: "async", draggable: "false",
    });
    if (crisp) {
      const times = Math.max(1, Math.min(MOST, Math.floor(512 / Math.max(picture.width, picture.height))));
      made.style.width = `${picture.width * times}px`;
      made.style.height = "auto";
    }
    return made;
  }

  /** Return two pictures on top of each other, with a slider between them. */
  function slider(before, after) {
    const share = el("div", { class: "over" }, image(after, pictureUrl(after.full), "after"));
    const line = el("div", { class: "line", "aria-hidden": "true" });
    const box = el("div", { class: "slider" },
      el("div", { class: "under" }, image(before, pictureUrl(before.full), "before")), share, line,
      el("span", { class: "tag left", "aria-hidden": "true" }, "before"),
      el("span", { class: "tag right", "aria-hidden": "true" }, "after"));
    const input = el("input", {
      type: "range", min: "0", max: "100", value: "50", step: "0.5", class: "wiper",
      "aria-label": "How much of the picture before is shown, in percent",
    });
    const place = () => box.style.setProperty("--at", `${input.value}%`);
    input.addEventListener("input", place);
    place();
    box.append(input);
    return box;
  }

  assetgen.stage = { figure, slider };
})();
