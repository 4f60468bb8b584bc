/** The extensions that are announced (RFC 5321 section 2.2), as lines of the reply to EHLO. */
import type { SaslMechanism } from "../sasl.ts";
import type { SmtpLimits } from "./limits.ts";
import { extensionLines } from "./replies.ts";

/** The same for all sessions of one `smtp()` or `lmtp()`, but for what depends on TLS: so the lines are put together once. */
export class Extensions {
  readonly #lines = new Map<number, string>();
  readonly #limits: Pick<SmtpLimits, "messageSize">;

  constructor(limits: Pick<SmtpLimits, "messageSize">) {
    this.#limits = limits;
  }

  /** @param offered whether STARTTLS is among them, and by which mechanisms a client may log in. */
  lines(offered: { readonly startTls: boolean; readonly mechanisms: readonly SaslMechanism[] }): string {
    const { startTls, mechanisms } = offered;
    // Which of them there are depends on the client's certificate alone: their number tells.
    const key = (startTls ? 1 : 0) + 2 * mechanisms.length;
    let lines = this.#lines.get(key);
    if (lines === undefined) {
      const tls = startTls ? ["STARTTLS"] : [];
      const sasl = mechanisms.length > 0 ? [`AUTH ${mechanisms.join(" ")}`] : [];
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
