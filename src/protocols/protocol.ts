/**
 * The contract between a protocol and its connection: bytes in; replies and a verdict out.
 *
 * A protocol knows no socket, no file and no timer, so it is tested on tables of bytes. The life of a session:
 *
 * 1. `open(wire)` makes the session once the connection may speak: at once, or after the TLS handshake under implicit TLS.
 * 2. `greet()` says the first words, if the protocol's server speaks first.
 * 3. `receive(chunk)` takes what the peer sent. The session writes its replies to the wire and answers with a verdict.
 * 4. After the verdict `wait` no input comes until the session's next turn answers otherwise. It asks for that turn, `resume()`,
 *    by `wire.wake()` or `wire.wakeAfter()`. A reset of the peer's is noticed meanwhile, within 5 seconds where it
 *    had sent FIN or more than Node holds for a stream that waits (64 KiB).
 * 5. After the verdict `upgrade` the connection flushes what was written, drops what the peer had sent in clear, and
 *    does the TLS handshake; then `secured()` is the session's turn.
 * 6. After the verdict `close` the connection flushes, closes, and calls `closed(cause)`. It also does so when the peer
 *    resets, a time-out passes, or the server is stopped: `closed` is called exactly once and is always the last call.
 */
import type { Duplex } from "node:stream";
import type { Inspector } from "../charts/inspector.ts";
import type { Passages } from "../charts/passages.ts";
import type { ForwardedField, SessionConfiguration } from "../config/index.ts";
import { type EndCause, endCauses, type OwnName } from "../machines/causes.ts";
import type { Endpoint } from "./endpoint.ts";
import type { OwnCauses, OwnNotices } from "./own-names.ts";
import type { ProxyFacts } from "./proxy-facts.ts";

/** What the connection does next. Every entry into a session answers with one. */
export type Verdict =
  /** More input is welcome. */
  | { readonly next: "continue" }
  /** The session is busy (a backend answers, the peer does not read): hold the input until `wire.wake()`. */
  | { readonly next: "wait" }
  | Upgrade
  | Close;

/** Flush, then do the TLS handshake. Only where `wire.canUpgrade`. */
export interface Upgrade {
  readonly next: "upgrade";
}

/** Flush, then close; the cause goes to the log line, the metric and the `connection.closed` event. */
export interface Close {
  readonly next: "close";
  readonly cause: EndCause;
  /** The client has said goodbye, and sends nothing more: nobody waits for its FIN. */
  readonly goodbye?: boolean;
}

export const CONTINUE: Verdict = Object.freeze({ next: "continue" });
export const WAIT: Verdict = Object.freeze({ next: "wait" });
export const UPGRADE: Upgrade = Object.freeze({ next: "upgrade" });

/** The verdict that ends the connection of a client that has said goodbye and was answered. Its cause is `quit`. */
export const GOODBYE: Close = Object.freeze({ next: "close", cause: "quit", goodbye: true });

const closings = new Map<EndCause, Close>();

/** The verdict that ends the connection for this cause. */
export function close(cause: EndCause): Close {
  let verdict = closings.get(cause);
  if (!verdict) {
    verdict = Object.freeze({ next: "close", cause });
    // Others are of the embedder's making, perhaps a new one each time.
    if (Object.hasOwn(endCauses, cause)) closings.set(cause, verdict);
  }
  return verdict;
}

/** A certificate that a client has shown. It means something only where it is `verified`. */
export interface ClientCertificate {
  /** Distinguished name on one line: `C=DE, O=Example, CN=Ann`. */
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  /** SHA-256 of the certificate: `AB:CD:…`. */
  readonly fingerprint256: string;
  /** DNS names in lower case and IP addresses (RFC 5280 4.2.1.6). */
  readonly subjectAlternativeNames: readonly string[];
  /** Mail addresses (`rfc822Name`), as they are written. */
  readonly emailAddresses: readonly string[];
  readonly notValidAfter: Date;
  /** One of `tlsClientCa` has issued it, directly or through others, and it is valid now. */
  readonly verified: boolean;
  /** Why it is not verified, as OpenSSL calls it: `DEPTH_ZERO_SELF_SIGNED_CERT`; null when it is. */
  readonly error: string | null;
}

/** What the TLS handshake settled. */
export interface TlsFacts {
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly version: string;
  /** The IANA name of the suite, e.g. `TLS_AES_256_GCM_SHA384`. */
  readonly cipherSuite: string;
  /** The name the client asked for by SNI, if it did. */
  readonly serverName: string | null;
  /** The protocol that was settled by ALPN (RFC 7301): `h2`, `http/1.1`; null for none. */
  readonly alpn: string | null;
  /** The named group of the key exchange (RFC 8446 4.2.7): `X25519MLKEM768`, `x25519`; null where it is not known. */
  readonly group: string | null;
  /** What the client has shown where `tlsClientAuth` asks for it; null or left out for nothing. */
  readonly client?: ClientCertificate | null;
}

