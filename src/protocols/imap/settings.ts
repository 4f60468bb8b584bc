/** The options of `imap()`, and the settings made from them. */
import {
  type MailboxSessionOptions,
  type MailboxSessionSettings,
  mailboxForms,
  OptionReader,
} from "../session/options.ts";
import { defaultImapLimits, type ImapLimits } from "./limits.ts";

export interface ImapOptions extends MailboxSessionOptions, Partial<ImapLimits> {
  /** What follows the host name in the greeting; one line of printable ASCII. Default: `Gatehouse`. */
  readonly banner?: string;
}

/** What is the same for all sessions of one `imap()`. */
export interface ImapSettings extends MailboxSessionSettings {
  readonly limits: ImapLimits;
  readonly banner: string;
}

/** @throws ProtocolOptionError */
export function readSettings(options: ImapOptions): ImapSettings {
  const reader = new OptionReader("imap");
  reader.check(options, mailboxForms, defaultImapLimits);
  const limits = reader.limits(defaultImapLimits, options);
  return {
    ...reader.session(options, limits),
    mailboxes: options.mailboxes,
    banner: reader.lineOfText("banner", options.banner ?? "Gatehouse"),
  };
}
