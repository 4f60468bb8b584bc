/** The options of `manageSieve()`, and the settings made from them. */
import { type MailboxSessionOptions, mailboxForms, OptionReader } from "../session/options.ts";
import type { ManageSieveSettings } from "./dialogue.ts";
import { defaultManageSieveLimits, type ManageSieveLimits } from "./limits.ts";

export interface ManageSieveOptions extends MailboxSessionOptions, Partial<ManageSieveLimits> {
  /** What the capability IMPLEMENTATION says; one line of printable ASCII. Default: `Gatehouse`. */
  readonly banner?: string;
}

/** @throws ProtocolOptionError */
export function readSettings(options: ManageSieveOptions): ManageSieveSettings {
  const reader = new OptionReader("manageSieve");
  reader.check(options, mailboxForms, defaultManageSieveLimits);
  const limits = reader.limits(defaultManageSieveLimits, options);
  return {
    ...reader.session(options, limits, ["PLAIN"]),
    mailboxes: options.mailboxes,
    banner: reader.lineOfText("banner", options.banner ?? "Gatehouse"),
  };
}
