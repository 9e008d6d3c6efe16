// What a page cannot do by itself: wait for the phone. The page that the server draws is the
// truth; this script only hears that something changed, fetches the page again, and puts what
// is new in its place. Without it the page refreshes itself.

const main = document.querySelector("main");
const spread = (ms) => ms * (0.75 + Math.random() / 2); // so that a restarted server is not met by everybody at once
let socket, taken, filling, refused = 0, notBefore = 0, looking = false, again = false, over = false, ends = 0;

// ---- What the person sees ----

function show(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
  if (!fresh) throw new Error("no page");
  if (fresh.dataset.wait !== main.dataset.wait) {
    // The page became another: its heading is read out, and what was typed belonged to the old one.
    for (const { name } of [...main.attributes]) if (name.startsWith("data-")) main.removeAttribute(name);
    for (const { name, value } of fresh.attributes) main.setAttribute(name, value);
    filling?.abort();
    main.replaceChildren(...fresh.childNodes);
    fill();
    const heading = main.querySelector("h1");
    document.title = document.title.replace(/^.* – /, heading.textContent + " – ");
    heading.focus();
    disconnect();
  } else {
    main.dataset.left = fresh.dataset.left;
    for (const part of fresh.querySelectorAll("[data-live]")) {
      const old = main.querySelector(`[data-live="${part.dataset.live}"]`);
      if (old && old.innerHTML !== part.innerHTML) old.innerHTML = part.innerHTML; // only a change is read out
    }
  }
  begin();
}

function connection(lost) {
  const place = main.querySelector("[data-connection]");
  if (!place || place.hidden === !lost) return;
  place.hidden = !lost;
  place.textContent = lost ? main.dataset.offline : "";
}

function local(root) {
  const styles = { date: { dateStyle: "long" }, moment: { dateStyle: "long", timeStyle: "short" } };
  const lang = document.documentElement.lang;
  const reader = navigator.languages.find((l) => l.startsWith(lang)) ?? { en: "en-GB" }[lang] ?? lang;
  for (const time of root.querySelectorAll("time[data-local]")) {
    const kind = time.dataset.local;
    const said = new Intl.DateTimeFormat(reader, styles[kind] ?? styles.moment).format(new Date(time.dateTime));
    if (kind === "title") time.title = said; else time.textContent = said;
  }
}

const clock = (seconds) => Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");

// The clock counts from the time left that the server told: this computer's clock may be wrong.
function tick() {
  const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
  const text = clock(left);
  for (const place of main.querySelectorAll(".left strong")) if (place.textContent !== text) place.textContent = text;
  if (left === 0 && ends) { ends = 0; look(); }
  pause();
}

// Another code can be asked for after a while. Where there is no script the server says so.
function pause() {
  for (const form of main.querySelectorAll("form[data-pause]")) {
    form.dataset.until ??= Date.now() + form.dataset.pause * 1000;
    const left = Math.max(0, Math.ceil((form.dataset.until - Date.now()) / 1000));
    form.querySelector("strong").textContent = clock(left);
    form.querySelector("p").hidden = left === 0;
    form.querySelector("button").disabled = left > 0;
  }
}

// The browser may read the code of a text message itself (WebOTP), and asks the person whether it
// may fill it in. When the form goes, nothing is to be filled in any more.
function fill() {
  const field = main.querySelector("[data-texted]");
  if (!field || !("OTPCredential" in window)) return;
  filling = new AbortController();
  field.form.addEventListener("submit", () => filling.abort());
  navigator.credentials.get({ otp: { transport: ["sms"] }, signal: filling.signal }).then(({ code }) => {
    field.value = code;
    field.form.requestSubmit();
  }, () => {}); // refused, or no message came: the person types
}

// ---- How it waits ----

function begin() {
  local(main);
  over = !main.dataset.wait;
  if (over) return disconnect();
  ends = Number(main.dataset.left) ? Date.now() + main.dataset.left * 1000 : 0;
  connect();
}

// The same page again; a redirect says that this one is done.
async function look() {
  if (over) return;
  if (looking) { again = true; return; }
  looking = true;
  again = false;
  try {
    const answer = await fetch(location.href, { headers: { "Aye-Part": "main" }, cache: "no-store", signal: AbortSignal.timeout(10000) });
    const next = answer.headers.get("Aye-Location") ?? (answer.redirected ? answer.url : "");
    if (over) return;
    if (next || (answer.status >= 400 && answer.status < 500 && answer.status !== 429)) {
      over = true;
      disconnect();
      location.replace(next || location.href);
      return;
    }
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    if (over) return;
    connection(false);
    show(text);
  } catch {
    if (!over) connection(true);
  } finally {
    looking = false;
    if (again && !over) look();
  }
}

function connect() {
  const { events, ticket } = main.dataset;
  if (over || !events || socket || ticket === taken || Date.now() < notBefore) return;
  const mine = new WebSocket(events, ["aye.v1", "aye.ticket." + ticket]);
  socket = mine;
  // A proxy that swallows the handshake says nothing at all.
  const patience = setTimeout(() => mine.close(), 5000);
  mine.onopen = () => { clearTimeout(patience); refused = 0; };
  mine.onmessage = look;
  mine.onclose = ({ code }) => {
    clearTimeout(patience);
    if (mine !== socket) return;
    socket = undefined;
    if (code === 4001) taken = ticket; // another tab has taken over: this one goes on asking
    notBefore = Date.now() + spread(Math.min(30000, 1000 * 2 ** refused++)); // the next look after that opens another
  };
}

function disconnect() {
  const old = socket;
  socket = undefined;
  old?.close();
}

// A socket that was open before may have died without a word: it is not trusted again.
function wake() {
  if (over || document.visibilityState !== "visible") return;
  disconnect();
  taken = undefined;
  refused = notBefore = 0;
  connect();
  look();
}

local(document);
fill();
pause();
if (main.dataset.wait || main.querySelector("[data-pause]")) setInterval(tick, 1000);
if (main.dataset.wait) {
  document.addEventListener("visibilitychange", wake);
  // A form that is on its way may end the waiting itself: a look beside it would take its answer,
  // the new token, from a page that is being left.
  addEventListener("submit", () => { over = true; disconnect(); });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) { over = !main.dataset.wait; wake(); } });
  addEventListener("online", wake);
  addEventListener("offline", () => !over && connection(true));
  // Without a socket the page asks every three seconds, with one now and then, for what got lost.
  let rounds = 0;
  setInterval(() => { if (socket?.readyState !== WebSocket.OPEN || ++rounds % 7 === 0) look(); }, 3000);
  begin();
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
