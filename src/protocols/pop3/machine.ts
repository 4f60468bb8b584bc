/**
 * The chart of a POP3 session (RFC 1939 section 3): the states of the RFC, and what a session is busy with in them. What
 * the chart has no transition for is a command out of its state. Octets of a message never become events.
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

export type Pop3Event =
  | SessionEvent
  | { readonly type: "command.stls" }
  | { readonly type: "command.user" }
  | { readonly type: "command.auth" }
  | { readonly type: "login.failed" }
  | { readonly type: "login.succeeded" }
  /** The embedder's session goes on from here. */
  | { readonly type: "dialogue.takenOver" }
  | { readonly type: "maildrop.locked" }
  | { readonly type: "maildrop.unavailable" }
  /** LIST and UIDL without an argument. */
  | { readonly type: "command.list" }
  /** RETR and TOP. */
  | { readonly type: "command.retr" }
  /** The last line of a listing or a message is on its way, or there was none to send. */
  | { readonly type: "response.sent" }
  /** QUIT after a log-in. */
  | { readonly type: "command.quit" };

/** What the chart has done; the session provides it. */
export interface Pop3Effects extends SessionEffects {
  /** RFC 2595 section 4: forgets what was learned in clear. */
  forgetDialogue(): void;
  /** Gives the lock back; what was marked as deleted and not removed stays. */
  releaseMaildrop(): void;
}

export type Pop3Context = SessionContext;

/** What leads to a log-in, or makes it safe. */
const logInCommands = {
  "command.user": "named",
  "command.auth": "authenticating",
  "credentials.given": "verifying",
  "command.stls": "upgrading",
} as const;

/** What a session of this chart provides. */
export const pop3Effects = [
  "forgetDialogue",
  "releaseMaildrop",
  "sayShuttingDown",
] as const satisfies readonly (keyof Pop3Effects)[];

export const pop3Machine = setup({
  types: {
    context: {} as Pop3Context,
    events: {} as Pop3Event,
    tags: {} as SessionTag,
  },
  actions: {
    ...unprovided("pop3", pop3Effects),
    ...sessionActions<Pop3Context, Pop3Event>(),
  },
  guards: sessionGuards,
}).createMachine({
  id: "pop3",
  context: initialContext,
  initial: "greeting",
  on: endings("closing"),
  states: {
    /** Nothing has been said yet. */
    greeting: { tags: "waiting", on: { "greeting.sent": "authorization" } },
    /** RFC 1939 section 4: nobody is logged in. */
    authorization: {
      ...safePoint("closing"),
      on: logInCommands,
    },
    /** USER has given a name, PASS has to follow. */
    named: {
      ...safePoint("closing"),
      on: logInCommands,
    },
    upgrading: {
      tags: ["waiting", "upgrading"],
      on: { "tls.secured": { target: "authorization", actions: "forgetDialogue" } },
    },
    /** A SASL exchange is under way. */
    authenticating: {
      tags: "authenticating",
      on: { "credentials.given": "verifying", "login.failed": "authorization" },
    },
    /** The backend was asked to check credentials, or the answer to wrong ones is held back. */
    verifying: {
      tags: ["waiting", "busy"],
      on: {
        "login.failed": "authorization",
        "login.succeeded": "locking",
        "dialogue.takenOver": "takenOver",
      },
    },
    /** The mailbox was asked for the lock (RFC 1939 section 4). */
    locking: {
      tags: ["waiting", "busy"],
      on: { "maildrop.locked": "transaction", "maildrop.unavailable": "authorization" },
    },
    /** RFC 1939 section 5: the maildrop is locked, and it is the client's turn. */
    transaction: {
      ...safePoint("closing"),
      on: { "command.list": "listing", "command.retr": "retrieving", "command.quit": "update" },
    },
    /** A listing is being written. */
    listing: { on: { "response.sent": "transaction" } },
    /** A message is being read and written. */
    retrieving: { on: { "response.sent": "transaction" } },
    /** RFC 1939 section 6: the messages that are marked as deleted are removed. */
    update: { tags: ["waiting", "busy"] },
    /** The embedder's session has the dialogue. */
    takenOver: { tags: ["waiting", "takenOver"], entry: "releaseMaildrop" },
    closing: { tags: "over", entry: "releaseMaildrop" },
    closed: { tags: "over", type: "final", entry: "releaseMaildrop" },
  },
});

export type Pop3State = keyof (typeof pop3Machine)["states"];
