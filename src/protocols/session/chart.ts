/** What the charts of all sessions share: the greeting's and the handshake's events, draining, and the end. */
import type { EndCause } from "../../machines/causes.ts";

export type SessionEvent =
  | { readonly type: "greeting.sent" }
  | { readonly type: "tls.secured" }
  /** A name and a password are there: the backend is asked. */
  | { readonly type: "credentials.given" }
  /** The server wants the session to end at its next safe point. */
  | { readonly type: "drain" }
  /** The session ends of its own accord; what is to be said has been said. */
  | { readonly type: "session.ended"; readonly cause: EndCause }
  | { readonly type: "connection.closed" };

/** What every chart has done; the session provides it. */
export interface SessionEffects {
  /** What was learned in clear is not known any more after a handshake. */
  forgetDialogue(): void;
  sayShuttingDown(): void;
}

export interface SessionContext {
  readonly draining: boolean;
  readonly cause: EndCause;
}

export const initialContext: SessionContext = { draining: false, cause: "quit" };

/** The cause that an event ends the session for. */
export function causeOf({ event }: { readonly event: { readonly type: string; readonly cause?: EndCause } }): EndCause {
  return event.type === "session.ended" && event.cause !== undefined ? event.cause : "drained";
}

/** Out of any state. @param closing the state of the last words. */
export function endings<const Closing extends string>(closing: Closing) {
  return {
    drain: { actions: "rememberDraining" },
    "session.ended": { target: `.${closing}`, actions: "rememberCause" },
    "connection.closed": { target: ".closed" },
  } as const;
}

/** A state in which a session that drains says goodbye. @param closing the state of the last words. */
export function safePoint<const Closing extends string>(closing: Closing) {
  return {
    tags: "safe",
    always: { guard: "isDraining", target: closing, actions: ["rememberCause", "sayShuttingDown"] },
  } as const;
}
