// Plays the browser for examples_test.go: what wait.mjs uses of a window, a jar of cookies,
// and a person who reads the page aloud.
import { randomBytes } from "node:crypto";
import { request as dial } from "node:http";

const [page, email, way] = process.argv.slice(2);
const jar = new Map();
const network = globalThis.fetch;

globalThis.document = { visibilityState: "visible", addEventListener() {} };
globalThis.addEventListener = () => {};
globalThis.fetch = async (address, options = {}) => {
  const url = new URL(address, page), home = url.origin === page && !options.stranger;
  const headers = { ...options.headers, Origin: page };
  if (home) Object.assign(headers, { "Sec-Fetch-Site": "same-origin", Cookie: [...jar].map((one) => one.join("=")).join("; ") });
  const answer = await network(url, { ...options, headers });
  if (home) for (const one of answer.headers.getSetCookie()) jar.set(...one.split(";")[0].split("="));
  return answer;
};

// Socket is a WebSocket that sends an Origin, as a browser's does; Node's own does not.
class Socket {
  constructor(address, protocols) {
    this.readyState = 0;
    const call = dial(address.replace(/^ws/, "http"), { headers: {
      Connection: "Upgrade", Upgrade: "websocket", Origin: page, "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": randomBytes(16).toString("base64"), "Sec-WebSocket-Protocol": protocols.join(", "),
    } });
    call.on("response", (answer) => { answer.resume(); this.gone(1006); });
    call.on("error", () => this.gone(1006));
    call.on("upgrade", (answer, wire, head) => {
      if (answer.headers["sec-websocket-protocol"] !== "aye.v1") return wire.destroy();
      Object.assign(this, { wire, rest: Buffer.alloc(0), readyState: 1 });
      wire.on("close", () => this.gone(1006));
      wire.on("error", () => this.gone(1006));
      wire.on("data", (chunk) => this.read(chunk));
      this.onopen?.();
      this.read(head);
    });
    call.end();
  }

  read(chunk) {
    this.rest = Buffer.concat([this.rest, chunk]);
    for (;;) {
      const b = this.rest;
      if (b.length < 2) return;
      const short = b[1] & 127, from = short === 126 ? 4 : 2;
      const size = short === 126 && b.length >= 4 ? b.readUInt16BE(2) : short;
      if (b.length < from || b.length < from + size) return;
      const kind = b[0] & 15, content = b.subarray(from, from + size);
      this.rest = b.subarray(from + size);
      if (kind === 1) this.onmessage?.({ data: content.toString() });
      if (kind === 8) return this.gone(content.readUInt16BE(0));
      if (kind === 9) this.wire.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
    }
  }

  gone(code) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.wire?.destroy();
    this.onclose?.({ code });
  }

  close() { this.gone(1000); }
}
globalThis.WebSocket = way === "websocket" ? Socket : class { constructor() { throw new Error("blocked by a proxy"); } };

function must(true_, what) {
  if (!true_) throw new Error(what);
}

async function post(path, body, options = {}) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), ...options });
  return answer.json();
}

const { waitFor } = await import("data:text/javascript;base64," + Buffer.from(await (await fetch("/wait.mjs")).text()).toString("base64"));
must((await (await fetch("/")).text()).includes("./wait.mjs"), "the page is not served");

let asked = await post("/login", { email, password: "open sesame" });
must(asked.type === "pairing", "a person without a phone is not asked to link one");
console.log("Scan this with the app: " + asked.url);
const linked = await waitFor(asked, () => {});
must(linked.status === "paired", "linking ended as " + linked.status);

asked = await post("/login", { email, password: "open sesame" });
must(asked.type === "approval", "no approval: " + asked.error);
console.log("Type this number on the phone: " + asked.number);
const seen = [];
const end = await waitFor(asked, (state) => seen.push(state.status));
must(end.release_code?.length === 43 && seen.at(-1) === "approved", "the wait ended as " + end.status);

const thief = await post("/release", { release_code: end.release_code }, { stranger: true });
must(thief.error && !thief.display, "another browser was let in with a stolen code");
const person = await post("/release", { release_code: end.release_code });
must((await post("/whoami", {})).display === person.display && person.display, "not let in: " + person.error);
console.log("Welcome, " + person.display);

must((await fetch("/webhook", { method: "POST", body: "{}" })).status === 401, "an unsigned webhook was taken");
console.log("Now say on the phone: this was not me.");
for (let tries = 0; (await post("/whoami", {})).display; tries++) {
  must(tries < 200, "the login was reported and is still open");
  await new Promise((resolve) => setTimeout(resolve, 100));
}
console.log("Logged out.");
