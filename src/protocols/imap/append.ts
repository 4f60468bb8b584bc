/** APPEND (RFC 3501 section 6.3.11, RFC 4315): the message streams to the mailbox, and is never held as a whole. */

import { IncomingBody, MessageError } from "../incoming-body.ts";
import type { AccountMail, Appended } from "../mailbox.ts";
import { bad, type Completion, no, ok, refusal, tryCreate } from "./completion.ts";
import { type Dialogue, notNow } from "./dialogue.ts";
import type { AppendCommand } from "./grammar/command.ts";
import { formatAppendUid } from "./grammar/format-response.ts";
import type { CommandError } from "./grammar/read-result.ts";

/** A message under way. */
export class IncomingAppend {
  readonly command: AppendCommand;
  readonly #body: IncomingBody;
  readonly #appended: Promise<Appended>;

  constructor(dialogue: Dialogue, { command, account }: { command: AppendCommand; account: AccountMail }) {
    this.command = command;
    this.#body = new IncomingBody(() => dialogue.wire.wake());
    const { mailbox, flags, internalDate, size } = command;
    const date = internalDate ? { internalDate: internalDate.time } : {};
    this.#appended = account.append(mailbox, { body: this.#body, size, flags, ...date });
    // Looked at when the message is complete; it may be refused long before.
    this.#appended.catch(() => {});
  }

  /** The mailbox has enough for now. */
  get full(): boolean {
    return this.#body.full;
  }

  add(chunk: Buffer): void {
    this.#body.add(chunk);
  }

  /** The message is complete. */
  async finish(): Promise<Completion> {
    this.#body.push(null);
    try {
      const { uidValidity, uid } = await this.#appended;
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

/** The command is here, its message is not yet: that is asked for only when there is a place for it. */
export function append(
  dialogue: Dialogue,
  { command, synchronizing }: { readonly command: AppendCommand; readonly synchronizing: boolean },
): void {
  const { account, settings } = dialogue;
  if (!account || !dialogue.can("command.append")) {
    refuse(dialogue, command.tag, notNow(dialogue));
    return;
  }
  if (command.size > settings.limits.messageSize) {
    refuse(dialogue, command.tag, no(`Messages have ${settings.limits.messageSize} octets at most`, "TOOBIG"));
    return;
  }
  if (command.size === 0) {
    refuse(dialogue, command.tag, no("An empty message cannot be kept"));
    return;
  }
  dialogue.send("command.append");
  dialogue.ask({
    operation: "mailbox",
    ask: () => account.status(command.mailbox),
    answered: (outcome) => {
      if ("error" in outcome) refuseFor(dialogue, command, outcome.error);
      else receive(dialogue, { command, account, synchronizing });
    },
    isAnswer: (error) => refusal(tryCreate(error)) !== null,
  });
}

function refuseFor(dialogue: Dialogue, { tag }: AppendCommand, error: Error): void {
  refuse(dialogue, tag, refusal(tryCreate(error)) ?? no("Temporary failure, try again later", "UNAVAILABLE"));
  if (!dialogue.over) dialogue.send("command.completed");
}

/** What its message may come for. */
interface AcceptedAppend {
  readonly command: AppendCommand;
  readonly account: AccountMail;
  readonly synchronizing: boolean;
}

function receive(dialogue: Dialogue, { command, account, synchronizing }: AcceptedAppend): void {
  dialogue.wire.setIdleTimeout(dialogue.settings.limits.contentTimeout);
  dialogue.incoming = new IncomingAppend(dialogue, { command, account });
  dialogue.reader.acceptMessage();
  if (synchronizing) dialogue.output.text("+ Ready for the message\r\n");
}

function refuse(dialogue: Dialogue, tag: string, completion: Completion): void {
  dialogue.reader.refuseMessage();
  dialogue.complete(tag, completion);
}

/** The last octet, and the end of the command, are here. */
export function finishAppend(dialogue: Dialogue, incoming: IncomingAppend): void {
  dialogue.incoming = null;
  dialogue.wire.setIdleTimeout(dialogue.settings.limits.commandTimeout);
  dialogue.send("content.ended");
  void dialogue.carryOut(incoming.command.tag, async () => ({ completion: await incoming.finish(), expunges: true }));
}

/** What follows the message is not the end of the command. */
export function breakAppend(
  dialogue: Dialogue,
  { error, incoming }: { error: CommandError; incoming: IncomingAppend },
): void {
  incoming.abandon();
  dialogue.incoming = null;
  dialogue.wire.setIdleTimeout(dialogue.settings.limits.commandTimeout);
  dialogue.send("command.completed");
  dialogue.complete(error.tag ?? incoming.command.tag, bad(error.text));
}
