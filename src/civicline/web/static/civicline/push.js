// Turns what the server pushes into events on the page: civicline:change and civicline:state.
(() => {
  "use strict";
  const worker = document.currentScript.dataset.worker;
  const staff = document.body?.dataset.staff ?? document.querySelector("[data-staff]")?.dataset.staff;
  if (!staff) return;

  function take(message) {
    if (message.staff !== staff) return;
    document.body.dispatchEvent(new CustomEvent(`civicline:${message.type}`, { detail: message }));
  }

  function alone() {
    self.civiclineTell = take;
    const script = document.createElement("script");
    script.src = worker;
    script.onload = () => self.civiclineHello(staff);
    document.head.append(script);
  }

  if (!self.SharedWorker) {
    alone();
    return;
  }
  new BroadcastChannel("civicline").onmessage = (event) => take(event.data);
  const shared = new SharedWorker(worker, "civicline");
  shared.onerror = alone;
  shared.port.start();
  shared.port.postMessage(staff);
})();
