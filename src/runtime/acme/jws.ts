/** Requests of ACME are signed (RFC 8555 section 6.2): JWS in its flattened form (RFC 7515), with ES256. */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";

export interface AccountKey {
  readonly privateKey: KeyObject;
  /** As in a JWS's header: nothing but the required members, in the order of RFC 7638. */
  readonly jwk: Readonly<Record<"crv" | "kty" | "x" | "y", string>>;
}

/** The account that signs: by its key when it is made, by its address from then on. */
export type Signer = { readonly key: AccountKey; readonly kid: string | null };

export function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

export function accountKey(pem: string): AccountKey {
  const privateKey = createPrivateKey(pem);
  const { crv = "", kty = "", x = "", y = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  return { privateKey, jwk: { crv, kty, x, y } };
}

/** @param payload null for POST-as-GET (RFC 8555 section 6.3) */
export function signed(
  payload: object | null,
  { signer: { key, kid }, url, nonce }: { readonly signer: Signer; readonly url: string; readonly nonce: string },
): string {
  const header = { alg: "ES256", nonce, url, ...(kid === null ? { jwk: key.jwk } : { kid }) };
  const head = base64url(JSON.stringify(header));
  const body = payload === null ? "" : base64url(JSON.stringify(payload));
  const signature = sign("sha256", Buffer.from(`${head}.${body}`), { key: key.privateKey, dsaEncoding: "ieee-p1363" });
  return JSON.stringify({ protected: head, payload: body, signature: signature.toString("base64url") });
}

/** An account at the authority that is no ACME account, and its key (RFC 8555 section 7.3.4). */
export interface ExternalAccount {
  readonly keyId: string;
  readonly hmacKey: Buffer;
}

/** Says that the account of a key belongs to one that the authority has by other ways. */
export function externalBinding(
  { keyId, hmacKey }: ExternalAccount,
  { key, url }: { readonly key: AccountKey; readonly url: string },
): object {
  const head = base64url(JSON.stringify({ alg: "HS256", kid: keyId, url }));
  const payload = base64url(JSON.stringify(key.jwk));
  const signature = createHmac("sha256", hmacKey).update(`${head}.${payload}`).digest("base64url");
  return { protected: head, payload, signature };
}

/** What proves that the account answers a challenge (RFC 8555 section 8.1). */
export function keyAuthorization(token: string, { jwk }: AccountKey): string {
  return `${token}.${createHash("sha256").update(JSON.stringify(jwk)).digest("base64url")}`;
}

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
