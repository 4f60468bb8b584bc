/** Browsers that have logged in: a cookie that no script can read stands for what was granted. */
import { createHash, randomBytes } from "node:crypto";
import { canonicalAddress } from "../../config/addresses/canonical-address.ts";
import type { Configuration } from "../../config/index.ts";
import { RecencyMap } from "../../protocols/recency-map.ts";
import type { Clock } from "../../runtime/time/clock.ts";
import type { Asked } from "./asked.ts";
import type { Grant } from "./permissions.ts";

/** Milliseconds: without a request, and in all. */
const idleFor = 30 * 60_000;
const lastsFor = 12 * 60 * 60_000;
/** Of all accounts; beyond it the one that was not used for longest ends. */
const mostSessions = 1_000;

interface BrowserSession {
  readonly grant: Grant;
  /** Of its account at the log-in. */
  readonly account: string;
  readonly ends: number;
  idleUntil: number;
}

/** What the document in force says of an account: another text when its password or its roles are others. */
export type AccountStates = (grant: Grant) => string;

export function accountStates({ configuration }: { readonly configuration: Configuration }): AccountStates {
  return ({ who }) => {
    const name = canonicalAddress(who.name).text;
    const account = configuration.accounts.find(({ address }) => address === name);
    return account ? digest(JSON.stringify([account.secret, account.roles])) : "";
  };
}

export class BrowserSessions {
  readonly #clock: Clock;
  /** What is kept is a digest: a look into the memory gives no cookie. */
  readonly #sessions = new RecencyMap<BrowserSession>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns the cookie's value, known this one time only. */
  begin(grant: Grant, accounts: AccountStates): string {
    const secret = randomBytes(32).toString("base64url");
    const now = this.#clock.now();
    this.#sessions.set(digest(secret), {
      grant,
      account: accounts(grant),
      ends: now + lastsFor,
      idleUntil: now + idleFor,
    });
    if (this.#sessions.size > mostSessions) this.#sessions.deleteOldest();
    return secret;
  }

  /** Null for one that was never given out, or has ended: with its time, or with a change of its account. */
  grantOf(secret: string, accounts: AccountStates): Grant | null {
    const key = digest(secret);
    const session = this.#sessions.get(key);
    if (!session) return null;
    this.#sessions.delete(key);
    const now = this.#clock.now();
    if (now >= session.ends || now >= session.idleUntil) return null;
    if (accounts(session.grant) !== session.account) return null;
    session.idleUntil = now + idleFor;
    this.#sessions.set(key, session);
    return session.grant;
  }

  end(secret: string): void {
    this.#sessions.delete(digest(secret));
  }
}

function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("base64");
}

const plainName = "gatehouse-session";
/** Bound to this host and to TLS: another host of the domain cannot set it, nor can a page in clear. */
const secureName = `__Host-${plainName}`;

/** Whether the browser speaks TLS: with this server, or with a proxy before it, as the page's own origin says. */
export function isSecure({ facts, field }: Pick<Asked, "facts" | "field">): boolean {
  return facts.tls !== null || /^https:/i.test(field("origin") ?? "");
}

/** The cookie of a request (RFC 6265 section 4.2); null without one. Under TLS only the one that is bound to it counts. */
export function sessionCookie({ facts, field }: Pick<Asked, "facts" | "field">): string | null {
  const pairs = (field("cookie") ?? "").split(";").map((pair) => {
    const [key = "", ...value] = pair.trim().split("=");
    return [key, value.join("=")] as const;
  });
  const named = (name: string) => pairs.find(([key]) => key === name)?.[1];
  return named(secureName) ?? (facts.tls === null ? named(plainName) : undefined) ?? null;
}

/** Without a value: the one that ends it. */
export function setCookie(secret: string | null, secure: boolean): string {
  const age = secret === null ? 0 : lastsFor / 1_000;
  const name = secure ? secureName : plainName;
  return `${name}=${secret ?? ""}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
}
