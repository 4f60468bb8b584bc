/**
 * The chart of a ManageSieve session (RFC 5804 section 2): which command may come when. Strings of a command never
 * become events.
 */
import { assign, setup } from "xstate";
import { effect } from "../../machines/effect.ts";
import {
  causeOf,
  endings,
  initialContext,
  type SessionContext,
  type SessionEffects,
  type SessionEvent,
  safePoint,
} from "../session/chart.ts";

export type ManageSieveEvent =
  | SessionEvent
  | { readonly type: "command.starttls" }
  /** A SASL exchange begins. */
  | { readonly type: "command.authenticate" }
  | { readonly type: "login.succeeded" }
  | { readonly type: "login.failed" }
  /** An embedder's session has the dialogue from now on. */
  | { readonly type: "dialogue.takenOver" }
  /** A command for whose answer the mailbox is asked. */
  | { readonly type: "command.script" }
  | { readonly type: "mailbox.answered" }
  | { readonly type: "command.unauthenticate" };

/** What the chart has done; the session provides it. */
export interface ManageSieveEffects extends SessionEffects {
  /** RFC 5804 section 2.2: what was learned in clear is not known any more. */
  forgetDialogue(): void;
  /** Gives back what the session has of the mailbox. */
  closeAccount(): void;
}

export type ManageSieveContext = SessionContext;

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
    rememberCause: assign({ cause: causeOf }),
    rememberDraining: assign({ draining: true }),
  },
  guards: {
    isDraining: ({ context }) => context.draining,
  },
}).createMachine({
  id: "manageSieve",
  context: initialContext,
  initial: "greeting",
  on: endings("closing"),
  states: {
    /** Nothing has been said yet. */
    greeting: { on: { "greeting.sent": "nonAuthenticated" } },
    nonAuthenticated: {
      ...safePoint("closing"),
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
      ...safePoint("closing"),
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
