import type { LifecycleMode } from "../../machines/lifecycle-logic.ts";
import type { Backend } from "../backend.ts";
import type { SessionProtocol } from "../protocol.ts";
import { type SmtpInspector, type SmtpSettings, smtpActors } from "./dialogue.ts";
import { defaultSmtpLimits, type SmtpLimits } from "./limits.ts";
import { blockedReply, busyReply, shuttingDownReply } from "./replies.ts";
import { SmtpSession } from "./session.ts";

export type { SmtpInspector } from "./dialogue.ts";
export { defaultSmtpLimits, type SmtpLimits } from "./limits.ts";
export { type SmtpContext, type SmtpEffects, type SmtpEvent, smtpMachine } from "./machine.ts";

export interface SmtpOptions extends Partial<SmtpLimits> {
  /** Who may log in, whose mail is taken, and where it is kept. */
  readonly backend: Backend;
  /** Offer AUTH on connections in clear as well. Passwords can be read on the way then. Default: false. */
  readonly authWithoutTls?: boolean;
  /**
   * What a client gets that sends more than its first command before the reply to it, as much spam software does:
   * `notice` only tells (`session.earlyTalker`), `reject` says `554 5.5.1` and closes. Default: `notice`.
   */
  readonly earlyTalker?: "notice" | "reject";
  /** What follows the host name in the greeting; one line of printable ASCII. Default: `ESMTP Gatehouse`. */
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

/**
 * The Simple Mail Transfer Protocol (RFC 5321), the server's side, with PIPELINING, SIZE, 8BITMIME, SMTPUTF8,
 * ENHANCEDSTATUSCODES, STARTTLS, AUTH (PLAIN, LOGIN), CHUNKING and DSN. The limits, their defaults and what crossing
 * them leads to are those of {@link SmtpLimits}.
 *
 * @throws SmtpOptionError when a limit is not a positive integer or the banner is not one line of printable ASCII.
 * @example
 * const protocol = smtp({ backend: { recipient: async () => undefined, message: async ({ body }) => keep(body) } });
 */
export function smtp(options: SmtpOptions): SessionProtocol {
  const settings = readSettings(options);
  return {
    kind: "session",
    name: "smtp",
    startTls: true,
    busy: ({ rule }, hostname) => refusalReply(rule, hostname),
    open: (wire) => new SmtpSession(wire, settings),
  };
}

function refusalReply(rule: string, hostname: string): string {
  if (rule === "draining") return shuttingDownReply(hostname);
  return rule === "blocked" ? blockedReply(hostname) : busyReply(hostname);
}

function readSettings(options: SmtpOptions): SmtpSettings {
  const {
    backend,
    authWithoutTls = false,
    earlyTalker = "notice",
    banner = "ESMTP Gatehouse",
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
  return { backend, limits, authWithoutTls, earlyTalker, banner, actors: smtpActors({ lifecycle, inspect }) };
}
