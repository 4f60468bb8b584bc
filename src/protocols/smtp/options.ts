/** The options of `smtp()` and `lmtp()`, and the settings made from them. */
import { anything, oneOf } from "../../config/values/option-forms.ts";
import type { Backend } from "../backend.ts";
import { OptionReader, type SessionOptions, sessionForms } from "../session/options.ts";
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

/** One object of options may serve all protocols: those of mailboxes have no meaning here, and do no harm. */
const forms = {
  ...sessionForms,
  earlyTalker: oneOf("notice", "reject"),
  mailboxes: anything,
  takeOver: anything,
};

/** @throws ProtocolOptionError */
export function readSettings(options: SmtpOptions, dialect: Dialect): SmtpSettings {
  const reader = new OptionReader(dialect.name);
  reader.check(options, forms, defaultSmtpLimits);
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
