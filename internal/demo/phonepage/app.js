// The screens of the phone. A request never opens by itself: the person chooses it from the
// list, so a request that was sent to confuse cannot slip under the thumb.
import * as device from "./device.js";
import * as scan from "./scan.js";
import * as store from "./store.js";
import { totp } from "./jose.js";
import { language, other, t } from "./words.js";

const view = document.getElementById("view");
const alertBox = document.getElementById("alert");
let accounts = [];
let waiting = []; // requests
let cases = []; // where support helps somebody in the person's name
let screen = { name: "home" };
let scanning;

// h makes an element. Text is always text, so nothing that a server sends becomes markup.
function h(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else if (key.includes("-") || key === "for") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== false && child !== ""));
  return element;
}

const button = (text, action, kind = "", more = {}) => h("button", { type: "button", class: kind, onclick: action, ...more }, text);
const clock = (seconds) => Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
const left = (request) => Math.max(0, Math.round((request.ends - Date.now()) / 1000));
const hostOf = (origin) => new URL(origin).host;
const complain = (text) => alertBox.replaceChildren(...(text ? [h("p", {}, text)] : []));

function go(name, more = {}) {
  scanning?.abort();
  screen = { name, ...more };
  complain("");
  draw();
  view.scrollTop = 0;
  view.focus({ preventScroll: true });
}

function draw() {
  document.body.classList.toggle("full", ["request", "case", "result", "confirm"].includes(screen.name));
  drawBars();
  view.replaceChildren(...[screens[screen.name]()].flat());
}

function drawBars() {
  document.querySelector(".bar").replaceChildren(
    h("img", { src: "/icon.svg", alt: "", width: 28, height: 28 }), h("strong", {}, t("app")),
    h("button", { type: "button", class: "link", lang: other, onclick: () => { localStorage.setItem("language", other); location.reload(); } }, t("language")));
  const tab = (name, text, mark, count) => h("button", { type: "button", "aria-current": screen.name === name ? "page" : "false", onclick: () => go(name) },
    h("span", { "aria-hidden": "true", class: "icon" }, mark, count ? h("b", {}, String(count)) : ""), text);
  document.querySelector(".tabs").replaceChildren(
    tab("home", t("requests"), "✓", waiting.length + cases.length), tab("accounts", t("accounts"), "☰"), tab("history", t("history"), "↺"));
}

const headline = () => (cases.length ? t("caseTitle") : waiting.length > 1 ? t("waitingMany", waiting.length) : t(waiting.length ? "waitingOne" : "calm"));
const filming = () => scanning && !scanning.signal.aborted;

// ---- Screens ----

const screens = {
  home() {
    if (accounts.length === 0) {
      return [blank("+", t("empty"), t("emptyText")), adding()];
    }
    if (waiting.length + cases.length === 0) return blank("✓", t("calm"), t("calmText"));
    return [h("h1", {}, headline()), h("ul", { class: "list" }, cases.map(caseItem), waiting.map(item))];
  },
  accounts() {
    return [h("h1", {}, t("accounts")), h("ul", { class: "list" }, accounts.map(card)), h("h2", {}, t("add")), adding()];
  },
  history() {
    if (!screen.items) loadHistory();
    return [h("h1", {}, t("history")), screen.items?.length === 0 ? h("p", { class: "soft" }, t("none")) : h("ul", { class: "list" }, (screen.items ?? []).map(past))];
  },
  confirm() {
    return h("section", { class: "ask" },
      h("div", { class: "mark", "aria-hidden": "true" }, "+"), h("h1", {}, t("confirmPair")), h("p", { class: "soft" }, t("confirmPairText")),
      h("p", { class: "origin" }, screen.link.origin),
      h("div", { class: "actions" }, button(t("yes"), () => link(screen.link), "good"), button(t("no"), () => go("home"), "plain")));
  },
  request: asked,
  case: helped,
  result() {
    return h("section", { class: "ask" }, h("div", { class: "mark " + screen.status, "aria-hidden": "true" }, marks[screen.status] ?? "–"),
      h("h1", {}, screen.title ?? t(screen.status)), h("p", { class: "soft" }, screen.text ?? t(screen.status + "Text")),
      screen.digits ? h("p", { class: "digits" }, screen.digits.slice(0, 3) + " " + screen.digits.slice(3)) : "",
      h("div", { class: "actions" }, button(t("ok"), () => go("home"), "good"),
        screen.status === "approved" && screen.account ? button(t("notMine"), () => answer(screen, "report"), "danger") : ""));
  },
};