/** What is known of a connection; the same for sessions, admission, logs and embedders. */
export interface ConnectionFacts {
  /** Unique within the process and over restarts. */
  readonly id: string;
  /** Name of the listener. */
  readonly listener: string;
  /** Number of the document that was in force when the connection was accepted; a server starts with 1. */
  readonly generation: number;
  /** The client; behind a trusted proxy, the client that the PROXY header names. */
  readonly peer: Endpoint;
  /** Where the client connected to; behind a trusted proxy, as the PROXY header says. */
  readonly local: Endpoint;
  /** Null unless a trusted proxy stands in between and its PROXY header has been read. */
  readonly proxy: ProxyFacts | null;
  /** Null while the connection is in clear. */
  readonly tls: TlsFacts | null;
}

/** What a notice of a protocol's own says. Never a secret or message content. */
export type NoticeFields = Readonly<Record<string, string | number | boolean | null>>;

/** Something that a session did which others log, count or ban by. Never holds a secret or message content. */
export type Notice =
  | { readonly type: "session.authenticated"; readonly mechanism: string; readonly username: string }
  | { readonly type: "session.authenticationFailed"; readonly mechanism: string; readonly username: string }
  | { readonly type: "session.messageAccepted"; readonly size: number; readonly recipients: number }
  | { readonly type: "session.messageRejected"; readonly size: number; readonly code: number; readonly text: string }
  /** The peer spoke before it was its turn (RFC 5321 4.3.1, RFC 2920 3.1). */
  | { readonly type: "session.earlyTalker" }
  /** Of the protocol's own, as registered in its `notices`. */
  | { readonly type: OwnName; readonly fields?: NoticeFields }
  /** An embedder's backend or protocol threw; the session answered with its own temporary error. */
  | { readonly type: "session.backendFailed"; readonly operation: string; readonly error: Error };

/** How a session's machine is created so that whoever watches the connection watches it, too. */
export interface ActorOptions {
  /** The connection's. */
  readonly id: string;
  readonly inspect?: Inspector;
}

/** The session's side of its connection. */
export interface Wire extends ConnectionFacts {
  /** `defaultHostname` of the document in force when the connection was accepted. */
  readonly hostname: string;
  /** What the document says of the sessions of this listener, over the options of their protocol. */
  readonly configured?: SessionConfiguration;
  /** TLS is available on this listener and the connection is still in clear. */
  readonly canUpgrade: boolean;
  /** Who watches the machines of this session, which have the connection's `id` for theirs; undefined when nobody does. */
  readonly inspect?: Inspector | undefined;
  /** The same as options of XState, for a machine that is to be watched: `createActor(chart, wire.actorOptions)`. */
  readonly actorOptions: ActorOptions;
  /** Counts the transitions of a chart that Gatehouse itself runs. */
  readonly passages?: Passages;
  /** Gatehouse itself runs the session's chart as this actor: whoever begins to watch the connection watches it, too. */
  runs?(actor: object): void;
  /**
   * Queues bytes for the peer; what is written during one turn leaves in one write, and so does what is written between
   * turns. Strings are sent as UTF-8.
   * @returns false when the peer reads more slowly than the session writes: stop, answer `wait`, and go on in `writable()`.
   */
  write(data: string | Uint8Array): boolean;
  /** Milliseconds by the connection's clock, which never goes back; only differences mean something. */
  now(): number;
  /** Asks for a turn (`resume()`), at the next opportunity; several calls before that turn are one. Safe after the end. */
  wake(): void;
  /**
   * Asks for a turn (`resume()`) this many milliseconds from now by the connection's clock; null takes the request back. There
   * is one such request at a time: a further call replaces it. It ends with the connection, and is dropped if its time comes
   * in mid-handshake. The session may get turns for other reasons before: it asks `now()` whether the time has come.
   */
  wakeAfter(milliseconds: number | null): void;
  /** Milliseconds of silence from the peer after which `expired("idle")` is called; null for no limit. Restarts the wait. */
  setIdleTimeout(milliseconds: number | null): void;
  /** Milliseconds from now after which `expired("session")` is called, whatever the peer sends; null for no limit. */
  setSessionTimeout(milliseconds: number | null): void;
  /**
   * Tells loggers, metrics and embedders.
   * @throws UnregisteredNameError for one of the protocol's own that its `notices` do not have.
   */
  notice(notice: Notice): void;
}

