/** Who asks: an account by Basic, or by the cookie of a browser that has logged in; a program by a token. */
import { createHmac, randomBytes } from "node:crypto";
import type { Identity, LoginAttempt } from "../../protocols/backend.ts";
import { checkedIdentity } from "../../protocols/checked-identity.ts";
import type { LoginFailures } from "../../protocols/login-failures.ts";
import type { ConnectionFacts } from "../../protocols/protocol.ts";
import { RecencyMap } from "../../protocols/recency-map.ts";
import type { Clock } from "../../runtime/time/clock.ts";
import type { Asked } from "./asked.ts";
import { readAuthorization } from "./credentials.ts";
import { isLoopback } from "./loopback.ts";
import { type Grant, grantOf } from "./permissions.ts";
import { granted, type Judged, refused } from "./refusal.ts";
import { tokenName } from "./tokens.ts";

/** Milliseconds for which a name and password that were right need not be checked again: that costs 50 ms of a core. */
const rememberedFor = 60_000;
const mostRemembered = 64;

export interface AuthenticationOptions {
  /** Undefined: nobody has a password. */
  authenticate(attempt: LoginAttempt): Identity | null | Promise<Identity | null>;
  /** What a token grants; null for none that was given out. */
  token(text: string): Grant | null | Promise<Grant | null>;
  /** Failed log-ins by address, those of mail protocols included. */
  readonly failures: LoginFailures;
  readonly clock: Clock;
  /** The document in force: with another one nothing is remembered. */
  document(): unknown;
  failed(attempt: {
    readonly mechanism: string;
    readonly username: string;
    readonly connection: ConnectionFacts;
  }): void;
  backendFailed(error: unknown, connection: ConnectionFacts): void;
}

export type Asker = Pick<Asked, "facts">;

/** Whether the credentials can be overheard: whoever holds a password, a token or a cookie can use it. */
export function judgeWire({ tls, peer }: ConnectionFacts): Judged<null> {
  if (tls !== null || isLoopback(peer.address)) return granted(null);
  return refused(403, "Passwords and tokens are taken under TLS, or from this machine only: ask an address of https.");
}

const wrong = refused(401, "The name and the password, or the token, are not right.");

export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #key = randomBytes(32);
  #remembered = new RecencyMap<{ readonly grant: Grant; readonly until: number }>();
  #document: unknown = null;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /** What the field `Authorization` grants. */
  async byHeader(field: string, asker: Asker): Promise<Judged<Grant>> {
    const credentials = readAuthorization(field);
    if (credentials === null)
      return refused(401, "Authorization must be Basic with a name and a password, or Bearer with a token.");
    if (credentials.scheme === "basic") return this.byPassword("BASIC", credentials, asker);
    const onWire = judgeWire(asker.facts);
    if (!onWire.ok) return onWire;
    const { token } = credentials;
    // Nobody can guess one: earlier failures of an address do not hold up what is right.
    const attempt = { username: tokenName(token) ?? "", asker, heldUp: false };
    return this.#delayed("BEARER", attempt, () => this.#options.token(token));
  }

  /** Whether a token that was taken before still counts. */
  async knowsToken(token: string): Promise<boolean> {
    return (await this.#options.token(token)) !== null;
  }

  /** What a name with a password grants. */
  async byPassword(
    mechanism: string,
    { username, password }: { readonly username: string; readonly password: string },
    asker: Asker,
  ): Promise<Judged<Grant>> {
    const { facts } = asker;
    const onWire = judgeWire(facts);
    if (!onWire.ok) return onWire;
    const digest = createHmac("sha256", this.#key).update(`${username}\0${password}`).digest("base64");
    const document = this.#options.document();
    const known = this.#recall(digest);
    if (known) return granted(known);
    const attempt = { mechanism, username, password, connection: facts, signal: facts.signal };
    const judged = await this.#delayed(mechanism, { username, asker, heldUp: true }, async () => {
      const identity = checkedIdentity("authenticate", await this.#options.authenticate(attempt));
      return identity && (grantOf(identity) ?? "nothing");
    });
    // Not what was right by a document that has gone meanwhile.
    if (judged.ok && this.#options.document() === document) this.#remember(digest, judged.value);
    return judged;
  }

  /** As in every protocol: earlier failures of the address hold the attempt up, and its own failure delays the answer. */
  async #delayed(
    mechanism: string,
    { username, asker, heldUp }: { readonly username: string; readonly asker: Asker; readonly heldUp: boolean },
    check: () => Promise<Grant | "nothing" | null> | Grant | null,
  ): Promise<Judged<Grant>> {
    const { failures, clock } = this.#options;
    const { facts } = asker;
    // Everybody behind a proxy would wait for one of them.
    const { signal, clientAddress: address } = facts;
    const gone = refused(503, "The request was given up.");
    const remaining = heldUp ? failures.remaining(address, clock.now()) : 0;
    if (!(await this.#wait(remaining, signal))) return gone;
    let found: Grant | "nothing" | null;
    try {
      found = await check();
    } catch (error) {
      if (signal.aborted) return gone;
      this.#options.backendFailed(error, facts);
      return refused(503, "Whoever knows the accounts does not answer; try again later.");
    }
    if (found === "nothing") return refused(403, "This account has neither the role admin nor observer.");
    if (found !== null) return granted(found);
    this.#options.failed({ mechanism, username: username.slice(0, 255), connection: facts });
    await this.#wait(failures.failed(address, clock.now()), signal);
    return wrong;
  }

  /** @returns false where nobody waits any more. */
  async #wait(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (milliseconds === 0 || signal.aborted) return !signal.aborted;
    const { clock } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = clock.setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    clock.clearTimeout(timer);
    return !signal.aborted;
  }

  #recall(digest: string): Grant | null {
    const document = this.#options.document();
    if (document !== this.#document) this.#remembered = new RecencyMap();
    this.#document = document;
    const known = this.#remembered.get(digest);
    return known && known.until > this.#options.clock.now() ? known.grant : null;
  }

  #remember(digest: string, grant: Grant): void {
    this.#remembered.set(digest, { grant, until: this.#options.clock.now() + rememberedFor });
    if (this.#remembered.size > mostRemembered) this.#remembered.deleteOldest();
  }
}
