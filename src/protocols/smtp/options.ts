/** What `smtp()` and `lmtp()` are told, and what they make of it. */
import type { LifecycleMode } from "../../machines/lifecycle-logic.ts";
import type { Backend } from "../backend.ts";
import { LoginFailures } from "../login-failures.ts";
import { saslMechanisms } from "../sasl.ts";
import type { Dialect } from "./dialect.ts";
import type { SmtpInspector, SmtpSettings } from "./dialogue.ts";
import { defaultSmtpLimits, type SmtpLimits } from "./limits.ts";

export interface SmtpOptions extends Partial<SmtpLimits> {
  /** Who may log in, whose mail is taken, and where it is kept. */
  readonly backend: Backend;
  /** Offer AUTH on connections in clear as well. Passwords can be read on the way then. Default: false. */
  readonly authWithoutTls?: boolean;
  /** Failed log-ins by address. Share one among protocols, so that failures of all count together. Default: one of its own. */
  readonly loginFailures?: LoginFailures;
  /**
   * What a client gets that sends more than its first command before the reply to it, as much spam software does:
   * `notice` only tells (`session.earlyTalker`), `reject` says `554 5.5.1` and closes. Default: `notice`.
   */
  readonly earlyTalker?: "notice" | "reject";
  /**
   * What follows the host name in the greeting; one line of printable ASCII. Default: `ESMTP Gatehouse`, or
   * `LMTP Gatehouse`.
   */
  readonly banner?: string;
  /** Watches the chart of every session, which is a root actor with the connection's id (`inspect` of XState). */
  readonly inspect?: SmtpInspector;
  /** How the session's chart is run; `compiled` by default. */
  readonly lifecycle?: LifecycleMode;
}

/** An option of `smtp()` that cannot be used. */
export class SmtpOptionError extends TypeError {
  override readonly name = "SmtpOptionError";
  readonly code = "smtp-option-invalid";
  readonly option: string;

  constructor(option: string, expected: string) {
    super(`The SMTP option ${option} must be ${expected}.`);
    this.option = option;
  }
}

/** @throws SmtpOptionError */
export function readSettings(options: SmtpOptions, dialect: Dialect): SmtpSettings {
  const {
    backend,
    authWithoutTls = false,
    loginFailures = new LoginFailures(),
    earlyTalker = "notice",
    banner = dialect.banner,
    inspect,
    lifecycle = "compiled",
    ...given
  } = options;
  if (!/^[\x20-\x7e]{1,400}$/.test(banner)) throw new SmtpOptionError("banner", "one line of printable ASCII");
  const limits: Record<keyof SmtpLimits, number> = { ...defaultSmtpLimits };
  for (const name of Object.keys(defaultSmtpLimits) as (keyof SmtpLimits)[]) {
    const limit = given[name] ?? limits[name];
    if (!Number.isSafeInteger(limit) || limit < 1) throw new SmtpOptionError(name, "an integer of at least 1");
    limits[name] = limit;
  }
  const login = {
    backend,
    mechanisms: saslMechanisms,
    authWithoutTls,
    authenticationFailures: limits.authenticationFailures,
    failures: loginFailures,
  };
  return { dialect, backend, limits, login, earlyTalker, banner, inspect, lifecycle };
}
