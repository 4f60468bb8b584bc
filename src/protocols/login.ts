/**
 * Logging in, the same for every protocol: a SASL exchange or a name with a password, the question to the backend, the
 * count of failures and the delay after them. A protocol adds its words and its chart.
 */
import { errorOf } from "../config/values/thrown.ts";
import type { EndCause } from "../machines/causes.ts";
import type { Backend, Identity } from "./backend.ts";
import { checkedIdentity } from "./checked-identity.ts";
import { checkedSession } from "./contract-error.ts";
import type { LoginFailures } from "./login-failures.ts";
import type { ClientCertificate, ConnectionFacts, Session, Wire } from "./protocol.ts";
import {
  decodeBase64,
  encodeBase64,
  externalMechanism,
  openSaslExchange,
  type SaslExchange,
  type SaslMechanism,
  type SaslStep,
} from "./sasl.ts";
import { settle } from "./session/question.ts";
import type { TakeOver } from "./take-over.ts";

/** What is the same for all sessions of a protocol. */
export interface LoginSettings {
  readonly backend: Pick<Backend, "authenticate" | "authenticateCertificate">;
  /** In the order in which they are announced. */
  readonly mechanisms: readonly SaslMechanism[];
  /** Passwords may travel in clear. */
  readonly authWithoutTls: boolean;
  /** How many failures end the session. */
  readonly authenticationFailures: number;
  readonly failures: LoginFailures;
  /** The embedder's, who may take the dialogue over after the log-in. */
  readonly takeOver?: TakeOver | undefined;
}

/** What limits a client that has not logged in; the same in every protocol that is of no use without a log-in. */
export interface LoginLimits {
  /** Failures after which the session ends with the cause `authentication-failed`. Default: 3. */
  readonly authenticationFailures: number;
  /**
   * Milliseconds from the greeting within which a client has to log in, whatever it sends; then the session ends with the
   * cause `session-timeout`. Some clients ask their user for the password only once they are connected. Default: 180000.
   */
  readonly loginTimeout: number;
  /** Octets of a line of a SASL exchange. Default: 12288 (RFC 4954 section 4). */
  readonly authLine: number;
}

export const defaultLoginLimits: LoginLimits = Object.freeze({
  authenticationFailures: 3,
  loginTimeout: 180_000,
  authLine: 12_288,
});

/** What the protocol says or does next. */
export type LoginStep =
  /** Send this, in the protocol's own framing; the next line goes to `respond`. */
  | { readonly next: "challenge"; readonly base64: string }
  /** Answer `WAIT`; `outcome()` in a later turn `resume()` tells what came of it. */
  | { readonly next: "wait" }
  /** The exchange is over; no credentials were looked at. */
  | { readonly next: "refused"; readonly reason: "mechanism-unknown" | "malformed" | "cancelled" };

/** What came of credentials. */
export type LoginOutcome =
  | {
      readonly result: "accepted";
      readonly identity: Identity;
      /** The embedder's session, which takes over once the client has its reply. */
      readonly successor: Session | null;
    }
  /** Wrong. When it is the last attempt, the session says so and ends with the cause `authentication-failed`. */
  | { readonly result: "rejected"; readonly last: boolean }
  /** The backend has failed: a temporary error, which counts as no failed attempt. */
  | { readonly result: "unavailable" };

interface PasswordCredentials {
  readonly mechanism: string;
  readonly username: string;
  readonly password: string;
}

interface CertificateCredentials {
  readonly mechanism: string;
  /** For logs: whom the client wants to act as, or the subject of its certificate. */
  readonly username: string;
  readonly certificate: ClientCertificate;
  readonly authorization: string;
}

type Credentials = PasswordCredentials | CertificateCredentials;

/** Where the log-in is. */
type Phase =
  | { readonly at: "rest" }
  /** The client owes a line. */
  | { readonly at: "exchange"; readonly exchange: SaslExchange }
  /** An earlier failure of this address holds this log-in up. */
  | { readonly at: "held"; readonly credentials: Credentials; readonly until: number }
  /** The backend was asked. */
  | { readonly at: "asking"; readonly abort: AbortController }
  | { readonly at: "answered"; readonly outcome: LoginOutcome; readonly until: number }
  | { readonly at: "ended"; readonly cause: EndCause };

