/** What a client may ask of one session: limits of the mail protocols that a listener may set. */
import { z } from "zod";
import { duration } from "../values/duration.ts";
import { mustBe } from "../values/expectation.ts";
import { fieldDisplay } from "../values/field-display.ts";
import { countOrNull, fieldsOf } from "../values/fields.ts";

const number = (label: string, description: string) =>
  countOrNull().describe(description).register(fieldDisplay, { label });

const octets = (label: string, description: string) =>
  countOrNull().describe(`${description} In octets.`).register(fieldDisplay, { label, format: "size" });

const time = (label: string, description: string) =>
  duration(1).nullable().prefault(null).describe(description).register(fieldDisplay, { label });

/** Null: the default of the protocol. */
export const sessionLimitsSchema = fieldsOf({
  commandLine: octets("Command line", "The longest command line."),
  authLine: octets("Line of a SASL exchange", "The longest line of a log-in."),
  textLine: octets("Line of a message", "The longest line of a message's text."),
  messageSize: octets("Message", "The largest message."),
  refusedScript: octets(
    "Refused script",
    "How much of a script that is too large is read before the client is cut off.",
  ),
  recipients: number("Recipients", "Recipients of one message."),
  rejectedRecipients: number("Rejected recipients", "Rejected recipients after which the session ends."),
  errors: number("Errors", "Errors after which the session ends."),
  authenticationFailures: number("Failed log-ins", "Failed log-ins after which the session ends."),
  commandsBeforeLogin: number("Commands before the log-in", "Commands without a log-in after which the session ends."),
  commandsWithoutMail: number(
    "Commands without mail",
    "Commands without an accepted message after which the session ends.",
  ),
  loginTimeout: time("Log-in timeout", "Limit from the greeting to the log-in."),
  firstCommandTimeout: time("First command timeout", "Limit of silence after the greeting."),
  commandTimeout: time("Command timeout", "Limit of silence between commands."),
  idleTimeout: time("Idle timeout", "Limit of silence between commands."),
  contentTimeout: time("Content timeout", "Limit of silence within a message."),
  progressTimeout: time("Progress timeout", "Limit without an accepted message or a log-in, whatever is said."),
  idleNotifyInterval: time("Interval of IDLE", "Time between the signs of life that IDLE sends."),
  contentRate: octets("Rate of messages", "The slowest that a message may come, each second."),
});

export type SessionLimits = Readonly<z.output<typeof sessionLimitsSchema>>;
export type SessionLimit = keyof SessionLimits;

const login = ["authenticationFailures", "loginTimeout", "authLine"] as const;
const delivery = [
  ...["commandLine", "authLine", "textLine", "messageSize", "recipients", "rejectedRecipients", "errors"],
  ...["commandsWithoutMail", "authenticationFailures", "firstCommandTimeout", "commandTimeout", "contentTimeout"],
  ...["progressTimeout", "contentRate"],
] as readonly SessionLimit[];

/** By protocol; those of embedders' own protocols are not known here. */
export const limitsOfProtocol: ReadonlyMap<string, readonly SessionLimit[]> = new Map([
  ["smtp", delivery],
  ["lmtp", delivery],
  [
    "imap",
    [
      ...login,
      "messageSize",
      "errors",
      "commandsBeforeLogin",
      "commandTimeout",
      "idleNotifyInterval",
      "contentTimeout",
    ],
  ],
  ["pop3", [...login, "commandLine", "errors", "idleTimeout"]],
  ["manageSieve", [...login, "commandLine", "refusedScript", "errors", "commandsBeforeLogin", "commandTimeout"]],
  ["http", []],
]);

const BANNER = "one line of at most 400 printable ASCII characters, or null";

export const banner = z
  .string({ error: mustBe(BANNER) })
  .regex(/^[\x20-\x7e]{1,400}$/, { error: mustBe(BANNER) })
  .nullable()
  .default(null);

/** What a listener may say of its sessions; null, or false, where their protocol decides. */
export interface SessionConfiguration {
  readonly banner: string | null;
  readonly authWithoutTls: boolean;
  readonly limits: SessionLimits;
}
