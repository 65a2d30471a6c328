// What the server tells while the page is open: targets that changed, and the running build.
"use strict";
(() => {
  const assetgen = window.assetgen;
  const { el, money, count, verdict, visible } = assetgen.text;
  const { say } = assetgen.dialog;
  const model = assetgen.model;
  const MOST_LINES = 300;
  const NOTICED = 700; // milliseconds from which a build is shown
  const LEFT = 4000; // milliseconds that the end of one stays
  const PATIENCE = [1000, 2000, 5000, 10000];

  let at = 0; // the counter of the document that is shown
  let heard = 0; // the highest that was heard of
  let tries = 0;
  let fetching = null;
  let fetchDocument = null;
  let act = null;
  let running = null; // the parts of the bar at the bottom
  const waiting = []; // events of a build that has just begun
  let soon = 0;
  let total = 0;
  let done = 0;

  function connect() {
    const source = new EventSource("events");
    const on = (name, action) => source.addEventListener(name, (event) => action(JSON.parse(event.data)));
    source.addEventListener("open", () => {
      tries = 0;
      lost(false);
    });
    source.addEventListener("error", () => {
      lost(true);
      if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
      source.close();
      const wait = PATIENCE[Math.min(tries, PATIENCE.length - 1)];
      tries += 1;
      setTimeout(connect, wait);
    });
    on("hello", (data) => {
      // A server that was started anew counts anew.
      heard = data.version;
      if (data.version !== at) refresh();
    });
    on("targets", (data) => {
      if (data.at !== undefined) heard = Math.max(heard, data.at);
      if (fetching) return;
      if (data.at !== undefined) at = data.at;
      model.update(data.targets, data.removed, data.summary);
    });
    on("build", build);
    on("decision", (data) => {
      if (data.ok) say(`${data.what || "done"}`);
      else say([data.what, data.error, data.next].filter(Boolean).join(" — "), "bad");
    });
    on("problem", (data) => problem(data.error ? [data.error, data.next].filter(Boolean).join(" — ") : ""));
  }

  function lost(is) {
    const place = document.getElementById("lost");
    place.textContent = "The connection is lost; trying again.";
    place.hidden = !is;
  }

  function problem(words) {
    const place = document.getElementById("lost");
    place.textContent = visible(words);
    place.hidden = !words;
  }

  /** Fetch the document anew; what is heard of meanwhile is in it, or leads to another fetch. */
  async function refresh() {
    if (fetching) return;
    fetching = fetchDocument();
    try {
      const data = await fetching;
      at = data.at || 0;
      model.load(data);
      if (data.build) build(data.build);
      else if (running) end(null);
    } catch (error) {
      lost(true);
      fetching = null;
      return;
    }
    fetching = null;
    if (at < heard) refresh();
  }

  // The bar of the running build.

  function bar() {
    if (running) return running;
    const now = el("span", {});
    const stop = el("button", { type: "button", class: "plain", on: { click: () => act("stop", {}) } }, "Stop");
    const log = el("div", { id: "log", role: "log", tabindex: "0", "aria-label": "Log of the build", hidden: true });
    const more = el("button", { type: "button", class: "plain", "aria-expanded": "false", "aria-controls": "log", on: { click: () => {
      log.hidden = !log.hidden;
      more.setAttribute("aria-expanded", String(!log.hidden));
      log.scrollTop = log.scrollHeight;
    } } }, "Log");
    const close = el("button", { type: "button", class: "plain", hidden: true, on: { click: remove } }, "Close");
    const progress = el("progress", { "aria-label": "Progress of the build" });
    const box = el("div", { id: "running", role: "region", "aria-label": "Running build" },
      el("div", { class: "now" }, now, more, stop, close), progress, log);
    document.body.append(box);
    running = { box, now, stop, close, log, progress };
    return running;
  }

  function remove() {
    if (running) running.box.remove();
    running = null;
  }

  function build(data) {
    if (data.state === "done") {
      clearTimeout(soon);
      end(data);
      return;
    }
    if (running && !running.stop.hidden) show(data);
    else {
      // What takes no second is not worth a bar; what is told meanwhile is in it.
      waiting.push(data);
      if (waiting.length === 1) soon = setTimeout(unfold, NOTICED);
    }
  }

  function unfold() {
    for (const data of waiting.splice(0)) show(data);
  }

  function show(data) {
    const { now, stop, close, progress } = bar();
    stop.hidden = false;
    close.hidden = true;
    if (data.state === "queued" || (data.state === "running" && !data.event)) {
      total = 0;
      done = 0;
      progress.removeAttribute("value");
      now.textContent = visible(`${data.state}: ${data.what || "build"}`);
    }
    if (data.event) event(data.event);
  }

  function event(data) {
    const { now, progress } = bar();
    if (Array.isArray(data.targets)) total = data.targets.length;
    else if (typeof data.targets === "number") total = data.targets - (data.up_to_date || 0);
    const words = said(data);
    if (["target_done", "target_failed"].includes(data.event)) done += 1;
    if (words) {
      now.textContent = visible(total ? `${Math.min(done, total)} of ${total} · ${words}` : words);
      line(words);
    }
    if (total) {
      progress.max = total;
      progress.value = Math.min(done, total);
    }
  }

  const WORK = { buy: "being bought", restore: "being put back", derive: "being made" };
  const DONE = { buy: "bought", restore: "put back", derive: "made" };
  const JOBS = {
    intent: "being ordered", accepted: "being drawn", completed: "ready to be fetched", fetched: "fetched",
    refused: "refused", failed: "failed", ambiguous: "held: the answer is unknown", abandoned: "abandoned",
  };

  /** Return an event of `build --json` in words; nothing for what need not be said. */
  function said(data) {
    const at = data.job && data.job.provider ? ` at ${data.job.provider}` : "";
    switch (data.event) {
      case "waiting": return `another build is running (${data.holder})`;
      case "build_started": return data.images && data.images.max ? `up to ${count(data.images.max, "picture")} to make` : "";
      case "target_started": return `${data.target}: ${WORK[data.work] || data.work}`;
      case "job_changed": return `${data.target}: ${JOBS[data.job.state] || data.job.state}${at}`;
      case "target_done": return `${data.target}: ${DONE[data.work] || verdict(data.verdict)[0]}`;
      case "target_failed": return [data.target, data.problem && data.problem.cause].filter(Boolean).join(": ");
      case "notice": return data.problem ? data.problem.cause : "";
      case "summary": return summed(data);
      default: return String(data.event || "").replaceAll("_", " ");
    }
  }

  function summed(data) {
    return [
      data.bought ? `${count(data.bought, "picture")} made` : "", data.cost ? money(data.cost) : "",
      data.restored ? `${data.restored} put back` : "", data.derived ? `${data.derived} derived` : "",
      data.failed ? `${data.failed} failed` : "", data.held ? `${data.held} held` : "",
      data.blocked ? `${data.blocked} blocked` : "",
    ].filter(Boolean).join(", ") || "nothing to do";
  }

  function line(words) {
    const { log } = bar();
    const follow = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    log.append(el("div", {}, words));
    while (log.childElementCount > MOST_LINES) log.firstChild.remove();
    if (follow) log.scrollTop = log.scrollHeight;
  }

  const ENDS = { 0: "done", 1: "some targets failed", 2: "the spec has mistakes", 3: "over the cap: not all was bought", 4: "the account was refused", 75: "something waits: held, in flight or for a pick", 130: "stopped" };

  function end(data) {
    const code = data ? data.exit_code : 0;
    waiting.length = 0;
    if (code) say(`${data.what || "build"}: ${ENDS[code] || `exit code ${code}`}`, "warn");
    if (!running) return;
    if (data && data.event) event(data.event);
    else if (data) running.now.textContent = visible(`${data.what || "build"}: ${ENDS[code] || "ended"}`);
    running.stop.hidden = true;
    running.close.hidden = false;
    const box = running.box;
    setTimeout(() => {
      if (running && running.box === box && running.log.hidden && running.stop.hidden) remove();
    }, LEFT);
  }

  function begin(data, fetcher, actor) {
    at = data.at || 0;
    fetchDocument = fetcher;
    act = actor;
    if (data.build) build(data.build);
    connect();
  }

  assetgen.live = { begin };
})();
