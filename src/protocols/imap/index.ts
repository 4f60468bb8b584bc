import type { LifecycleMode } from "../../machines/lifecycle-logic.ts";
import type { Backend } from "../backend.ts";
import { LoginFailures } from "../login-failures.ts";
import type { Mailboxes } from "../mailbox.ts";
import type { SessionProtocol } from "../protocol.ts";
import { saslMechanisms } from "../sasl.ts";
import { HandoverSession, type TakeOver } from "../take-over.ts";
import { defaultImapLimits, type ImapLimits } from "./limits.ts";
import { ImapSession } from "./session.ts";
import type { ImapInspector, ImapSettings } from "./settings.ts";

export { defaultImapLimits, type ImapLimits } from "./limits.ts";
export { type ImapContext, type ImapEffects, type ImapEvent, imapMachine } from "./machine.ts";
export type { ImapInspector } from "./settings.ts";

export interface ImapOptions extends Partial<ImapLimits> {
  /** Who may log in. */
  readonly backend: Pick<Backend, "authenticate">;
  /** Where their mail is kept. */
  readonly mailboxes: Mailboxes;
  /** Offer LOGIN and AUTHENTICATE on connections in clear as well. Passwords can be read on the way then. Default: false. */
  readonly authWithoutTls?: boolean;
  /** May take the dialogue over after a log-in. */
  readonly takeOver?: TakeOver;
  /** Failed log-ins by address. Share one among protocols, so that failures of all count together. Default: one of its own. */
  readonly loginFailures?: LoginFailures;
  /** What follows the host name in the greeting; one line of printable ASCII. Default: `Gatehouse`. */
  readonly banner?: string;
  /** Watches the chart of every session, which is a root actor with the connection's id (`inspect` of XState). */
  readonly inspect?: ImapInspector;
  /** How the session's chart is run; `compiled` by default. */
  readonly lifecycle?: LifecycleMode;
}

/** An option of `imap()` that cannot be used. */
export class ImapOptionError extends TypeError {
  override readonly name = "ImapOptionError";
  readonly code = "imap-option-invalid";
  readonly option: string;

  constructor(option: string, expected: string) {
    super(`The IMAP option ${option} must be ${expected}.`);
    this.option = option;
  }
}

/**
 * The Internet Message Access Protocol, version 4rev1 (RFC 3501), the server's side, with LITERAL+, SASL-IR, ID, ENABLE,
 * IDLE, NAMESPACE, UIDPLUS, UNSELECT, CHILDREN, MOVE and SPECIAL-USE. The limits, their defaults and what crossing them
 * leads to are those of {@link ImapLimits}.
 *
 * @throws ImapOptionError when a limit is not a positive integer or the banner is not one line of printable ASCII.
 * @example
 * const protocol = imap({ backend: { authenticate: async ({ username }) => lookUp(username) }, mailboxes });
 */
export function imap(options: ImapOptions): SessionProtocol {
  const settings = readSettings(options);
  const { takeOver } = options;
  return {
    kind: "session",
    name: "imap",
    startTls: true,
    busy: ({ rule }) => `* BYE ${busyText(rule)}\r\n`,
    open: (wire) => {
      const session = new ImapSession(wire, settings);
      return takeOver ? new HandoverSession(wire, session) : session;
    },
  };
}

function busyText(rule: string): string {
  if (rule === "draining") return "Server shutting down";
  return rule === "blocked" ? "No access from your address" : "[UNAVAILABLE] Too many connections, try again later";
}

function readSettings(options: ImapOptions): ImapSettings {
  const {
    backend,
    mailboxes,
    authWithoutTls = false,
    takeOver,
    loginFailures = new LoginFailures(),
    banner = "Gatehouse",
    inspect,
    lifecycle = "compiled",
    ...given
  } = options;
  if (!/^[\x20-\x5a\x5e-\x7e][\x20-\x7e]{0,399}$/.test(banner)) {
    throw new ImapOptionError("banner", "one line of printable ASCII");
  }
  const limits: Record<keyof ImapLimits, number> = { ...defaultImapLimits };
  for (const name of Object.keys(defaultImapLimits) as (keyof ImapLimits)[]) {
    const limit = given[name] ?? limits[name];
    if (!Number.isSafeInteger(limit) || limit < 1) throw new ImapOptionError(name, "an integer of at least 1");
    limits[name] = limit;
  }
  const { authenticationFailures } = limits;
  const login = {
    backend,
    mechanisms: saslMechanisms,
    authWithoutTls,
    authenticationFailures,
    failures: loginFailures,
    takeOver,
  };
  return { mailboxes, login, limits, banner, inspect, lifecycle };
}
