// The phone's side of the protocol: pairing, calls with a proof, requests and decisions.
import * as jose from "./jose.js";
import * as store from "./store.js";

const now = () => Math.floor(Date.now() / 1000);
const config = document.body.dataset;

// Refused is the server's answer as problem+json.
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || "HTTP " + status);
    this.status = status;
    this.code = problem.code ?? "http-" + status;
    this.state = problem.state?.status ?? problem.state;
  }
}

async function exchange(method, address, headers, body) {
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(address, { method, headers, body, cache: "no-store", redirect: "error", credentials: "omit", signal: AbortSignal.timeout(15000) });
  const text = await response.text();
  let answer = {};
  try { answer = text ? JSON.parse(text) : {}; } catch { /* something in between answered */ }
  if (response.ok) return answer;
  const refused = new Refused(response.status, answer);
  refused.nonce = response.headers.get("Aye-Nonce");
  throw refused;
}

// call proves with the device key that it is this phone that calls. A server that finds the
// clock wrong gives a nonce, and the call is made again with it.
async function call(account, method, path, content) {
  const body = content && JSON.stringify(content);
  let nonce;
  for (let tries = 0; ; tries++) {
    const claims = { iss: account.device, aud: account.origin, htm: method, htu: account.origin + path.split("?")[0], iat: now(), jti: jose.random() };
    if (body) claims.bh = await jose.hash(body);
    if (nonce) claims.nonce = nonce;
    const proof = await jose.sign(account.deviceKey, "aye-proof+jwt", account.device, claims);
    try {
      return await exchange(method, account.origin + path, { Authorization: "Bearer " + proof }, body);
    } catch (error) {
      if (tries >= 2 || error.code !== "use-nonce" || !error.nonce) throw error;
      nonce = error.nonce;
    }
  }
}

// insist repeats a call whose answer was lost; it must mean the same when it arrives twice.
async function insist(work) {
  for (const pause of [300, 1000, 3000]) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refused && error.status < 500 && error.status !== 429) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return work();
}

// ---- Pairing ----

// readLink finds a pairing link in what was scanned, pasted or followed.
export function readLink(text) {
  let link = text.trim();
  const own = link.match(/#pair=(.+)$/);
  if (own) link = decodeURIComponent(own[1]);
  const url = new URL(link);
  const [version, code, pinned, ...rest] = url.hash.slice(1).split(".");
  if (url.pathname !== "/p" || version !== "1" || code?.length !== 43 || pinned?.length !== 43 || rest.length) throw new Error("not a pairing link");
  const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|.+\.localhost)$/.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && local)) throw new Error("not a safe link");
  return { origin: url.origin, code, pinned };
}

function agent() {
  const data = navigator.userAgent;
  const browser = /Firefox\/(\d+)/.exec(data) ? "Firefox" : /Edg\//.test(data) ? "Edge" : /Chrom/.test(data) ? "Chrome" : /Safari/.test(data) ? "Safari" : "Browser";
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(data)?.[0] ?? "web";
  return { model: browser + " (" + system + ")", system };
}

// pair links this phone. The keys are stored before the call, so that a repetition after a
// lost answer uses the same ones and does not burn the code.
export async function pair(link, locale) {
  const codeHash = await jose.hash(link.code);
  let account = await store.account(codeHash);
  if (!account) {
    account = { ...link, codeHash, deviceKey: await jose.newKey(), approvalKey: await jose.newKey(), address: jose.random(), challenges: {} };
    await store.save(account);
  }
  if (account.status === "active") return account;
  const claim = await claimOf(account, locale);
  let answer;
  try {
    answer = await insist(() => exchange("POST", account.origin + "/v1/devices", {}, JSON.stringify({ code: link.code, claim })));
  } catch (error) {
    if (!account.device && error instanceof Refused && error.status < 500 && error.status !== 429) await store.remove(account);
    throw error;
  }
  if (answer.server.origin !== account.origin) throw new Error("another server answered");
  const prints = await Promise.all(answer.server.jwks.keys.map((key) => (key.kty === "EC" ? jose.thumbprint(key) : "")));
  const pinned = answer.server.jwks.keys[prints.indexOf(account.pinned)];
  if (!pinned) throw new Error("the server does not have the key of the QR code");
  Object.assign(account, {
    device: answer.device_id, status: answer.status, user: answer.user, organisation: answer.organisation,
    serverKeys: [pinned], totp: answer.totp.uri,
  });
  await settle(account);
  return account;
}

async function claimOf(account, locale) {
  const device = await jose.publicJWK(account.deviceKey);
  const approval = await jose.publicJWK(account.approvalKey);
  const aud = account.origin, code_hash = account.codeHash;
  const approval_proof = await jose.sign(account.approvalKey, "aye-pair-approval+jwt", await jose.thumbprint(approval),
    { aud, code_hash, device_key: await jose.thumbprint(device) });
  const { model, system } = agent();
  const push = config.inbox
    ? { provider: "fcm", app: config.pushApp, kind: "token", address: account.address }
    : { provider: "none" };
  return jose.sign(account.deviceKey, "aye-pair+jwt", await jose.thumbprint(device), {
    aud, code_hash, device_key: device, approval_key: approval, approval_proof,
    platform: "web", model, os_version: system, app_version: "1.0.0", push, locale, iat: now(),
  });
}

