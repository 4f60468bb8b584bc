/** What the charts of all sessions share: the greeting's and the handshake's events, draining, and the end. */
import { assign, type EventObject } from "xstate";
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

/** What a state means to every protocol: what all sessions have in common asks for these, and knows no state by name. */
export type SessionTag =
  /** Between commands: a session that drains says goodbye here. */
  | "safe"
  /** Nothing can be read or done until something comes from outside: a handshake, the backend, the mailbox. */
  | "waiting"
  /** The backend or the mailbox has been asked, so it is not the client that keeps the session waiting. */
  | "busy"
  /** The connection is to be secured (STARTTLS). */
  | "upgrading"
  /** The next line answers a challenge of SASL. */
  | "authenticating"
  /** An embedder's session has taken over. */
  | "takenOver"
  /** The last words have been said. */
  | "over";

/** What the chart asks the session to do. */
export interface SessionEffects {
  /** Forgets what was learned in clear, after a handshake. */
  forgetDialogue(): void;
  sayShuttingDown(): void;
}

export interface SessionContext {
  readonly draining: boolean;
  readonly cause: EndCause;
}

export const initialContext: SessionContext = { draining: false, cause: "quit" };

/** The cause for which an event ends the session. */
function causeOf(event: { readonly type: string; readonly cause?: EndCause }): EndCause {
  return event.type === "session.ended" && event.cause !== undefined ? event.cause : "drained";
}

/** The actions that all charts share. Each assigns what every context has, which XState cannot infer of a type parameter. */
export function sessionActions<Context extends SessionContext, Event extends EventObject>() {
  return {
    rememberCause: assign<Context, Event, undefined, Event, never>(
      ({ event }) => ({ cause: causeOf(event) }) as Partial<Context>,
    ),
    rememberDraining: assign<Context, Event, undefined, Event, never>(() => ({ draining: true }) as Partial<Context>),
  };
}

/** The guards that all charts share. */
export const sessionGuards = {
  isDraining: ({ context }: { readonly context: SessionContext }) => context.draining,
};

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
