/**
 * Why a connection ended. Each end has exactly one cause, with the same name in the machine, the log line, the
 * metric's label and the docs.
 */
export const endCauses = {
  /** The dialogue came to its end: QUIT, LOGOUT, or the protocol's own. */
  quit: "The dialogue came to its regular end.",
  "peer-ended": "The peer closed its side (FIN) before the dialogue's end.",
  "peer-reset": "The peer reset the connection (RST).",
  "socket-error": "The operating system reported an error on the socket other than a reset.",
  "proxy-invalid": "A trusted proxy's PROXY header was malformed or oversized.",
  "proxy-timeout": "The PROXY header was not complete within proxyTimeout.",
  "tls-failed": "The TLS handshake failed.",
  "tls-timeout": "The TLS handshake was not complete within tlsTimeout.",
  "over-cap": "An admission rule refused the connection after it had been accepted.",
  drained: "The session was asked to finish and did so at a safe point.",
  "drain-timeout": "The session was asked to finish and had not done so within drainTimeout.",
  "idle-timeout": "The peer was silent for longer than the protocol allows.",
  "session-timeout": "The dialogue took longer than the protocol allows.",
  "write-timeout": "The peer did not read what it was sent.",
  "early-talker": "The peer spoke before it was its turn.",
  "line-too-long": "The peer sent a line longer than the protocol allows.",
  "protocol-error": "The peer broke the protocol in a way that is unsafe to go on from.",
  "too-many-errors": "The peer made more errors than the protocol allows.",
  "authentication-failed": "The peer failed to authenticate more often than the protocol allows.",
  "session-failed": "The session threw an error; it is in the log.",
  stopped: "The server, or this connection, was stopped without waiting.",
} as const;

/** A name that a protocol has registered, behind the protocol's own: `resp:quota-exceeded`. */
export type OwnName = `${string}:${string}`;

export type EndCause = keyof typeof endCauses | OwnName;

/** Every other one of these is a failure, whoever's. */
export const regularEnds: ReadonlySet<unknown> = new Set<EndCause>(["quit", "drained", "stopped"]);