const rest: Phase = Object.freeze({ at: "rest" });
const wait: LoginStep = Object.freeze({ next: "wait" });
/** Timers may fire a fraction of a millisecond before their time. */
const timerSlack = 1;
/** What logs get of a name that a peer made up. */
const longestName = 255;

/**
 * The log-ins of one session. Credentials cost the backend one question; while it is asked, and while a delay runs, the
 * session answers `wait`, so that no input is read. It can be drained and can expire meanwhile.
 */
export class Login {
  readonly #wire: Wire;
  readonly #settings: LoginSettings;
  #phase: Phase = rest;
  #failures = 0;

  constructor(wire: Wire, settings: LoginSettings) {
    this.#wire = wire;
    this.#settings = settings;
  }

  /** There is somebody to ask. */
  get available(): boolean {
    return this.#settings.backend.authenticate !== undefined;
  }

  /** Log-ins are announced and taken: there is somebody to ask, and passwords do not travel in clear unless that was configured. */
  get offered(): boolean {
    return this.available && (this.#settings.authWithoutTls || this.#wire.tls !== null);
  }

  /** What to announce as mechanisms now. */
  get mechanisms(): readonly SaslMechanism[] {
    if (!this.offered) return [];
    const { mechanisms } = this.#settings;
    return this.#certificate === null ? mechanisms : [...mechanisms, externalMechanism];
  }

  /** One that the client may log in by. */
  get #certificate(): ClientCertificate | null {
    const client = this.#wire.tls?.client;
    return client?.verified && this.#settings.backend.authenticateCertificate ? client : null;
  }

  /**
   * Begins a SASL exchange (RFC 4422). To be called only where `offered`.
   * @param initial the initial response in base64, `=` for an empty one; undefined where there was none.
   */
  start(mechanism: string, initial?: string): LoginStep {
    const exchange = openSaslExchange(mechanism);
    if (!exchange || !this.mechanisms.includes(exchange.mechanism)) {
      return { next: "refused", reason: "mechanism-unknown" };
    }
    this.#phase = { at: "exchange", exchange };
    if (initial === undefined) return this.#proceed(exchange, exchange.respond(null));
    return this.#respond(exchange, initial === "=" ? "" : initial);
  }

  /** The client's next line of the exchange, in base64; `*` cancels it. */
  respond(line: string): LoginStep {
    const phase = this.#phase;
    if (phase.at !== "exchange") return this.#refuse("malformed");
    return line === "*" ? this.#refuse("cancelled") : this.#respond(phase.exchange, line);
  }

  /** A name and a password without SASL: USER and PASS of POP3, LOGIN of IMAP. */
  password(mechanism: string, username: string, password: string): LoginStep {
    return this.#verify({ mechanism, username, password });
  }

  /** Drops an exchange that is under way. */
  cancel(): void {
    if (this.#phase.at === "exchange") this.#phase = rest;
  }

  /** To be asked in each turn while the session waits: what came of the credentials; null while that is not known. */
  outcome(): LoginOutcome | null {
    const phase = this.#phase;
    if (phase.at === "held" && this.#reached(phase.until)) this.#ask(phase.credentials);
    if (phase.at !== "answered" || !this.#reached(phase.until)) return null;
    this.#phase = rest;
    return phase.outcome;
  }

  /** The session is over: nothing is awaited any longer, and late answers are dropped. */
  end(cause: EndCause): void {
    const phase = this.#phase;
    this.#phase = { at: "ended", cause };
    if (phase.at === "answered") this.#discard(phase.outcome, cause);
    if (phase.at === "asking") phase.abort.abort();
    this.#wire.wakeAfter(null);
  }

  #reached(time: number): boolean {
    return this.#wire.now() + timerSlack >= time;
  }

  #respond(exchange: SaslExchange, base64: string): LoginStep {
    const response = decodeBase64(base64);
    return this.#proceed(exchange, response ? exchange.respond(response) : { next: "malformed" });
  }

  #proceed(exchange: SaslExchange, step: SaslStep): LoginStep {
    switch (step.next) {
      case "challenge":
        return { next: "challenge", base64: encodeBase64(step.text) };
      case "malformed":
        return this.#refuse("malformed");
      case "certificate":
        return this.#verifyCertificate(exchange.mechanism, step.authorization);
      case "unauthorized":
        this.#fail(exchange.mechanism, step.username);
        return wait;
      case "verify":
        return this.#verify({ mechanism: exchange.mechanism, username: step.username, password: step.password });
    }
  }

