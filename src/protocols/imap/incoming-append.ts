import { checkedAppended } from "../checked-mailbox.ts";
import { IncomingBody, MessageError } from "../incoming-body.ts";
import type { AccountMail, Appended } from "../mailbox.ts";
import { type Completion, ok, tryCreate } from "./completion.ts";
import { CrlfLines } from "./crlf-lines.ts";
import type { AppendCommand } from "./grammar/command.ts";
import { formatAppendUid } from "./grammar/format-response.ts";

/** The message of an APPEND that is under way. */
export class IncomingAppend {
  readonly command: AppendCommand;
  readonly #body: IncomingBody;
  readonly #lines = new CrlfLines();
  readonly #appended: Promise<Appended>;

  constructor({ command, account, wake }: { command: AppendCommand; account: AccountMail; wake: () => void }) {
    this.command = command;
    const failure = Promise.withResolvers<never>();
    const body = new IncomingBody(wake, failure.reject);
    this.#body = body;
    const { mailbox, flags, internalDate, size } = command;
    const date = internalDate ? { internalDate: internalDate.time } : {};
    const append = async (): Promise<Appended> => account.append(mailbox, { body, size, flags, ...date });
    this.#appended = Promise.race([append(), failure.promise]);
    // Looked at when the message is complete; it may be refused long before. What still comes is dropped.
    this.#appended.catch(() => body.destroy());
  }

  /** The mailbox has enough for now. */
  get full(): boolean {
    return this.#body.full;
  }

  add(chunk: Buffer): void {
    this.#body.add(this.#lines.write(chunk));
  }

  /** The message is complete. */
  async finish(): Promise<Completion> {
    const end = this.#lines.end();
    if (end.length > 0) this.#body.add(end);
    this.#body.push(null);
    try {
      const { uidValidity, uid } = checkedAppended(await this.#appended);
      return ok("Appended", formatAppendUid(uidValidity, [uid]));
    } catch (error) {
      throw tryCreate(error);
    }
  }

  /** The rest of the message will not come. */
  abandon(): void {
    if (this.#body.readableEnded || this.#body.destroyed) return;
    this.#body.destroy(new MessageError("message-incomplete", "The client went away before the message was complete."));
  }
}
