/**
 * The chart of a ManageSieve session (RFC 5804 section 2): which command may come when. Strings of a command never
 * become events.
 */
import { setup } from "xstate";
import { unprovided } from "../../machines/effect.ts";
import {
  endings,
  initialContext,
  type SessionContext,
  type SessionEffects,
  type SessionEvent,
  type SessionTag,
  safePoint,
  sessionActions,
  sessionGuards,
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
  /** RFC 5804 section 2.2: forgets what was learned in clear. */
  forgetDialogue(): void;
  /** Gives back what the session has of the mailbox. */
  closeAccount(): void;
}

export type ManageSieveContext = SessionContext;

/** What a session of this chart provides. */
export const manageSieveEffects = [
  "forgetDialogue",
  "closeAccount",
  "sayShuttingDown",
] as const satisfies readonly (keyof ManageSieveEffects)[];

export const manageSieveMachine = setup({
  types: {
    context: {} as ManageSieveContext,
    events: {} as ManageSieveEvent,
    tags: {} as SessionTag,
  },
  actions: {
    ...unprovided("manageSieve", manageSieveEffects),
    ...sessionActions<ManageSieveContext, ManageSieveEvent>(),
  },
  guards: sessionGuards,
}).createMachine({
  id: "manageSieve",
  context: initialContext,
  initial: "greeting",
  on: endings("closing"),
  states: {
    /** Nothing has been said yet. */
    greeting: { tags: "waiting", on: { "greeting.sent": "nonAuthenticated" } },
    nonAuthenticated: {
      ...safePoint("closing"),
      on: {
        "command.starttls": "upgrading",
        "command.authenticate": "authenticating",
        "credentials.given": "verifying",
      },
    },
    upgrading: {
      tags: ["waiting", "upgrading"],
      on: { "tls.secured": { target: "nonAuthenticated", actions: "forgetDialogue" } },
    },
    /** A SASL exchange is under way. */
    authenticating: {
      tags: "authenticating",
      on: { "credentials.given": "verifying", "login.failed": "nonAuthenticated" },
    },
    /** The backend was asked who it is, or the mailbox for the account. */
    verifying: {
      tags: ["waiting", "busy"],
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
    working: { tags: ["waiting", "busy"], on: { "mailbox.answered": "authenticated" } },
    takenOver: { tags: ["waiting", "takenOver"] },
    closing: { tags: "over", entry: "closeAccount" },
    closed: { tags: "over", type: "final", entry: "closeAccount" },
  },
});

export type ManageSieveState = keyof (typeof manageSieveMachine)["states"];
