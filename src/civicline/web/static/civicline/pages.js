// Ticking durations, announcements for screen readers, and the notice that the page is cut off.
(() => {
  "use strict";

  function lasted(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    const two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(s / 3600);
    const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
  }

  // The server's clock is not the browser's: measure against the time that the page was made at.
  const head = document.querySelector("[data-now]");
  const ahead = head ? Date.now() - Date.parse(head.dataset.now) : 0;

  function tick() {
    const now = Date.now() - ahead;
    for (const each of document.querySelectorAll("time[data-since]")) {
      const text = lasted((now - Date.parse(each.dataset.since)) / 1000);
      if (each.textContent !== text) each.textContent = text;
    }
    for (const each of document.querySelectorAll("[data-remind-since]")) remind(each, now);
  }

  // Shown after so many seconds, and said again each time as many have passed.
  let reminded = "";
  function remind(each, now) {
    const times = Math.floor((now - Date.parse(each.dataset.remindSince)) / 1000 / each.dataset.remindS);
    each.hidden = times < 1;
    const turn = `${each.dataset.remindSince} ${times}`;
    if (times < 1 || turn === reminded) return;
    reminded = turn;
    const place = document.getElementById("announcement");
    if (place) {
      place.textContent = "";
      place.textContent = each.dataset.remind;
    }
  }

  let said = "";
  function announce() {
    const text = document.querySelector("[data-announce]")?.dataset.announce.trim() ?? "";
    const place = document.getElementById("announcement");
    if (place && text !== said) place.textContent = said = text;
  }

  const problem = document.getElementById("problem");
  function problemIs(kind) {
    if (!problem) return;
    for (const each of problem.querySelectorAll("[data-kind]")) each.hidden = each.dataset.kind !== kind;
    problem.hidden = !kind;
  }

  let unsaved = false;
  function failed(event) {
    const ctx = event.detail?.ctx;
    const asked = ctx?.request?.method?.toUpperCase() === "POST";
    if (asked && (ctx.response?.status ?? 503) < 500) return;
    unsaved = asked;
    problemIs(asked ? "unsaved" : "away");
  }

  document.body.addEventListener("civicline:state", (event) => {
    const state = event.detail.state;
    document.body.dataset.live = state;
    if (state === "open") problemIs(unsaved ? "unsaved" : "");
    else if (state !== "connecting") problemIs(state);
  });
  document.body.addEventListener("htmx:response:error", failed);
  document.body.addEventListener("htmx:error", failed);
  document.body.addEventListener("htmx:after:request", (event) => {
    const ctx = event.detail.ctx;
    if (ctx.response.status < 300 && (ctx.request.method.toUpperCase() === "POST" || !unsaved)) {
      unsaved = false;
      problemIs("");
    }
  });
  document.body.addEventListener("htmx:after:swap", () => { tick(); announce(); });
  setInterval(tick, 1000);
  tick();
  announce();
})();
