/** The options of `smtp()` and `lmtp()`, and the settings made from them. */
import type { Backend } from "../backend.ts";
import { OptionReader, type SessionOptions } from "../session/options.ts";
import type { Dialect } from "./dialect.ts";
import type { SmtpSettings } from "./dialogue.ts";
import { Extensions } from "./extensions.ts";
import { defaultSmtpLimits, type SmtpLimits } from "./limits.ts";

export interface SmtpOptions extends SessionOptions, Partial<SmtpLimits> {
  /** Who may log in, whose mail is taken, and where it is kept. */
  readonly backend: Backend;
  /**
   * What a client gets that sends more than its first command before the reply to it, as much spam software does:
   * `notice` only reports it (`session.earlyTalker`), `reject` says `554 5.5.1` and closes. Default: `notice`.
   */
  readonly earlyTalker?: "notice" | "reject";
  /**
   * What follows the host name in the greeting; one line of printable ASCII. Default: `ESMTP Gatehouse`, or
   * `LMTP Gatehouse`.
   */
  readonly banner?: string;
}

/** @throws ProtocolOptionError */
export function readSettings(options: SmtpOptions, dialect: Dialect): SmtpSettings {
  const reader = new OptionReader(dialect.name);
  const limits = reader.limits(defaultSmtpLimits, options);
  const session = reader.session(options, limits);
  return {
    ...session,
    dialect,
    extensions: new Extensions(limits),
    backend: options.backend,
    earlyTalker: options.earlyTalker ?? "notice",
    banner: reader.lineOfText("banner", options.banner ?? dialect.banner),
  };
}
