/** Causes of ends and rules of refusals, in words. */
import type { EndKind } from "../wire/end-series.ts";

const causes: Readonly<Record<string, string>> = {
  quit: "The dialogue came to its regular end.",
  "peer-ended": "The client closed its side before the dialogue's end.",
  "peer-reset": "The client reset the connection.",
  "socket-error": "The operating system reported an error on the socket.",
  "proxy-invalid": "A trusted proxy's PROXY header was malformed.",
  "proxy-timeout": "The PROXY header did not come in time.",
  "tls-failed": "The TLS handshake failed.",
  "tls-timeout": "The TLS handshake took too long.",
  "over-cap": "A rule refused the client after its connection was accepted.",
  drained: "The session ended at a safe point because it was asked to.",
  "drain-timeout": "The session was asked to end and did not in time.",
  "idle-timeout": "The client was silent for too long.",
  "session-timeout": "The dialogue took too long.",
  "write-timeout": "The client did not read what it was sent.",
  "early-talker": "The client spoke before its turn.",
  "line-too-long": "The client sent a line that is too long.",
  "protocol-error": "The client broke the protocol.",
  "too-many-errors": "The client made too many errors.",
  "authentication-failed": "The client failed to log in too often.",
  "session-failed": "The session failed with an error; the log has it.",
  stopped: "The server or the connection was stopped at once.",
};

const rules: Readonly<Record<string, string>> = {
  draining: "The listener is draining.",
  blocked: "The address is on the block list.",
  "server-cap": "The server's cap on connections is reached.",
  "listener-cap": "The listener's cap on connections is reached.",
  "address-cap": "The address has too many connections.",
  "address-rate": "The address connects too often.",
  pressure: "The process is short of something.",
  "rule-failed": "A rule of the embedder's own failed.",
};

export function reasonMeaning(kind: EndKind, reason: string): string {
  return (kind === "ended" ? causes : rules)[reason] ?? "A rule of the embedder's own.";
}

/** Ends that nobody needs to look into. */
export function isRegular(kind: EndKind, reason: string): boolean {
  return kind === "ended" && (reason === "quit" || reason === "drained");
}
