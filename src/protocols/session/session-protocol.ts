import type { LoginSettings } from "../login.ts";
import type { SessionProtocol, Wire } from "../protocol.ts";
import { HandoverSession, type PredecessorSession } from "../take-over.ts";

/** Replies to a client that is not admitted. */
export interface RefusalReplies {
  shuttingDown(hostname: string): string;
  /** Its address is blocked. */
  blocked(hostname: string): string;
  /** For any other rule. */
  busy(hostname: string): string;
}

export interface SessionProtocolParts {
  readonly name: string;
  /** Its names in ALPN. */
  readonly alpn: readonly string[];
  readonly login: LoginSettings;
  readonly refusals: RefusalReplies;
  open(wire: Wire): PredecessorSession;
}

/** What a listener needs to know of a mail protocol. */
export function sessionProtocol({ name, alpn, login, refusals, open }: SessionProtocolParts): SessionProtocol {
  return {
    kind: "session",
    name,
    alpn,
    startTls: true,
    busy: ({ rule }, hostname) => {
      if (rule === "draining") return refusals.shuttingDown(hostname);
      return rule === "blocked" ? refusals.blocked(hostname) : refusals.busy(hostname);
    },
    open: login.takeOver ? (wire) => new HandoverSession(wire, open(wire)) : open,
  };
}
