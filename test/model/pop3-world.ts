/** A real instance that speaks POP3: Anna has two messages, and a hoarder has more than a client takes that does not read. */
import { type AccountMail, type MaildropMessage, pop3 } from "../../src/index.ts";
import type { Bench } from "../../src/testing/index.ts";
import { MailWorld, ModelStore, opinionsOf, short, takeOver } from "./mail-world.ts";

export const delivered = "Subject: Hello\r\n\r\nHello\r\n";

const largeMessage = Buffer.alloc(6_000_000, "A line of a large message\r\n");
const many = Array.from(
  { length: 60_000 },
  (_, index): MaildropMessage => ({
    uid: index + 1,
    size: largeMessage.length,
    uniqueId: `${index + 1}`.padEnd(70, "x"),
  }),
);

class Pop3Store extends ModelStore {
  override async open(identity: { username: string }): Promise<AccountMail> {
    const account = await super.open(identity);
    return identity.username === "hoarder" ? Object.create(account, { lockMaildrop: { value: lockMany } }) : account;
  }
}

async function lockMany() {
  const read = async (start: number, end: number) => largeMessage.subarray(start, end);
  const content = async () => ({ size: largeMessage.length, read, close: () => {} });
  return { messages: many, content, remove: async () => {}, release: () => {} };
}

export class Pop3World extends MailWorld {
  readonly store: Pop3Store;
  /** Commands, and lines of SASL exchanges. */
  said = 0;

  constructor(bench: Bench) {
    const store = new Pop3Store();
    for (let message = 0; message < 2; message++) store.memory.deliver("anna", delivered);
    const { inspect } = bench.observation;
    const limits = { loginTimeout: short.login, idleTimeout: short.silence };
    super(
      bench,
      pop3({ backend: opinionsOf(store), mailboxes: store, takeOver, authWithoutTls: true, ...limits, inspect }),
    );
    this.store = store;
  }

  /** Which of Anna's messages are there. */
  get kept(): readonly number[] {
    return (this.#anna.folders.get("INBOX")?.messages ?? []).map(({ summary }) => summary.uid);
  }

  /** Whether a session has the maildrop. */
  get isLocked(): boolean {
    return this.#anna.maildrop;
  }

  get #anna() {
    return this.store.memory.account("anna");
  }

  override async say(line: string): Promise<void> {
    this.said += line.split("\r\n").length;
    await super.say(line);
  }

  /** Sends a line and waits for what its answer has in it. */
  async ask(line: string, answer: string): Promise<void> {
    const heard = this.client.received.length;
    await this.say(line);
    await this.client.until(answer, heard);
  }
}
