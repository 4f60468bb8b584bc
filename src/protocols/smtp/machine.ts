/**
 * The chart of an SMTP session (RFC 5321 section 4.1.4): which command may come when. What the chart has no transition
 * for is a bad sequence of commands (503). Octets of a message never become events.
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

export type SmtpEvent =
  | SessionEvent
  /** EHLO and HELO alike. */
  | { readonly type: "command.ehlo" }
  | { readonly type: "command.starttls" }
  | { readonly type: "command.auth" }
  | { readonly type: "login.succeeded" }
  | { readonly type: "login.failed" }
  | { readonly type: "command.mail" }
  | { readonly type: "sender.accepted" }
  | { readonly type: "sender.rejected" }
  | { readonly type: "command.rcpt" }
  | { readonly type: "recipient.accepted" }
  | { readonly type: "recipient.rejected" }
  | { readonly type: "command.data" }
  | { readonly type: "command.bdat" }
  /** The last octet of the message is in. */
  | { readonly type: "content.ended" }
  /** The client has the answer to its message. */
  | { readonly type: "message.answered" }
  | { readonly type: "command.rset" };

/** What the chart has done; the session provides it. */
export interface SmtpEffects extends SessionEffects {
  /** RFC 3207 section 4.2: forgets what was learned in clear. */
  forgetDialogue(): void;
  /** Drops the envelope, and a message that was not complete. */
  forgetTransaction(): void;
}

export interface SmtpContext extends SessionContext {
  readonly authenticated: boolean;
  /** Recipients accepted in this transaction. */
  readonly recipients: number;
}

/** What a session of this chart provides. */
export const smtpEffects = [
  "forgetDialogue",
  "forgetTransaction",
  "sayShuttingDown",
] as const satisfies readonly (keyof SmtpEffects)[];

export const smtpMachine = setup({
  types: {
    context: {} as SmtpContext,
    events: {} as SmtpEvent,
    tags: {} as SessionTag,
  },
  actions: {
    ...unprovided("smtp", smtpEffects),
    ...sessionActions<SmtpContext, SmtpEvent>(),
    rememberAuthentication: assign({ authenticated: true }),
    forgetAuthentication: assign({ authenticated: false }),
    forgetRecipients: assign({ recipients: 0 }),
    countRecipient: assign({ recipients: ({ context }) => context.recipients + 1 }),
  },
  guards: {
    ...sessionGuards,
    isAnonymous: ({ context }) => !context.authenticated,
    hasRecipients: ({ context }) => context.recipients > 0,
  },
}).createMachine({
  id: "smtp",
  context: { ...initialContext, authenticated: false, recipients: 0 },
  initial: "greeting",
  on: endings("closing"),
  states: {
    /** Nothing has been said yet. */
    greeting: { tags: "waiting", on: { "greeting.sent": "start" } },
    /** The client has not introduced itself, or has to do so again after STARTTLS. */
    start: {
      ...safePoint("closing"),
      on: { "command.ehlo": "ready", "command.rset": "start" },
    },
    /** Between transactions. */
    ready: {
      ...safePoint("closing"),
      entry: "forgetTransaction",
      on: {
        "command.ehlo": "ready",
        "command.rset": "ready",
        "command.starttls": "upgrading",
        "command.auth": { guard: "isAnonymous", target: "authenticating" },
        "credentials.given": { guard: "isAnonymous", target: "verifying" },
        "command.mail": "verifying",
        "sender.accepted": { target: "mail", actions: "forgetRecipients" },
      },
    },
    upgrading: {
      tags: ["waiting", "upgrading"],
      on: { "tls.secured": { target: "start", actions: ["forgetAuthentication", "forgetDialogue"] } },
    },
    /** A SASL exchange is under way. */
    authenticating: { tags: "authenticating", on: { "credentials.given": "verifying", "login.failed": "ready" } },
    /** The backend was asked about credentials, a sender or a recipient. */
    verifying: {
      tags: ["waiting", "busy"],
      on: {
        "login.succeeded": { target: "ready", actions: "rememberAuthentication" },
        "login.failed": "ready",
        "sender.accepted": { target: "mail", actions: "forgetRecipients" },
        "sender.rejected": "ready",
        "recipient.accepted": { target: "rcpt", actions: "countRecipient" },
        "recipient.rejected": [{ guard: "hasRecipients", target: "rcpt" }, { target: "mail" }],
      },
    },
    /** There is a sender and no recipient. */
    mail: {
      on: { "command.rcpt": "verifying", "command.rset": "ready", "command.ehlo": "ready" },
    },
    /** There is at least one recipient. */
    rcpt: {
      on: {
        "command.rcpt": "verifying",
        "command.data": "data",
        "command.bdat": "bdat",
        "command.rset": "ready",
        "command.ehlo": "ready",
      },
    },
    /** The message comes, up to the final dot. */
    data: { on: { "content.ended": "delivering", "message.answered": "ready" } },
    /** The message comes in chunks of announced size (RFC 3030), with commands between them. */
    bdat: {
      on: {
        "command.bdat": "bdat",
        "content.ended": "delivering",
        "message.answered": "ready",
        "command.rset": "ready",
        "command.ehlo": "ready",
      },
    },
    /** The message is complete and the backend has not answered yet. */
    delivering: { tags: "busy", on: { "message.answered": "ready" } },
    closing: { tags: "over", entry: "forgetTransaction" },
    closed: { tags: "over", type: "final", entry: "forgetTransaction" },
  },
});

export type SmtpState = keyof (typeof smtpMachine)["states"];
