/** `gatehouse messages`: lists received messages, or prints one as it was sent. Works beside a running server. */
import { printable } from "../config/values/printable.ts";
import { openStore, type StoredMessage } from "../mailbox/index.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { complain, messagesOf, printStream, say } from "./output.ts";

export interface MessagesOptions {
  readonly data: string;
  /** Only this account's messages. */
  readonly account?: string;
}

/** @param which a message's id, `latest`, or nothing for the list. */
export async function messages(which: string | undefined, { data, account }: MessagesOptions): Promise<ExitCode> {
  let store: Awaited<ReturnType<typeof openStore>> | null = null;
  try {
    store = await openStore(data, { readOnly: true });
    const received: StoredMessage[] = [];
    for await (const message of store.messages(account)) received.push(message);
    if (which === undefined) {
      say(received.length === 0 ? "No messages." : received.map(describe).join("\n"));
      return exitCodes.ok;
    }
    const wanted = which === "latest" ? latest(received) : received.find(({ id }) => id === which);
    if (!wanted) {
      complain(which === "latest" ? "No messages." : `There is no message ${which}; see \`gatehouse messages\`.`);
      return exitCodes.configuration;
    }
    await printStream(await store.content(wanted.id));
    return exitCodes.ok;
  } catch (error) {
    for (const message of messagesOf(error)) complain(message);
    return exitCodes.configuration;
  } finally {
    await store?.close();
  }
}

function latest(received: readonly StoredMessage[]): StoredMessage | undefined {
  return received.reduce<StoredMessage | undefined>(
    (newest, message) => (newest && newest.receivedAt > message.receivedAt ? newest : message),
    undefined,
  );
}

function describe({ id, account, uid, size, sender, receivedAt }: StoredMessage): string {
  return `${id}  ${receivedAt.toISOString()}  ${printable(account)} #${uid}  from <${printable(sender)}>  ${size} octets`;
}
