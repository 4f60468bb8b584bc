/**
 * The chart of an IMAP session: the states of RFC 3501 section 3, and beside them what keeps a session busy. Which
 * command may come when is decided here: what the chart has no transition for is answered with BAD. Octets of a message
 * never become events.
 */
import { assign, setup } from "xstate";
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

export type ImapEvent =
  | SessionEvent
  | { readonly type: "command.starttls" }
  | { readonly type: "command.authenticate" }
  | { readonly type: "login.succeeded" }
  | { readonly type: "login.failed" }
  /** An embedder's own session has the dialogue from here on. */
  | { readonly type: "dialogue.takenOver" }
  /** A command that works on the account: SELECT, LIST, STATUS and the like. */
  | { readonly type: "command.onAccount" }
  /** A command that works on the selected mailbox: FETCH, STORE, CLOSE and the like. */
  | { readonly type: "command.onMailbox" }
  | { readonly type: "command.append" }
  /** The last octet of the message is in. */
  | { readonly type: "content.ended" }
  | { readonly type: "command.idle" }
  /** The client has the tagged response. */
  | { readonly type: "command.completed" }
  | { readonly type: "mailbox.selected" }
  | { readonly type: "mailbox.closed" };

/** What the chart has done; the session provides it. */
export interface ImapEffects extends SessionEffects {
  /** RFC 3501 section 6.2.1: forgets what was learned in clear. */
  forgetDialogue(): void;
  /** Gives back the mailbox, the account and a message that was not complete. */
  giveBack(): void;
}

export interface ImapContext extends SessionContext {
  /** A mailbox is selected. */
  readonly selected: boolean;
}

/** What a session of this chart provides. */
export const imapEffects = [
  "forgetDialogue",
  "giveBack",
  "sayShuttingDown",
] as const satisfies readonly (keyof ImapEffects)[];

export const imapMachine = setup({
  types: {
    context: {} as ImapContext,
    events: {} as ImapEvent,
    tags: {} as SessionTag,
  },
  actions: {
    ...unprovided("imap", imapEffects),
    ...sessionActions<ImapContext, ImapEvent>(),
    rememberMailbox: assign({ selected: true }),
    forgetMailbox: assign({ selected: false }),
  },
  guards: {
    ...sessionGuards,
    hasMailbox: ({ context }) => context.selected,
  },
}).createMachine({
  id: "imap",
  context: { ...initialContext, selected: false },
  initial: "greeting",
  on: endings("logout"),
  states: {
    /** Nothing has been said yet. */
    greeting: { tags: "waiting", on: { "greeting.sent": "notAuthenticated" } },
    notAuthenticated: {
      ...safePoint("logout"),
      on: {
        "command.starttls": "upgrading",
        "command.authenticate": "authenticating",
        "credentials.given": "verifying",
      },
    },
    upgrading: {
      tags: ["waiting", "upgrading"],
      on: { "tls.secured": { target: "notAuthenticated", actions: "forgetDialogue" } },
    },
    /** A SASL exchange is under way. */
    authenticating: {
      tags: "authenticating",
      on: { "credentials.given": "verifying", "login.failed": "notAuthenticated" },
    },
    /** The backend was asked to check credentials, or its answer is held back for a while. */
    verifying: {
      tags: ["waiting", "busy"],
      on: {
        "login.succeeded": "authenticated",
        "login.failed": "notAuthenticated",
        "dialogue.takenOver": "takenOver",
      },
    },
    /** Between commands, without a mailbox. */
    authenticated: {
      ...safePoint("logout"),
      on: { "command.onAccount": "executing", "command.append": "appending", "command.idle": "idling" },
    },
    /** Between commands, with a mailbox. */
    selected: {
      ...safePoint("logout"),
      on: {
        "command.onAccount": "executing",
        "command.onMailbox": "executing",
        "command.append": "appending",
        "command.idle": "idling",
      },
    },
    /** A command is carried out; those that follow it wait. */
    executing: {
      tags: ["waiting", "busy"],
      on: {
        "mailbox.selected": { actions: "rememberMailbox" },
        "mailbox.closed": { actions: "forgetMailbox" },
        "command.completed": [{ guard: "hasMailbox", target: "selected" }, { target: "authenticated" }],
      },
    },
    /** The octets of a message come (APPEND). */
    appending: {
      on: {
        "content.ended": "executing",
        "command.completed": [{ guard: "hasMailbox", target: "selected" }, { target: "authenticated" }],
      },
    },
    /** RFC 2177: changes are sent as they happen, until the client says DONE. */
    idling: {
      ...safePoint("logout"),
      on: {
        "command.completed": [{ guard: "hasMailbox", target: "selected" }, { target: "authenticated" }],
      },
    },
    takenOver: { tags: ["waiting", "takenOver"] },
    /** The last words have been said. */
    logout: { tags: "over", entry: "giveBack" },
    closed: { tags: "over", type: "final", entry: "giveBack" },
  },
});

export type ImapState = keyof (typeof imapMachine)["states"];