const marks = { approved: "✓", paired: "✓", denied: "✕", reported: "!", mismatched: "≠", expired: "0:00", burned: "!", stopped: "!" };

const blank = (mark, title, text) => h("section", { class: "blank" }, h("div", { class: "mark", "aria-hidden": "true" }, mark), h("h1", {}, title), h("p", { class: "soft" }, text));

// An organisation with one application often gives it its own name, which is read once.
const organisationOf = (ctx) => (ctx.organisation === ctx.application ? "" : ctx.organisation);

function item(request) {
  const { ctx } = request;
  return h("li", {}, button([
    h("strong", {}, request.purpose === "new-phone" ? t("titlePhone") : ctx.application),
    h("span", {}, [organisationOf(ctx), ctx.place ?? ctx.ip].filter(Boolean).join(" · ")),
    h("time", { "data-ends": String(request.ends) }, clock(left(request))),
  ], () => go("request", { id: request.aid }), "row"));
}

function card(account) {
  const body = [h("strong", {}, account.organisation?.name ?? hostOf(account.origin)), h("span", { class: "soft" }, account.user ? account.user.display + " · " + hostOf(account.origin) : t("unfinished"))];
  if (account.status === "active") {
    body.push(h("div", { class: "totp" }, h("span", { class: "soft" }, t("code")),
      h("output", { "data-totp": account.codeHash, "aria-live": "off" }, "··· ···"), h("i", { class: "ring", "data-ring": "", "aria-hidden": "true" })));
  }
  if (account.status === "awaiting-code") {
    const digits = h("output", { class: "digits" });
    device.digits(account).then((d) => { digits.textContent = d.slice(0, 3) + " " + d.slice(3); });
    body.push(h("p", {}, t("awaitingCode")), digits);
  }
  if (account.status === "awaiting-approval") body.push(h("p", {}, t("awaitingApprovalText")));
  if (!account.device) body.push(button(t("tryAgain"), () => link(account), "link"));
  body.push(button(account.device ? t("unpair") : t("remove"), () => unlink(account), "link"));
  return h("li", { class: "card" }, body);
}