  #refuse(reason: "malformed" | "cancelled"): LoginStep {
    this.#phase = rest;
    return { next: "refused", reason };
  }

  #verifyCertificate(mechanism: string, authorization: string): LoginStep {
    const certificate = this.#certificate;
    if (!certificate) return this.#refuse("malformed");
    return this.#verify({ mechanism, username: authorization || certificate.subject, certificate, authorization });
  }

  #verify(credentials: Credentials): LoginStep {
    const now = this.#wire.now();
    const remaining = this.#settings.failures.remaining(this.#wire.peer.address, now);
    if (remaining === 0) {
      this.#ask(credentials);
    } else {
      this.#phase = { at: "held", credentials, until: now + remaining };
      this.#wire.wakeAfter(remaining);
    }
    return wait;
  }

  #ask(credentials: Credentials): void {
    const abort = new AbortController();
    this.#phase = { at: "asking", abort };
    void this.#question(credentials, abort.signal).then((outcome) => {
      if (this.#phase.at === "ended") {
        this.#discard(outcome, this.#phase.cause);
      } else if (outcome.result === "rejected") {
        this.#fail(credentials.mechanism, credentials.username);
      } else {
        this.#phase = { at: "answered", outcome, until: this.#wire.now() };
        this.#wire.wake();
      }
    });
  }

  /** Never rejects. */
  async #question(credentials: Credentials, signal: AbortSignal): Promise<LoginOutcome> {
    const { mechanism } = credentials;
    let operation = "certificate" in credentials ? "authenticateCertificate" : "authenticate";
    try {
      const identity = checkedIdentity(operation, await this.#answerTo(credentials, signal));
      if (!identity || this.#phase.at === "ended") return { result: "rejected", last: false };
      this.#wire.notice({ type: "session.authenticated", mechanism, username: identity.username });
      operation = "takeOver";
      const successor = (await this.#settings.takeOver?.(identity, this.#wire)) ?? null;
      if (successor !== null) checkedSession("The answer of takeOver()", successor);
      return { result: "accepted", identity, successor };
    } catch (error) {
      if (this.#phase.at !== "ended") this.#reportFailure(operation, error);
      return { result: "unavailable" };
    }
  }

  async #answerTo(credentials: Credentials, signal: AbortSignal): Promise<unknown> {
    const { backend } = this.#settings;
    const { mechanism } = credentials;
    const asked = { mechanism, connection: factsOf(this.#wire), signal };
    if ("certificate" in credentials) {
      const { certificate, authorization } = credentials;
      return backend.authenticateCertificate?.({ ...asked, certificate, authorization });
    }
    const { username, password } = credentials;
    return backend.authenticate?.({ ...asked, username, password });
  }

  /** Nobody is going to run the embedder's session. */
  #discard(outcome: LoginOutcome, cause: EndCause): void {
    if (outcome.result !== "accepted") return;
    settle(
      () => outcome.successor?.closed(cause),
      (reason) => this.#reportFailure("takeOver", reason),
    );
  }

  #reportFailure(operation: string, reason: unknown): void {
    this.#wire.notice({ type: "session.backendFailed", operation, error: errorOf(reason) });
  }

  /** The answer is held back: 1 second, then 2, 4 and so on, counted over all connections of the address. */
  #fail(mechanism: string, username: string): void {
    const wire = this.#wire;
    const { failures, authenticationFailures } = this.#settings;
    wire.notice({ type: "session.authenticationFailed", mechanism, username: username.slice(0, longestName) });
    this.#failures++;
    const now = wire.now();
    const delay = failures.failed(wire.peer.address, now);
    const outcome: LoginOutcome = { result: "rejected", last: this.#failures >= authenticationFailures };
    this.#phase = { at: "answered", outcome, until: now + delay };
    if (delay === 0) wire.wake();
    else wire.wakeAfter(delay);
  }
}

/** The connection as the backend may see it. */
export function factsOf({ id, listener, generation, peer, local, proxy, tls }: ConnectionFacts): ConnectionFacts {
  return { id, listener, generation, peer, local, proxy, tls };
}
