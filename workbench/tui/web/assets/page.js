"use strict";
// A terminal in the page and a line to the workbench that runs on this machine.
(() => {
  const ENDED = 4000, TAKEN = 4001, SLOWEST = 5000;
  const notice = document.querySelector("#notice");
  const button = notice.querySelector("button");
  const term = new Terminal({
    allowProposedApi: true, // the widths of Unicode 11 need it
    cursorBlink: false,
    fontFamily: 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace',
    fontSize: 14,
    lineHeight: 1.1, // room for what hangs below the line
    linkHandler: { activate: () => {} }, // links are shown, never opened
    macOptionIsMeta: true,
    scrollback: 0,
  });
  const fit = new FitAddon.FitAddon();
  let line = null, pause = 250, again = 0, uncopied = null;

  history.replaceState(null, "", location.pathname); // the token has done its work
  term.loadAddon(fit);
  term.loadAddon(new Unicode11Addon.Unicode11Addon());
  term.unicode.activeVersion = "11";
  term.open(document.querySelector("#terminal"));
  fit.fit();
  term.focus();

  const tell = (message) => {
    if (line !== null && line.readyState === WebSocket.OPEN) line.send(JSON.stringify(message));
  };

  const say = (text, label, action) => {
    notice.hidden = text === "";
    notice.querySelector("p").textContent = text;
    button.hidden = !label;
    button.textContent = label || "";
    button.onclick = action || null;
  };

  const connect = () => {
    clearTimeout(again);
    const mine = new WebSocket(`ws://${location.host}${location.pathname}socket`);
    mine.binaryType = "arraybuffer";
    line = mine;
    mine.onopen = () => {
      pause = 250;
      say("");
      tell({ t: "look", columns: term.cols, rows: term.rows });
      term.focus();
    };
    mine.onmessage = (event) => {
      if (typeof event.data !== "string") term.write(new Uint8Array(event.data));
      else {
        const { ground } = JSON.parse(event.data);
        document.body.style.background = ground;
        term.options.theme = { background: ground };
      }
    };
    mine.onclose = (event) => {
      if (line !== mine) return;
      if (event.code === ENDED) say("Workbench has ended. Everything is saved.");
      else if (event.code === TAKEN) say("The screen is shown in another page.", "Show it here", connect);
      else {
        say("No connection to workbench serve. Trying again\u2026");
        again = setTimeout(connect, pause);
        pause = Math.min(SLOWEST, pause * 2);
      }
    };
  };

  const copy = (text) => {
    uncopied = text;
    navigator.clipboard.writeText(text).then(() => { uncopied = null; }, () => {});
  };
  const copyLate = () => { // a browser may want a key or a click before it lets a page copy
    if (uncopied !== null) copy(uncopied);
  };
  document.addEventListener("keydown", copyLate, true);
  document.addEventListener("mousedown", copyLate, true);

  term.parser.registerOscHandler(52, (data) => {
    const [, base64] = data.split(";");
    try {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      copy(new TextDecoder().decode(bytes));
    } catch { /* not what it should be: nothing is copied */ }
    return true;
  });

  term.attachCustomKeyEventHandler((event) => {
    const key = event.key.toLowerCase();
    if (event.ctrlKey && !event.altKey && key === "enter") {
      if (event.type === "keydown") tell({ t: "keys", keys: "\x1b[13;5u" });
      event.preventDefault();
      return false;
    }
    if (event.metaKey || (event.ctrlKey && event.shiftKey)) return false; // the browser's own
    if (event.ctrlKey && key === "v") return false; // pastes
    if (event.ctrlKey && key === "c" && term.hasSelection()) return false; // copies
    return true;
  });
  term.onData((keys) => tell({ t: "keys", keys }));
  term.onBinary((keys) => tell({ t: "keys", keys }));
  term.onResize(({ cols, rows }) => tell({ t: "size", columns: cols, rows }));

  let settling = 0;
  new ResizeObserver(() => {
    clearTimeout(settling);
    settling = setTimeout(() => fit.fit(), 40);
  }).observe(document.querySelector("#terminal"));

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) tell({ t: "away" });
    else tell({ t: "look", columns: term.cols, rows: term.rows });
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  connect();
})();