function past(entry) {
  const more = [entry.place ?? entry.ip, entry.browser].filter(Boolean).join(" · ");
  const recent = Date.now() - Date.parse(entry.decided_at ?? entry.created_at) < 24 * 3600e3;
  const reportable = recent && entry.account.challenges[entry.id] && ["approved", "released", "denied", "lapsed"].includes(entry.status);
  return h("li", { class: "card" }, h("strong", {}, entry.application), h("span", { class: "state " + entry.status }, t(entry.status)),
    h("span", { class: "soft" }, new Date(entry.created_at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" })), more ? h("span", { class: "soft" }, more) : "",
    reportable ? button(t("report"), () => answer({ account: entry.account, id: entry.id }, "report"), "link danger") : "");
}

// asked is one request over the whole screen.
function asked() {
  const request = waiting.find((r) => r.aid === screen.id);
  if (!request || left(request) === 0) return outcome("expired");
  const { ctx } = request;
  const line = (name, ...value) => (value.some(Boolean) ? [h("dt", {}, name), h("dd", {}, ...value.filter(Boolean))] : []);
  const decide = (word) => answer({ account: request.account, id: request.aid }, word, field?.value);
  const accept = button(t("accept"), () => decide("approve"), "good", { disabled: request.confirm === "number" });
  const field = request.confirm === "number" ? h("input", {
    id: "number", inputMode: "numeric", autocomplete: "off", pattern: "[0-9]*", maxLength: request.digits, placeholder: "•".repeat(request.digits), class: "digits",
    oninput: () => { field.value = field.value.replace(/\D/g, ""); accept.disabled = field.value.length !== request.digits; },
    onkeydown: (event) => { if (event.key === "Enter" && !accept.disabled) decide("approve"); },
  }) : undefined;
  return h("section", { class: "ask" },
    h("div", { class: "top" }, button("‹ " + t("back"), () => go("home"), "link back"),
      h("time", { class: "left", "data-ends": String(request.ends), "data-words": "" }, t("left", clock(left(request))))),
    h("h1", {}, t(request.purpose === "new-phone" ? "titlePhone" : "title")),
    h("p", { class: "who" }, h("strong", {}, ctx.application), organisationOf(ctx)),
    ctx.message ? h("p", { class: "message" }, ctx.message) : "",
    h("dl", {}, line(t("for"), ctx.person), line(t("place"), ctx.place, ctx.place && ctx.ip ? h("small", {}, ctx.ip) : ctx.ip),
      line(t("with"), ctx.browser, ctx.new_browser ? h("small", { class: "warn" }, t("fresh")) : ""), (ctx.details ?? []).flatMap((d) => line(d.label, d.value))),
    field ? h("label", { for: "number", class: "prompt" }, t("number")) : h("p", { class: "prompt" }, t("tap")), field ?? "",
    h("div", { class: "actions choice" }, accept, button(t("deny"), () => decide("deny"), "plain"), button(t("report"), () => decide("report"), "danger")));
}

function caseItem(told) {
  return h("li", {}, button([
    h("strong", {}, t(told.kind === "lost" ? "caseLost" : "caseForgotten")),
    h("span", {}, [told.organisation.name, told.agent].filter(Boolean).join(" · ")),
  ], () => go("case", { id: told.id }), "row alarm"));
}

// helped is one case over the whole screen. There is nothing to approve in it: it can only be stopped.
function helped() {
  const told = cases.find((c) => c.id === screen.id);
  if (!told) return outcome("caseOver");
  const moment = (at) => at && new Date(at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  const line = (name, value) => (value ? [h("dt", {}, name), h("dd", {}, value)] : []);
  return h("section", { class: "ask" },
    h("div", { class: "top" }, button("‹ " + t("back"), () => go("home"), "link back")),
    h("h1", {}, t("caseTitle")), h("p", { class: "who" }, h("strong", {}, told.organisation.name)),
    h("p", { class: "message" }, t(told.kind === "lost" ? "caseLost" : "caseForgotten")),
    h("dl", {}, line(t("caseAgent"), told.agent), line(t("caseOpened"), moment(told.opened_at)), line(t("caseState"), t("case_" + told.state)),
      line(t("caseDue"), told.state === "waiting" ? moment(told.due_at) : "")),
    h("p", { class: "prompt" }, t("caseAsked")),
    h("div", { class: "actions" }, button(t("caseStop"), () => stop(told), "stop"), button(t("caseMine"), () => go("home"), "plain")));
}

const outcome = (status) => {
  screen = { name: "result", status };
  document.body.classList.add("full");
  return screens.result();
};

// adding is every way to bring a pairing link in.
function adding() {
  const video = h("video", { muted: true, playsInline: true, hidden: true });
  const input = h("input", { id: "link", type: "url", autocomplete: "off", placeholder: "https://…/p#1.…" });
  const file = h("input", { type: "file", accept: "image/*", id: "picture", class: "hidden", onchange: async () => {
    const found = await scan.fromPicture(file.files[0]).catch(() => undefined);
    found ? offer(found) : complain(t("noCode"));
  } });
  const camera = button(t("camera"), async () => {
    if (filming()) { scanning.abort(); video.hidden = true; camera.textContent = t("camera"); return; }
    scanning = new AbortController();
    video.hidden = false;
    camera.textContent = t("stop");
    try {
      const found = await scan.fromCamera(video, scanning.signal);
      if (found) offer(found);
    } catch {
      scanning.abort();
      video.hidden = true;
      camera.textContent = t("camera");
      complain(t("noCamera"));
    }
  }, "good");
  return h("form", { class: "adding", onsubmit: (event) => { event.preventDefault(); offer(input.value); } },
    video, camera, file, h("label", { for: "picture", class: "button plain" }, t("picture")),
    h("label", { for: "link" }, t("paste")), h("div", { class: "inline" }, input, h("button", { class: "plain" }, t("go"))));
}

// ---- Actions ----

// offer shows to which server the link leads before anything is made or sent.
function offer(text) {
  try {
    go("confirm", { link: device.readLink(text) });
  } catch {
    complain(t("badLink"));
  }
}

async function link(target) {
  await attempt(async () => {
    try {
      const account = await device.pair(target, language);
      accounts = await store.accounts();
      follow();
      if (account.status === "awaiting-code") {
        go("result", { status: "paired", title: t("awaitingCode"), text: t("awaitingCodeText"), digits: await device.digits(account) });
      } else if (account.status === "awaiting-approval") {
        go("result", { status: "paired", title: t("awaitingApproval"), text: t("awaitingApprovalText") });
      } else {
        go("result", { status: "paired", title: t("paired", account.organisation.name), text: account.user.display + " · " + hostOf(account.origin) });
      }
    } catch (error) {
      if (error.code !== "pairing-burned") throw error;
      go("result", { status: "burned" });
    }
  });
}

async function answer({ account, id }, word, number) {
  await attempt(async () => {
    try {
      const { status } = await device.decide(account, id, word, word === "approve" ? number : undefined);
      settle(id);
      go("result", { status, account, id });
    } catch (error) {
      if (error.code === "number-required") return complain(t("numberRequired"));
      if (error.code !== "already-decided") throw error;
      settle(id);
      go("result", { status: marks[error.state] ? error.state : "decided" });
    }
  });
}

async function stop(told) {
  await attempt(async () => {
    try {
      await device.stopCase(told.account, told.id);
    } catch (error) {
      if (!["case-closed", "not-found"].includes(error.code)) throw error;
      cases = cases.filter((c) => c.id !== told.id);
      return go("result", { status: "caseOver" });
    }
    settled.add(told.id);
    cases = cases.filter((c) => c.id !== told.id);
    document.getElementById("news").textContent = "";
    go("result", { status: "stopped" });
  });
}
// settled are the cases that were stopped here: an answer that was on its way may still name them.
const settled = new Set();

// settle takes a request from the list for good: an answer that was on its way when the
// person decided may still name it.
const answered = new Set();
function settle(id) {
  answered.add(id);
  waiting = waiting.filter((r) => r.aid !== id);
  document.getElementById("news").textContent = "";
}

async function unlink(account) {
  if (account.device && !confirm(t("unpairSure", account.organisation.name))) return;
  await attempt(() => device.unpair(account));
  accounts = await store.accounts();
  look();
  draw();
}

async function loadHistory() {
  const mine = screen;
  mine.items = undefined;
  const active = accounts.filter((a) => a.status === "active");
  const all = await Promise.all(active.map(async (account) => (await device.history(account).catch(() => [])).map((entry) => ({ ...entry, account }))));
  mine.items = all.flat().sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at));
  if (screen === mine) draw();
}

// attempt keeps the buttons still while something is under way.
let busy = false;
async function attempt(work) {
  busy = true;
  const buttons = [...view.querySelectorAll("button")].filter((b) => !b.disabled);
  for (const b of buttons) b.disabled = true;
  try {
    await work();
  } catch (error) {
    console.warn(error);
    complain(t("failed", error.message));
  }
  for (const b of buttons) b.disabled = false;
  busy = false;
}

// ---- Looking for requests ----

let looking = false, lookAgain = false;
async function look(woken = false) {
  if (!woken && document.visibilityState !== "visible") return;
  if (looking) {
    lookAgain ||= woken; // a push may tell of something newer than what is being fetched
    return;
  }
  looking = true;
  const before = seen();
  let trouble = "";
  const found = [], told = [];
  for (const account of accounts.filter((a) => a.device)) {
    try {
      if (account.status !== "active") await device.refresh(account);
      if (account.status !== "active") continue;
      const asked = await device.requests(account), helped = await device.cases(account);
      found.push(...asked);
      told.push(...helped.map((c) => ({ ...c, account })));
    } catch (error) {
      told.push(...cases.filter((c) => c.account.codeHash === account.codeHash));
      found.push(...waiting.filter((r) => r.account.codeHash === account.codeHash && left(r) > 0));
      trouble = [401, 404].includes(error.status) ? t("gone") : t("trouble");
      if (account.status !== "active" && [401, 404].includes(error.status)) {
        await store.remove(account); // its pairing ended before it was let in
        accounts = await store.accounts();
      }
    }
  }
  looking = false;
  const shown = waiting.find((r) => r.aid === screen.id);
  waiting = found.filter((r) => !answered.has(r.aid)).sort((a, b) => a.iat - b.iat);
  // The same person may have two accounts on this phone, of which each tells of the case.
  cases = told.filter((c, i) => c.state !== "stopped" && !settled.has(c.id) && told.findIndex((other) => other.id === c.id) === i);
  document.title = cases.length ? "(!) " + t("caseTitle") : waiting.length ? "(" + waiting.length + ") " + t("title") : t("app");
  // Answered on another phone, taken back, or out of time.
  if (!trouble && !busy && screen.name === "request" && !waiting.some((r) => r.aid === screen.id)) {
    go("result", { status: shown && left(shown) > 1 ? "decided" : "expired" });
  }
  if (before !== seen()) changed();
  if (!trouble && !busy && screen.name === "case" && !cases.some((c) => c.id === screen.id)) go("result", { status: "caseOver" });
  if (trouble || alertBox.textContent === t("trouble")) complain(trouble);
  if (lookAgain) {
    lookAgain = false;
    look(true);
  }
}

// seen is all of what a look can change.
const seen = () => [...accounts.map((a) => a.codeHash + a.status), ...waiting.map((r) => r.aid), ...cases.map((c) => c.id + c.state)].join();

// changed shows what is new, and says it to who cannot see it. Whoever is typing a number or
// a link is not disturbed.
function changed() {
  document.getElementById("news").textContent = headline();
  const typing = document.activeElement?.matches("input") && view.contains(document.activeElement);
  if (["home", "accounts"].includes(screen.name) && !typing && !filming()) {
    const held = view.contains(document.activeElement);
    draw();
    if (held) view.focus({ preventScroll: true }); // what had the focus is gone
  } else {
    drawBars();
  }
}

const inboxes = new Map();
function follow() {
  if (!document.body.dataset.inbox) return;
  for (const account of accounts.filter((a) => a.device && !inboxes.has(a.codeHash))) inboxes.set(account.codeHash, device.listen(account, () => look(true)));
}

async function tick() {
  for (const time of document.querySelectorAll("[data-ends]")) {
    const seconds = Math.max(0, Math.round((time.dataset.ends - Date.now()) / 1000));
    time.textContent = "words" in time.dataset ? t("left", clock(seconds)) : clock(seconds);
    if (seconds === 0 && ["home", "request"].includes(screen.name)) {
      waiting = waiting.filter((r) => left(r) > 0);
      draw();
      return;
    }
  }
  const seconds = Date.now() / 1000;
  for (const ring of document.querySelectorAll("[data-ring]")) ring.style.setProperty("--part", String((30 - (seconds % 30)) / 30));
  for (const output of document.querySelectorAll("[data-totp]")) {
    const code = await totp(accounts.find((a) => a.codeHash === output.dataset.totp).totp, seconds);
    const spaced = code.slice(0, 3) + " " + code.slice(3);
    if (output.textContent !== spaced) output.textContent = spaced;
  }
}

// ---- Start ----

function follower() {
  if (!location.hash.startsWith("#pair=")) return;
  const link = location.hash;
  globalThis.history.replaceState(null, "", location.pathname); // the code is not for the history
  offer(link);
}

document.documentElement.lang = language;
document.querySelector(".tabs").setAttribute("aria-label", t("app"));
if (!crypto.subtle) complain("This phone needs https or localhost.");
accounts = await store.accounts();
draw();
follower();
follow();
look();
addEventListener("hashchange", follower);
document.addEventListener("visibilitychange", () => look());
addEventListener("online", () => look());
setInterval(tick, 1000);
// A request that came without a push, because the person was asked often, is found too.
setInterval(() => look(), 5000);
