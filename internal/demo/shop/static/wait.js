// Waits for the phone: by WebSocket, and where those are blocked by asking. The server's
// state is the truth, so every way of waiting begins with the state as it is now.
const main = document.querySelector("main");
const { ticket, events, stateUrl, page } = main.dataset;
const texts = JSON.parse(main.dataset.texts);
const ends = {
  approval: ["released", "denied", "reported", "mismatched", "expired", "cancelled", "superseded", "lapsed"],
  pairing: ["paired", "burned", "expired", "cancelled"],
}[page];

let over = ends.includes(main.dataset.state);
let socket, asking, asked = false, opened = false, failures = 0, retry;

// ---- What the person sees ----

function show(name) {
  if (main.dataset.state === name) return;
  const section = main.querySelector(`[data-show="${name}"]`);
  if (!section) return;
  for (const other of main.querySelectorAll("[data-show]")) other.hidden = other !== section;
  main.dataset.state = name;
  section.focus(); // a screen reader reads on from here
}

function notice(text) {
  for (const place of main.querySelectorAll("[data-notice]")) {
    place.hidden = !text;
    place.textContent = text;
  }
}

function words(key, ...values) {
  return (texts[key] ?? "").replace(/\{(\d)\}/g, (_, i) => values[i] ?? "").trim();
}

function delivered(list) {
  const place = main.querySelector("[data-delivery]");
  const items = (list ?? []).map((d) => {
    const item = document.createElement("li");
    item.dataset.is = d.state;
    item.textContent = words("js.delivery." + d.state, d.device, d.reason);
    return item;
  });
  // Only a change is announced, not each repetition.
  const before = [...place.children].map((i) => i.textContent).join("\n");
  if (items.map((i) => i.textContent).join("\n") !== before) place.replaceChildren(...items);
}

// The clock counts from the time left that the server told: this computer's clock may be wrong.
let ending = Date.now() + main.dataset.left * 1000;
const clock = setInterval(() => {
  const left = Math.max(0, Math.round((ending - Date.now()) / 1000));
  for (const c of main.querySelectorAll("[data-clock]")) c.textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
  for (const b of main.querySelectorAll("[data-bar]")) b.value = left;
  if (left === 0 && page === "pairing" && main.dataset.state === "open") show("expired");
}, 1000);

// ---- What the server says ----

function receive(state) {
  if (over || state.type !== page) return;
  over = ends.includes(state.status);
  if (page === "approval") {
    delivered(state.delivery);
    if (state.status === "approved" && state.release_code) release(state.release_code);
    if (state.status === "released") { location.href = "/"; return; }
  } else {
    if (state.device) main.querySelector("[data-device]").textContent = state.device.name;
    if (state.number) main.querySelector("[data-number]").textContent = state.number;
  }
  show(state.status);
  if (over) stop();
}

// The shop's own server redeems the code, for the approval in its own session.
function release(code) {
  over = true;
  stop();
  show("approved");
  const form = document.getElementById("release");
  form.elements.release_code.value = code;
  form.submit();
}

function stop() {
  clearInterval(clock);
  clearTimeout(retry);
  asking?.abort();
  socket?.close();
}

// ---- How it waits ----

function connect() {
  clearTimeout(retry);
  if (over || asking || (socket && socket.readyState <= WebSocket.OPEN)) return;
  try {
    socket = new WebSocket(events, ["aye.v1", "aye.ticket." + ticket]);
  } catch {
    return ask();
  }
  const mine = socket;
  // A proxy that swallows the handshake says nothing at all.
  const patience = setTimeout(() => mine.close(), 5000);
  mine.onopen = () => { clearTimeout(patience); opened = true; failures = 0; main.dataset.way = "socket"; notice(""); };
  mine.onmessage = (event) => receive(JSON.parse(event.data));
  mine.onclose = (event) => {
    clearTimeout(patience);
    if (over || mine !== socket) return;
    if (event.code === 4001) { over = true; stop(); show("elsewhere"); return; }
    failures++;
    if (!opened && failures >= 2) return ask();
    later(connect);
  };
}

async function ask() {
  if (over || asking) return;
  asking = new AbortController();
  try {
    const answer = await fetch(stateUrl + (asked ? "?wait=20" : ""), {
      headers: { Authorization: "Ticket " + ticket }, cache: "no-store",
      signal: AbortSignal.any([asking.signal, AbortSignal.timeout(30000)]),
    });
    if (answer.ok) {
      failures = 0;
      main.dataset.way = "poll";
      asked = true; // from now on the server may wait for a change
      notice("");
      receive(await answer.json());
    } else {
      failures++;
    }
  } catch {
    failures++;
  }
  asking = undefined;
  later(ask);
}

function later(what) {
  if (over) return;
  if (!navigator.onLine || failures > 3) notice(words("js.offline"));
  // Spread, so that a restarted server is not met by everybody at once.
  const pause = failures === 0 ? 500 : Math.min(8000, 500 * 2 ** failures) * (0.5 + Math.random());
  retry = setTimeout(what, pause);
}

// A phone's browser freezes pages in the background; a page from the back-forward cache has
// a dead socket.
function wake() {
  if (over || document.visibilityState !== "visible") return;
  failures = Math.min(failures, 1);
  connect();
}
document.addEventListener("visibilitychange", wake);
addEventListener("pageshow", wake);
addEventListener("offline", () => { if (!over) notice(words("js.offline")); });
// A socket that was open before may have died without a word: it is not trusted again.
addEventListener("online", () => {
  if (over) return;
  notice("");
  clearTimeout(retry);
  const old = socket;
  socket = undefined;
  old?.close();
  failures = 0;
  if (asking) asking.abort(); else connect();
});

// ---- Forms that need no new page ----

for (const form of document.querySelectorAll("form[data-quiet]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
      notice((await answer.json()).notice);
    } catch {
      notice(words("js.failed"));
    }
    form.reset();
    button.disabled = false;
  });
}
for (const input of document.querySelectorAll("[data-select]")) input.addEventListener("focus", () => input.select());

connect();
