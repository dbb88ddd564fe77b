// The search runs in a Worker, which browsers refuse to pages that are opened from a folder. There its script runs in a
// hidden frame instead: the same messages, and nothing is fetched from anywhere.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      const frame = document.body.appendChild(Object.assign(document.createElement("iframe"), { hidden: true }));
      const inside = frame.contentWindow;
      const script = Object.assign(inside.document.createElement("script"), { src: address });
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      this.ready = new Promise((loaded) => script.addEventListener("load", () => loaded(inside)));
      inside.document.body.appendChild(script);
    }
    postMessage(data) {
      this.ready.then((inside) => inside.dispatchEvent(new inside.MessageEvent("message", { data })));
    }
  };
}
