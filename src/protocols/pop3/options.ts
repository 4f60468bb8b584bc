/** The options of `pop3()`, and the settings made from them. */
import { type MailboxSessionOptions, mailboxForms, OptionReader } from "../session/options.ts";
import type { Pop3Settings } from "./dialogue.ts";
import { defaultPop3Limits, type Pop3Limits } from "./limits.ts";

export interface Pop3Options extends MailboxSessionOptions, Partial<Pop3Limits> {
  /** What follows the host name in the greeting; one line of printable ASCII. Default: `POP3 Gatehouse`. */
  readonly banner?: string;
}

/** @throws ProtocolOptionError */
export function readSettings(options: Pop3Options): Pop3Settings {
  const reader = new OptionReader("pop3");
  reader.check(options, mailboxForms, defaultPop3Limits);
  const limits = reader.limits(defaultPop3Limits, options);
  return {
    ...reader.session(options, limits),
    mailboxes: options.mailboxes,
    banner: reader.lineOfText("banner", options.banner ?? "POP3 Gatehouse"),
  };
}
