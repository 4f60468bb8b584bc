/** APPEND (RFC 3501 section 6.3.11, RFC 4315): the message streams to the mailbox, and is never held as a whole. */
import type { AccountMail } from "../mailbox.ts";
import { bad, type Completion, no, notNow, refusal, tryCreate } from "./completion.ts";
import type { ImapDialogue } from "./dialogue.ts";
import type { AppendCommand } from "./grammar/command.ts";
import type { CommandError } from "./grammar/read-result.ts";
import { IncomingAppend } from "./incoming-append.ts";

/** The command is here, its message is not yet: that is asked for only when there is a place for it. */
export function append(
  dialogue: ImapDialogue,
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

function refuseFor(dialogue: ImapDialogue, { tag }: AppendCommand, error: Error): void {
  refuse(dialogue, tag, refusal(tryCreate(error)) ?? no("Temporary failure, try again later", "UNAVAILABLE"));
  if (!dialogue.over) dialogue.send("command.completed");
}

/** What its message may come for. */
interface AcceptedAppend {
  readonly command: AppendCommand;
  readonly account: AccountMail;
  readonly synchronizing: boolean;
}

function receive(dialogue: ImapDialogue, { command, account, synchronizing }: AcceptedAppend): void {
  dialogue.wire.setIdleTimeout(dialogue.settings.limits.contentTimeout);
  dialogue.incoming = new IncomingAppend({ command, account, wake: () => dialogue.wire.wake() });
  dialogue.reader.acceptMessage();
  if (synchronizing) dialogue.output.text("+ Ready for the message\r\n");
}

function refuse(dialogue: ImapDialogue, tag: string, completion: Completion): void {
  dialogue.reader.refuseMessage();
  dialogue.complete(tag, completion);
}

/** The last octet, and the end of the command, are here. */
export function finishAppend(dialogue: ImapDialogue, incoming: IncomingAppend): void {
  dialogue.incoming = null;
  dialogue.wire.setIdleTimeout(dialogue.settings.limits.commandTimeout);
  dialogue.send("content.ended");
  void dialogue.carryOut(incoming.command.tag, async () => ({ completion: await incoming.finish(), expunges: true }));
}

/** What follows the message is not the end of the command. */
export function breakAppend(
  dialogue: ImapDialogue,
  { error, incoming }: { error: CommandError; incoming: IncomingAppend },
): void {
  incoming.abandon();
  dialogue.incoming = null;
  dialogue.wire.setIdleTimeout(dialogue.settings.limits.commandTimeout);
  dialogue.send("command.completed");
  dialogue.complete(error.tag ?? incoming.command.tag, bad(error.text));
}
