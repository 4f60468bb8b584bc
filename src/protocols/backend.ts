/**
 * The embedder's side of mail: who may log in, whose mail is taken, and where it is kept.
 *
 * Every method may be left out. One that throws or rejects gets the peer a temporary error (`451 4.3.0`), a
 * `session.backendFailed` event, and the session goes on; the error of a message may have the `reply` of a temporary error
 * of its own. One that knows its answer may return it as it is: the session
 * acts on it in the same turn, which spares each command a promise.
 */
import type { Readable } from "node:stream";
import type { ClientCertificate, ConnectionFacts } from "./protocol.ts";

/** A reply of the backend's own (RFC 5321 4.2, RFC 3463). */
export interface Reply {
  /** Three digits; 2xx accepts, 4xx rejects for now, 5xx rejects for good. */
  readonly code: number;
  /** Enhanced status code, e.g. `5.1.1`. */
  readonly enhanced: string;
  /** One line of text; line ends and control characters are replaced by spaces. */
  readonly text: string;
}

/** Nothing accepts in the session's own words. */
export type Answer = Reply | undefined;

/**
 * What became of a message: one answer for all its recipients, or one for each, in the order of `envelope.recipients`.
 * An LMTP client gets each of them. SMTP has one reply for all (RFC 5321 4.2.5): the first that does not accept, if there
 * is one, so that no recipient's mail is lost; the client may then send to all of them again.
 */
export type DeliveryAnswer = Answer | readonly Answer[];

/** Who logged in. */
export interface Identity {
  /** The account's address or name, as logs and the backend know it. */
  readonly username: string;
  /**
   * `admin` may send from any address with the default backend; `admin` and `observer` open the management API and the
   * console. Others are yours; empty for an account that has none.
   */
  readonly roles: readonly string[];
}

export interface LoginAttempt {
  readonly mechanism: string;
  readonly username: string;
  readonly password: string;
  readonly connection: ConnectionFacts;
  /** Aborted when the session ends before the answer: nobody is waiting for it any longer. */
  readonly signal: AbortSignal;
}

/** A log-in by a certificate that one of `tlsClientCa` has issued (SASL EXTERNAL). */
export interface CertificateAttempt {
  readonly mechanism: string;
  readonly certificate: ClientCertificate;
  /** The name of the account that the client wants to act as; empty where it leaves that to the server. */
  readonly authorization: string;
  readonly connection: ConnectionFacts;
  /** Aborted when the session ends before the answer. */
  readonly signal: AbortSignal;
}

/** What a transaction knows so far. */
export interface Envelope {
  readonly connection: ConnectionFacts;
  /** How the client introduced itself: HELO, EHLO or LHLO. With TLS and AUTH known it gives `with` of a Received line (RFC 3848). */
  readonly protocol: "SMTP" | "ESMTP" | "LMTP";
  /** As given in EHLO, HELO or LHLO: up to 255 characters of any kind, those that cannot be printed replaced by `?`. */
  readonly helo: string;
  readonly identity: Identity | null;
  /** Reverse-path without brackets; empty for the null sender. */
  readonly sender: string;
  /** `BODY=8BITMIME`, `BINARYMIME` is never announced. */
  readonly body: "7BIT" | "8BITMIME";
  readonly smtpUtf8: boolean;
  /** The size the client announced, in octets. */
  readonly size: number | null;
  /** RFC 3461: `FULL` or `HDRS`, and the envelope id. */
  readonly dsn: { readonly ret: "FULL" | "HDRS" | null; readonly envid: string | null };
  readonly recipients: readonly Recipient[];
}

export interface Recipient {
  /** Forward-path without brackets and source route. */
  readonly address: string;
  /** RFC 3461: any of `NEVER SUCCESS FAILURE DELAY`; empty when not given. */
  readonly notify: readonly ("NEVER" | "SUCCESS" | "FAILURE" | "DELAY")[];
  /** RFC 3461 original recipient, as `type;address`. */
  readonly orcpt: string | null;
}

/** A message under way. */
export interface IncomingMessage {
  readonly envelope: Envelope;
  /**
   * The message as sent, dot-unstuffed, with CRLF line ends. It ends only when the client has sent all of it; when the
   * connection breaks first, the stream is destroyed with an error: then nothing may be kept. The stream is made at the first
   * look at it.
   */
  readonly body: Readable;
}

/** A message that has come. */
export interface WholeMessage {
  readonly envelope: Envelope;
  /** The message as sent, dot-unstuffed, with CRLF line ends. It belongs to the backend. */
  readonly content: Buffer;
}

export interface Backend {
  /** @returns who it is, or null when name or password is wrong. Anything else is a failure, and lets nobody in. */
  authenticate?(attempt: LoginAttempt): Identity | null | Promise<Identity | null>;
  /**
   * Asked of clients whose certificate is trusted. Left out, EXTERNAL is not offered.
   * @returns who it is, or null when the certificate is for nobody here, or not for whom the client wants to act as.
   */
  authenticateCertificate?(attempt: CertificateAttempt): Identity | null | Promise<Identity | null>;
  /** Asked at MAIL. */
  sender?(envelope: Envelope): Answer | Promise<Answer>;
  /** Asked at RCPT. Left out, no recipient is accepted from anyone. */
  recipient?(envelope: Envelope, recipient: Recipient): Answer | Promise<Answer>;
  /**
   * Asked when the message begins. It answers, or its promise resolves, when the message is kept for good: the message is
   * acknowledged once that has happened and all of it has come. What comes after the answer is dropped. Left out, no message
   * is accepted.
   */
  message?(message: IncomingMessage): DeliveryAnswer | Promise<DeliveryAnswer>;
  /**
   * Asked in place of `message`, where it is given, once all of a message has come: for backends that hold messages in
   * memory anyway. A small message costs a fraction of what it costs as a stream. The content has `messageSize` octets at
   * most; until it is complete nothing holds the client back. A message that breaks off or is refused is never heard of.
   */
  wholeMessage?(message: WholeMessage): DeliveryAnswer | Promise<DeliveryAnswer>;
}
