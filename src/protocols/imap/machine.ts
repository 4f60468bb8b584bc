/**
 * The chart of an IMAP session: the states of RFC 3501 section 3, and beside them what keeps a session busy. Which
 * command may come when is decided here: what the chart has no transition for is answered with BAD. Octets of a message
 * never become events.
 */
import { assign, setup } from "xstate";
import type { EndCause } from "../../machines/causes.ts";
import { effect } from "../../machines/effect.ts";

export type ImapEvent =
  | { readonly type: "greeting.sent" }
  | { readonly type: "command.starttls" }
  | { readonly type: "tls.secured" }
  | { readonly type: "command.authenticate" }
  /** LOGIN, or a SASL exchange that is complete: the backend is asked. */
  | { readonly type: "credentials.given" }
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
  | { readonly type: "mailbox.closed" }
  /** The server wants the session to end at its next safe point. */
  | { readonly type: "drain" }
  /** The session ends of its own accord; what is to be said has been said. */
  | { readonly type: "session.ended"; readonly cause: EndCause }
  | { readonly type: "connection.closed" };

/** What the chart has done; the session provides it. */
export interface ImapEffects {
  /** RFC 3501 section 6.2.1: what was learned in clear is not known any more. */
  forgetDialogue(): void;
  /** Gives back the mailbox, the account and a message that was not complete. */
  giveBack(): void;
  sayShuttingDown(): void;
}

export interface ImapContext {
  readonly draining: boolean;
  /** A mailbox is selected. */
  readonly selected: boolean;
  readonly cause: EndCause;
}

const unprovided = (name: keyof ImapEffects) => effect("imap", name);

export const imapMachine = setup({
  types: {
    context: {} as ImapContext,
    events: {} as ImapEvent,
    tags: {} as "safe",
  },
  actions: {
    forgetDialogue: unprovided("forgetDialogue"),
    giveBack: unprovided("giveBack"),
    sayShuttingDown: unprovided("sayShuttingDown"),
    rememberCause: assign({ cause: ({ event }) => (event.type === "session.ended" ? event.cause : "drained") }),
    rememberDraining: assign({ draining: true }),
    rememberMailbox: assign({ selected: true }),
    forgetMailbox: assign({ selected: false }),
  },
  guards: {
    isDraining: ({ context }) => context.draining,
    hasMailbox: ({ context }) => context.selected,
  },
}).createMachine({
  id: "imap",
  context: { draining: false, selected: false, cause: "quit" },
  initial: "greeting",
  on: {
    drain: { actions: "rememberDraining" },
    "session.ended": { target: ".logout", actions: "rememberCause" },
    "connection.closed": { target: ".closed" },
  },
  states: {
    /** Nothing has been said yet. */
    greeting: { on: { "greeting.sent": "notAuthenticated" } },
    notAuthenticated: {
      tags: "safe",
      always: { guard: "isDraining", target: "logout", actions: ["rememberCause", "sayShuttingDown"] },
      on: {
        "command.starttls": "upgrading",
        "command.authenticate": "authenticating",
        "credentials.given": "verifying",
      },
    },
    upgrading: { on: { "tls.secured": { target: "notAuthenticated", actions: "forgetDialogue" } } },
    /** A SASL exchange is under way. */
    authenticating: { on: { "credentials.given": "verifying", "login.failed": "notAuthenticated" } },
    /** The backend was asked for its opinion of credentials, or its answer is held back for a while. */
    verifying: {
      on: {
        "login.succeeded": "authenticated",
        "login.failed": "notAuthenticated",
        "dialogue.takenOver": "takenOver",
      },
    },
    /** Between commands, without a mailbox. */
    authenticated: {
      tags: "safe",
      always: { guard: "isDraining", target: "logout", actions: ["rememberCause", "sayShuttingDown"] },
      on: { "command.onAccount": "executing", "command.append": "appending", "command.idle": "idling" },
    },
    /** Between commands, with a mailbox. */
    selected: {
      tags: "safe",
      always: { guard: "isDraining", target: "logout", actions: ["rememberCause", "sayShuttingDown"] },
      on: {
        "command.onAccount": "executing",
        "command.onMailbox": "executing",
        "command.append": "appending",
        "command.idle": "idling",
      },
    },
    /** A command is carried out; those that follow it wait. */
    executing: {
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
    /** RFC 2177: changes are told as they happen, until the client says DONE. */
    idling: {
      tags: "safe",
      always: { guard: "isDraining", target: "logout", actions: ["rememberCause", "sayShuttingDown"] },
      on: {
        "command.completed": [{ guard: "hasMailbox", target: "selected" }, { target: "authenticated" }],
      },
    },
    takenOver: {},
    /** The last words have been said. */
    logout: { entry: "giveBack" },
    closed: { type: "final", entry: "giveBack" },
  },
});

export type ImapState = keyof (typeof imapMachine)["states"];
