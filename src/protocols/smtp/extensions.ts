/** The extensions that are announced (RFC 5321 section 2.2), as lines of the reply to EHLO. */
import type { LoginSettings } from "../login.ts";
import type { SmtpLimits } from "./limits.ts";
import { extensionLines } from "./replies.ts";

/** The same for all sessions of one `smtp()` or `lmtp()`, but for what depends on TLS: so the lines are put together once. */
export class Extensions {
  readonly #lines = new Map<number, string>();
  readonly #limits: Pick<SmtpLimits, "messageSize">;
  readonly #login: Pick<LoginSettings, "mechanisms">;

  constructor(limits: Pick<SmtpLimits, "messageSize">, login: Pick<LoginSettings, "mechanisms">) {
    this.#limits = limits;
    this.#login = login;
  }

  /** @param offered whether STARTTLS and AUTH are among them. */
  lines(offered: { readonly startTls: boolean; readonly auth: boolean }): string {
    const { startTls, auth } = offered;
    const key = (startTls ? 1 : 0) + (auth ? 2 : 0);
    let lines = this.#lines.get(key);
    if (lines === undefined) {
      const tls = startTls ? ["STARTTLS"] : [];
      const sasl = auth ? [`AUTH ${this.#login.mechanisms.join(" ")}`] : [];
      const size = `SIZE ${this.#limits.messageSize}`;
      lines = extensionLines([
        ...["PIPELINING", size, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING", "DSN"],
        ...[...tls, ...sasl, "HELP"],
      ]);
      this.#lines.set(key, lines);
    }
    return lines;
  }
}