/** One dialogue with one peer. No method may throw; if one does, the connection is closed with the cause `session-failed`. */
export interface Session {
  /** The server's first words. */
  greet(): Verdict;
  /** The peer's bytes. The chunk belongs to the session from here on. */
  receive(chunk: Uint8Array): Verdict;
  /** The turn that `wire.wake()` asked for. */
  resume(): Verdict;
  /** What was written has left: a session that stopped because `write` answered false may go on. */
  writable(): Verdict;
  /** The TLS handshake that `upgrade` asked for is done; `wire.tls` says what it settled. */
  secured(): Verdict;
  /** The peer has sent all it will send (FIN); replies still reach it. */
  ended(): Verdict;
  /** The server wants to end this session: say goodbye now if this is a safe point, else at the next one. */
  drain(): Verdict;
  /** A limit set by `setIdleTimeout` or `setSessionTimeout` has passed. */
  expired(limit: "idle" | "session"): Verdict;
  /** The connection is over; give everything back. Always called, once, last. */
  closed(cause: EndCause): void;
  /** The session's own state, for observers: `mail`, `data`, `idle`. */
  readonly state: string;
}

/** Why a connection was not let in. `current` counts include neither this connection nor any other refused one. */
export interface Refusal {
  /** The admission rule, e.g. `server-cap`, `listener-cap`. */
  readonly rule: string;
  /** What is exhausted, for the rule `pressure`: `eventLoopDelay` (milliseconds), `heap` (bytes), `descriptors`. */
  readonly resource?: string;
  readonly limit: number;
  readonly current: number;
}

interface ProtocolBase {
  /** As in a listener's `protocol`. */
  readonly name: string;
  /** TLS can start in mid-dialogue (STARTTLS, STLS). */
  readonly startTls: boolean;
  /**
   * Names of the protocol in ALPN (RFC 7301). A client that offers others alone fails the handshake, by the alert
   * `no_application_protocol`; one that offers none is welcome. Without names here nothing is said to any.
   */
  readonly alpn?: readonly string[];
  /** Causes of ends of its own, by names like `resp:quota-exceeded`: 32 at most. */
  readonly causes?: OwnCauses;
  /** Notices of its own, by names like `resp:keyExpired`: 32 at most. */
  readonly notices?: OwnNotices;
  /** The reply in clear to a client that is not admitted: one complete reply of the protocol. */
  busy(refusal: Refusal, hostname: string): string;
}

/** A protocol whose sessions take bytes and answer with verdicts: what mail protocols are. */
export interface SessionProtocol extends ProtocolBase {
  readonly kind: "session";
  open(wire: Wire): Session;
}

/** What a protocol that is handed the stream tells its connection. */
export interface StreamWire {
  /**
   * Ends the connection for this cause: what was written is flushed and FIN is sent, after `close_notify` under TLS; what the
   * peer still sends is read and dropped, so that no reset takes the last words away. Whoever listened to the stream's `data`
   * does not any longer.
   */
  end(cause: EndCause): void;
  /** Tells loggers, metrics and embedders. */
  notice(notice: Notice): void;
  /** Reports that something of the embedder's threw, as `connection.sessionFailed`. The connection goes on. */
  failed(error: unknown): void;
  /** Which proxies are believed about the client of a request, as the document in force says; null for none. */
  readonly forwarding: Forwarding | null;
  /** Whether the listener speaks HTTP/2: its field `http2`, as it was when the connection was accepted. */
  readonly http2: boolean;
}

/** `forwardedTrustedNetworks` and `forwardedField` of a listener. */
export interface Forwarding {
  readonly field: ForwardedField;
  /** Whether this address is of such a proxy. */
  trusts(address: string): boolean;
}

/** A protocol that is handed the whole byte stream: for servers that already exist, like `node:http`. */
export interface StreamProtocol extends ProtocolBase {
  readonly kind: "stream";
  /**
   * Takes the stream over. Listen to `data`, or pipe, before this returns: behind a PROXY header the first bytes may be
   * there already.
   */
  open(stream: Duplex, facts: ConnectionFacts, wire: StreamWire): StreamSession;
  /** The server stops for good: give back what all sessions shared. */
  stop?(): void;
}

export interface StreamSession {
  /** Finish at the next safe point, then end the stream, by itself or by its wire. */
  drain(): void;
  /**
   * The connection is over, or is cut: what is still under way may be called off. What was written before is still flushed.
   * Called once, last.
   */
  closed?(cause: EndCause): void;
}

export type Protocol = SessionProtocol | StreamProtocol;
