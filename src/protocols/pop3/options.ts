/** What `pop3()` is told, and what it makes of it. */
import type { LifecycleMode } from "../../machines/lifecycle-logic.ts";
import type { Backend } from "../backend.ts";
import { LoginFailures } from "../login-failures.ts";
import type { Mailboxes } from "../mailbox.ts";
import { saslMechanisms } from "../sasl.ts";
import type { TakeOver } from "../take-over.ts";
import type { Pop3Inspector, Pop3Settings } from "./dialogue.ts";
import { defaultPop3Limits, type Pop3Limits } from "./limits.ts";

export interface Pop3Options extends Partial<Pop3Limits> {
  /** Who may log in. */
  readonly backend: Pick<Backend, "authenticate">;
  /** Where mail is kept. */
  readonly mailboxes: Mailboxes;
  /** Take log-ins on connections in clear as well. Passwords can be read on the way then. Default: false. */
  readonly authWithoutTls?: boolean;
  /** Failed log-ins by address. Share one among protocols, so that failures of all count together. Default: one of its own. */
  readonly loginFailures?: LoginFailures;
  /** After the log-in, a session of your own in place of POP3's, for whom it gives one. */
  readonly takeOver?: TakeOver;
  /** What follows the host name in the greeting; one line of printable ASCII. Default: `POP3 Gatehouse`. */
  readonly banner?: string;
  /** Watches the chart of every session, which is a root actor with the connection's id (`inspect` of XState). */
  readonly inspect?: Pop3Inspector;
  /** How the session's chart is run; `compiled` by default. */
  readonly lifecycle?: LifecycleMode;
}

/** An option of `pop3()` that cannot be used. */
export class Pop3OptionError extends TypeError {
  override readonly name = "Pop3OptionError";
  readonly code = "pop3-option-invalid";
  readonly option: string;

  constructor(option: string, expected: string) {
    super(`The POP3 option ${option} must be ${expected}.`);
    this.option = option;
  }
}

/** @throws Pop3OptionError */
export function readSettings(options: Pop3Options): Pop3Settings {
  const {
    backend,
    mailboxes,
    authWithoutTls = false,
    loginFailures = new LoginFailures(),
    takeOver,
    banner = "POP3 Gatehouse",
    inspect,
    lifecycle = "compiled",
    ...given
  } = options;
  if (!/^[\x20-\x7e]{1,400}$/.test(banner)) throw new Pop3OptionError("banner", "one line of printable ASCII");
  const limits: Record<keyof Pop3Limits, number> = { ...defaultPop3Limits };
  for (const name of Object.keys(defaultPop3Limits) as (keyof Pop3Limits)[]) {
    const limit = given[name] ?? limits[name];
    if (!Number.isSafeInteger(limit) || limit < 1) throw new Pop3OptionError(name, "an integer of at least 1");
    limits[name] = limit;
  }
  const login = {
    backend,
    mechanisms: saslMechanisms,
    authWithoutTls,
    authenticationFailures: limits.authenticationFailures,
    failures: loginFailures,
    takeOver,
  };
  return { mailboxes, limits, login, banner, inspect, lifecycle };
}
