// One connection to /live/events for all tabs of this browser: a SharedWorker. Tells them over a BroadcastChannel.
// Used as a plain script too, by browsers without SharedWorker (push.js then loads it in each tab).
(() => {
  "use strict";
  const RETRY_MS = 2000;
  const KINDS = ["contact", "agent", "queue", "agency", "reset"];
  const channel = new BroadcastChannel("civicline");
  const own = self.civiclineTell ?? (() => {});
  let source = null;
  let staff = null;
  let last = null;
  let state = "connecting";
  let timer = 0;

  function tell(message) {
    channel.postMessage(message);
    own(message);
  }

  function become(now) {
    state = now;
    tell({ type: "state", state, staff });
  }

  function connect() {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(last === null ? "/live/events" : `/live/events?after=${last}`);
    source.onopen = () => become("open");
    source.onerror = failed;
    for (const kind of KINDS) source.addEventListener(kind, changed);
    source.addEventListener("signed-out", signedOut);
  }

  function changed(event) {
    last = event.lastEventId;
    tell({ type: "change", kind: event.type, staff, ...JSON.parse(event.data) });
  }

  // EventSource comes back by itself, except after an answer that is not 200: then we ask why and try again.
  async function failed() {
    become("away");
    if (source.readyState !== EventSource.CLOSED) return;
    let status = 0;
    const asked = new AbortController();
    try {
      status = (await fetch("/live/events", { signal: asked.signal })).status;
    } catch { /* away: try again */ }
    asked.abort();
    if (status === 401) signedOut();
    else timer = setTimeout(connect, RETRY_MS);
  }

  function signedOut() {
    source.close();
    become("signed-out");
  }

  // A page says whose it is; another person than before (signed out, signed in) needs a connection of their own.
  function hello(who) {
    if (who === staff && state !== "signed-out") {
      tell({ type: "state", state, staff });
      return;
    }
    staff = who;
    last = null;
    connect();
  }

  self.onconnect = (event) => {
    const port = event.ports[0];
    port.onmessage = (message) => hello(message.data);
  };
  self.civiclineHello = hello;
})();
