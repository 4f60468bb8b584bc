/**
 * The chart of a ManageSieve session (RFC 5804 section 2): which command may come when. Strings of a command never
 * become events.
 */
import { assign, setup } from "xstate";
import type { EndCause } from "../../machines/causes.ts";
import { effect } from "../../machines/effect.ts";

export type ManageSieveEvent =
  | { readonly type: "greeting.sent" }
  | { readonly type: "command.starttls" }
  | { readonly type: "tls.secured" }
  /** A SASL exchange begins. */
  | { readonly type: "command.authenticate" }
  /** The SASL exchange is complete: the backend is asked. */
  | { readonly type: "credentials.given" }
  | { readonly type: "login.succeeded" }
  | { readonly type: "login.failed" }
  /** An embedder's session has the dialogue from now on. */
  | { readonly type: "dialogue.takenOver" }
  /** A command for whose answer the mailbox is asked. */
  | { readonly type: "command.script" }
  | { readonly type: "mailbox.answered" }
  | { readonly type: "command.unauthenticate" }
  /** The server wants the session to end at its next safe point. */
  | { readonly type: "drain" }
  /** The session ends of its own accord; what is to be said has been said. */
  | { readonly type: "session.ended"; readonly cause: EndCause }
  | { readonly type: "connection.closed" };

/** What the chart has done; the session provides it. */
export interface ManageSieveEffects {
  /** RFC 5804 section 2.2: what was learned in clear is not known any more. */
  forgetDialogue(): void;
  /** Gives back what the session has of the mailbox. */
  closeAccount(): void;
  sayShuttingDown(): void;
}

export interface ManageSieveContext {
  readonly draining: boolean;
  readonly cause: EndCause;
}

const unprovided = (name: keyof ManageSieveEffects) => effect("manageSieve", name);

export const manageSieveMachine = setup({
  types: {
    context: {} as ManageSieveContext,
    events: {} as ManageSieveEvent,
    tags: {} as "safe",
  },
  actions: {
    forgetDialogue: unprovided("forgetDialogue"),
    closeAccount: unprovided("closeAccount"),
    sayShuttingDown: unprovided("sayShuttingDown"),
    rememberCause: assign({ cause: ({ event }) => (event.type === "session.ended" ? event.cause : "drained") }),
    rememberDraining: assign({ draining: true }),
  },
  guards: {
    isDraining: ({ context }) => context.draining,
  },
}).createMachine({
  id: "manageSieve",
  context: { draining: false, cause: "quit" },
  initial: "greeting",
  on: {
    drain: { actions: "rememberDraining" },
    "session.ended": { target: ".closing", actions: "rememberCause" },
    "connection.closed": { target: ".closed" },
  },
  states: {
    /** Nothing has been said yet. */
    greeting: { on: { "greeting.sent": "nonAuthenticated" } },
    nonAuthenticated: {
      tags: "safe",
      always: { guard: "isDraining", target: "closing", actions: ["rememberCause", "sayShuttingDown"] },
      on: {
        "command.starttls": "upgrading",
        "command.authenticate": "authenticating",
        "credentials.given": "verifying",
      },
    },
    upgrading: { on: { "tls.secured": { target: "nonAuthenticated", actions: "forgetDialogue" } } },
    /** A SASL exchange is under way. */
    authenticating: { on: { "credentials.given": "verifying", "login.failed": "nonAuthenticated" } },
    /** The backend was asked who it is, or the mailbox for the account. */
    verifying: {
      on: {
        "login.succeeded": "authenticated",
        "login.failed": "nonAuthenticated",
        "dialogue.takenOver": "takenOver",
      },
    },
    authenticated: {
      tags: "safe",
      always: { guard: "isDraining", target: "closing", actions: ["rememberCause", "sayShuttingDown"] },
      on: {
        "command.script": "working",
        "command.unauthenticate": { target: "nonAuthenticated", actions: "closeAccount" },
      },
    },
    /** The mailbox was asked. */
    working: { on: { "mailbox.answered": "authenticated" } },
    takenOver: {},
    closing: { entry: "closeAccount" },
    closed: { type: "final", entry: "closeAccount" },
  },
});

export type ManageSieveState = keyof (typeof manageSieveMachine)["states"];
