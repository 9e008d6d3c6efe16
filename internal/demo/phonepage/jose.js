// Signatures and derivations of docs/protocol.md on WebCrypto, which signs as JWS wants it:
// 64 bytes r || s.
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const ES256 = { name: "ECDSA", hash: "SHA-256" };
const text = new TextEncoder();

export const encode = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// decode takes only the one right spelling of the bytes.
export function decode(string) {
  if (!/^[A-Za-z0-9_-]*$/.test(string)) throw new Error("not base64url");
  const bytes = Uint8Array.from(atob(string.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  if (encode(bytes) !== string) throw new Error("not base64url");
  return bytes;
}

const digest = (string) => crypto.subtle.digest("SHA-256", text.encode(string));
export const hash = async (string) => encode(await digest(string));
export const random = (bytes = 24) => encode(crypto.getRandomValues(new Uint8Array(bytes)));

// newKey makes a key whose private half never leaves the browser's keeping.
export const newKey = () => crypto.subtle.generateKey(P256, false, ["sign", "verify"]);

export async function publicJWK(pair) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { kty, crv, x, y };
}

export const thumbprint = ({ crv, kty, x, y }) => hash(JSON.stringify({ crv, kty, x, y }));

export async function sign(pair, typ, kid, claims) {
  const input = [{ alg: "ES256", typ, kid }, claims].map((part) => encode(text.encode(JSON.stringify(part)))).join(".");
  return input + "." + encode(await crypto.subtle.sign(ES256, pair.privateKey, text.encode(input)));
}

// verify gives the claims of a text that one of the known keys signed, and throws for any other.
export async function verify(jws, typ, known) {
  const parts = jws.split(".");
  if (parts.length !== 3 || jws.length > 32768) throw new Error("not a compact JWS");
  const [head, body, signature] = parts.map(decode);
  const written = new TextDecoder("utf-8", { fatal: true }).decode(head);
  const header = JSON.parse(written);
  // Three members, each once: "crit", "jwk" and "x5u" never get a chance.
  const members = Object.keys(header).length;
  if (members !== 3 || written.split('":').length !== 4 || header.alg !== "ES256" || header.typ !== typ) throw new Error("not a " + typ);
  for (const jwk of known) {
    if (header.kid !== (await thumbprint(jwk))) continue;
    const { kty, crv, x, y } = jwk;
    const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, P256, false, ["verify"]);
    const good = signature.length === 64 && (await crypto.subtle.verify(ES256, key, signature, text.encode(parts[0] + "." + parts[1])));
    if (good) return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  }
  throw new Error("not signed by a known key");
}

// totp is RFC 6238 with SHA-1, six digits and 30 seconds.
export async function totp(uri, seconds) {
  const letters = new URL(uri).searchParams.get("secret").toUpperCase().replace(/=+$/, "");
  let bits = "";
  for (const letter of letters) bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0");
  const raw = Uint8Array.from(bits.match(/.{8}/g), (b) => parseInt(b, 2));
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(seconds / 30)));
  const mac = new DataView(await crypto.subtle.sign("HMAC", key, counter.buffer));
  const value = mac.getUint32(mac.getUint8(19) & 15) & 0x7fffffff;
  return String(value % 1000000).padStart(6, "0");
}

export async function confirmationDigits(code, device, approval) {
  const sum = await digest("aye-confirm-v1\n" + code + "\n" + device + "\n" + approval);
  return String(new DataView(sum).getBigUint64(0) % 1000000n).padStart(6, "0");
}
