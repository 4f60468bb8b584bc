/** Browsers that have logged in: a cookie that no script can read stands for what was granted. */
import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "../../runtime/time/clock.ts";
import type { Grant } from "./permissions.ts";

/** Milliseconds: without a request, and in all. */
const idleFor = 30 * 60_000;
const lastsFor = 12 * 60 * 60_000;
/** Of all accounts; beyond it the one that was not used for longest ends. */
const mostSessions = 1_000;

interface BrowserSession {
  readonly grant: Grant;
  readonly ends: number;
  idleUntil: number;
}

export class BrowserSessions {
  readonly #clock: Clock;
  /** The one used last comes last. What is kept is a digest: a look into the memory gives no cookie. */
  readonly #sessions = new Map<string, BrowserSession>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns the cookie's value, known this one time only. */
  begin(grant: Grant): string {
    const secret = randomBytes(32).toString("base64url");
    const now = this.#clock.now();
    this.#sessions.set(digest(secret), { grant, ends: now + lastsFor, idleUntil: now + idleFor });
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > mostSessions && oldest !== undefined) this.#sessions.delete(oldest);
    return secret;
  }

  /** Null for one that was never given out, or has ended. */
  grantOf(secret: string): Grant | null {
    const key = digest(secret);
    const session = this.#sessions.get(key);
    if (!session) return null;
    this.#sessions.delete(key);
    const now = this.#clock.now();
    if (now >= session.ends || now >= session.idleUntil) return null;
    session.idleUntil = now + idleFor;
    this.#sessions.set(key, session);
    return session.grant;
  }

  end(secret: string): void {
    this.#sessions.delete(digest(secret));
  }

  /** Those that the judge does not let go on end. */
  endUnless(mayGoOn: (grant: Grant) => boolean): void {
    for (const [key, { grant }] of this.#sessions) if (!mayGoOn(grant)) this.#sessions.delete(key);
  }
}

function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("base64");
}

const name = "gatehouse-session";

/** The cookie of a field `Cookie` (RFC 6265 section 4.2); null without one. */
export function sessionCookie(field: string | undefined): string | null {
  for (const pair of (field ?? "").split(";")) {
    const [key = "", ...value] = pair.trim().split("=");
    if (key === name || key === `__Host-${name}`) return value.join("=");
  }
  return null;
}

/** `__Host-` binds it to this host and to TLS. Without a value: the one that ends it. */
export function setCookie(secret: string | null, secure: boolean): string {
  const prefix = secure ? "__Host-" : "";
  const age = secret === null ? 0 : lastsFor / 1_000;
  return `${prefix}${name}=${secret ?? ""}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
}
