/**
 * Secrets of accounts: clear text, or scrypt in the PHC string format (RFC 7914,
 * https://github.com/P-H-C/phc-string-format): `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, base64 without padding.
 *
 * Passwords are compared byte for byte as UTF-8; no SASLprep (RFC 4013) is applied.
 */
import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { FairQueue, type QueuePlace } from "./fair-queue.ts";

/** A secret that cannot be used. The message says why and never holds the secret. */
export class SecretError extends Error {
  readonly code = "invalid-secret";

  constructor(message: string) {
    super(message);
    this.name = "SecretError";
  }
}

interface ClearSecret {
  readonly kind: "clear";
  readonly digest: Buffer;
}

interface ScryptSecret {
  readonly kind: "scrypt";
  /** Binary logarithm of N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export type Secret = ClearSecret | ScryptSecret;

/** Largest parameters taken from a hash: one check may not take more than 1 GiB, or some seconds of a core. */
const LIMITS = { ln: 20, r: 32, p: 16, memory: 2 ** 30, work: 2 ** 24 };

const COST = { ln: 15, r: 8, p: 1 };

/**
 * libuv has four threads for all of the process unless UV_THREADPOOL_SIZE says otherwise, and files and names need some
 * of them: therefore one queue for the process, and two checks at once. 256 waiting ones take about ten seconds. Clients
 * take turns in it, by address.
 */
const queue = new FairQueue({ concurrency: 2, waiting: 256 });

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const FOREIGN_SCHEME = /^\$(\d[abxy]?|y|gy|argon2[a-z]*|pbkdf2[a-z0-9-]*|bcrypt[a-z0-9-]*|sha1|md5)\$/;

/** Reads a secret. @throws SecretError when it is empty, of an unknown scheme, malformed, or too costly. */
export function parseSecret(text: string): Secret {
  if (text === "") throw new SecretError("The secret is empty; give a password or a scrypt hash.");
  const foreign = FOREIGN_SCHEME.exec(text);
  if (foreign) {
    throw new SecretError(`Hashes of the scheme "${foreign[1]}" are not supported; give a scrypt hash.`);
  }
  if (!text.startsWith("$scrypt$")) return { kind: "clear", digest: digest(text) };
  const fields = PHC.exec(text);
  if (!fields) {
    throw new SecretError(
      "The scrypt hash is malformed; expected $scrypt$ln=15,r=8,p=1$salt$hash with base64 without padding.",
    );
  }
  const [, ln, r, p, salt = "", hash = ""] = fields;
  const secret: Secret = {
    kind: "scrypt",
    ln: Number(ln),
    r: Number(r),
    p: Number(p),
    salt: fromBase64(salt, { name: "salt", least: 8 }),
    hash: fromBase64(hash, { name: "hash", least: 16 }),
  };
  refuseCostly(secret);
  return secret;
}

/** Makes the scrypt hash that an account's `secret` may be (ln=15, r=8, p=1: 32 MiB). @throws QueueFullError */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, { ...COST, salt, length: 32 });
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${toBase64(salt)}$${toBase64(hash)}`;
}

/**
 * Whether the password fits the secret, in a time that does not depend on where they differ.
 * @param place whose turn it is among the checks that wait: a client's address is a good line.
 * @throws SecretError for a secret that cannot be used, QueueFullError when too many checks wait (a temporary failure), the
 *   signal's reason when it is aborted while the check waits.
 */
export async function verifyPassword(
  secret: string | Secret,
  password: string,
  place: QueuePlace = {},
): Promise<boolean> {
  const known = typeof secret === "string" ? parseSecret(secret) : secret;
  if (known.kind === "clear") return timingSafeEqual(known.digest, digest(password));
  const hash = await derive(password, { ...known, length: known.hash.length }, place);
  return timingSafeEqual(known.hash, hash);
}

/** N·r·p, to which the time of a check is proportional; 0 for clear text. */
export function costOf(secret: Secret): number {
  return secret.kind === "clear" ? 0 : 2 ** secret.ln * secret.r * secret.p;
}

/** A secret that no password fits and that takes as long to check as the given one. */
export function decoyOf(secret: Secret | undefined): Secret {
  if (secret?.kind !== "scrypt") return { kind: "clear", digest: randomBytes(32) };
  return { ...secret, salt: randomBytes(secret.salt.length), hash: randomBytes(secret.hash.length) };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}

interface Derivation {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly length: number;
}

function derive(password: string, { ln, r, p, salt, length }: Derivation, place?: QueuePlace): Promise<Buffer> {
  const options = { N: 2 ** ln, r, p, maxmem: 128 * r * (2 ** ln + p) + 2 ** 20 };
  return queue.run(
    () =>
      new Promise((resolve, reject) => {
        scrypt(password, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
      }),
    place,
  );
}

function refuseCostly({ ln, r, p }: ScryptSecret): void {
  if (ln < 1 || r < 1 || p < 1) throw new SecretError("The scrypt hash's ln, r and p must be at least 1.");
  if (ln > LIMITS.ln || r > LIMITS.r || p > LIMITS.p) {
    throw new SecretError(
      `The scrypt hash asks for ln=${ln}, r=${r}, p=${p}; at most ln=${LIMITS.ln}, r=${LIMITS.r}, p=${LIMITS.p} is taken.`,
    );
  }
  if (128 * 2 ** ln * r > LIMITS.memory || 2 ** ln * r * p > LIMITS.work) {
    throw new SecretError(
      `The scrypt hash's ln=${ln}, r=${r}, p=${p} together take too much memory or time; ln=15, r=8, p=1 is usual.`,
    );
  }
}

function toBase64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

function fromBase64(text: string, { name, least }: { name: string; least: number }): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (toBase64(bytes) !== text || bytes.length < least || bytes.length > 64) {
    throw new SecretError(`The scrypt hash's ${name} must be ${least} to 64 octets in base64 without padding.`);
  }
  return bytes;
}