async function settle(account) {
  if (account.status === "active") delete account.code;
  await store.save(account);
}

export async function digits(account) {
  const [device, approval] = await Promise.all([account.deviceKey, account.approvalKey].map(async (key) => jose.thumbprint(await jose.publicJWK(key))));
  return jose.confirmationDigits(account.code, device, approval);
}

// refresh looks whether a phone that waits has been let in.
export async function refresh(account) {
  const device = await call(account, "GET", "/v1/device");
  if (device.status !== account.status) {
    account.status = device.status;
    await settle(account);
  }
}

export async function unpair(account) {
  if (account.device) {
    try {
      await call(account, "DELETE", "/v1/device");
    } catch (error) {
      if (![401, 404].includes(error.status)) throw error; // those mean that the server knows it no more
    }
  }
  await store.remove(account);
}

// ---- Requests ----

// requests gives what waits for an answer, each verified with the key of the QR code or with
// one that came after it by an unbroken chain.
export async function requests(account) {
  const answer = await call(account, "GET", "/v1/device/approvals");
  const serverTime = Date.parse(answer.server_time);
  const received = Date.now();
  await learn(account, answer.keys ?? [], serverTime);
  const list = [];
  for (const { challenge } of answer.approvals) {
    try {
      const claims = await read(account, challenge);
      list.push({ ...claims, account, challenge, ends: received + claims.exp * 1000 - serverTime });
      account.challenges[claims.aid] = { challenge, seen: received };
    } catch (error) {
      console.warn("a request that this server did not sign was not shown", error);
    }
  }
  for (const [id, { seen }] of Object.entries(account.challenges)) {
    if (received - seen > 25 * 3600e3) delete account.challenges[id];
  }
  await store.save(account);
  return list;
}

async function read(account, challenge) {
  const claims = await jose.verify(challenge, "aye-challenge+jwt", account.serverKeys);
  const here = claims.sub === account.user.id && claims.org === account.organisation.id;
  // The same person may be asked by another organisation too.
  if (claims.iss !== account.origin || !(here || (claims.acc && claims.acc === account.user.account))) throw new Error("for another account");
  return claims;
}

async function learn(account, announcements, serverTime) {
  for (let grown = true; grown; ) {
    grown = false;
    for (const text of announcements) {
      try {
        const { iss, jwk, exp } = await jose.verify(text, "aye-key+jwt", account.serverKeys);
        const known = account.serverKeys.some((key) => key.x === jwk.x && key.y === jwk.y);
        if (iss === account.origin && exp * 1000 > serverTime && !known) {
          account.serverKeys.push(jwk);
          grown = true;
        }
      } catch { /* a broken chain leads nowhere */ }
    }
  }
}

// Decisions that are signed and not yet answered: repeating one must not make a second.
const signed = new Map();

export async function decide(account, id, dec, num) {
  const name = [id, dec, num].join(" ");
  if (!signed.has(name)) signed.set(name, await decision(account, id, dec, num));
  const outcome = await insist(() => call(account, "POST", "/v1/approvals/" + id + "/decision", { decision: signed.get(name) }));
  signed.delete(name);
  return outcome;
}

async function decision(account, id, dec, num) {
  const challenge = account.challenges[id].challenge;
  const { sub, org, aid, cn } = await read(account, challenge);
  const key = dec === "approve" ? account.approvalKey : account.deviceKey;
  const claims = {
    iss: account.device, sub, org, aid, cn, aud: account.origin, dec, ctxh: await jose.hash(challenge),
    uv: "none", iat: now(), exp: now() + 120, jti: jose.random(),
  };
  if (num) claims.num = num;
  return jose.sign(key, "aye-decision+jwt", await jose.thumbprint(await jose.publicJWK(key)), claims);
}

export const history = async (account) => (await call(account, "GET", "/v1/device/history")).items;

// ---- Support ----

// cases gives where support helps in this person's name; stopCase says "this was not me", which means the same when it arrives twice.
export const cases = async (account) => (await call(account, "GET", "/v1/device/cases")).cases;
export const stopCase = (account, id) => insist(() => call(account, "POST", "/v1/device/cases/" + encodeURIComponent(id) + "/stop"));

// listen wakes the phone at each push of the stand-in, and when the inbox opens, for what came
// before.
export function listen(account, wake) {
  const source = new EventSource(config.inbox.replace(/\/$/, "") + "/inbox/" + encodeURIComponent(account.address));
  source.onmessage = wake;
  source.onopen = wake;
  return source;
}
