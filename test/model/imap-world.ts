/** A client of IMAP over a real instance: what it has said, and what the store has kept for it. */
import { imap } from "../../src/index.ts";
import type { Bench } from "../../src/testing/index.ts";
import { MailWorld, ModelStore, opinionsOf, takeOver } from "./mail-world.ts";

export const delivered = "Subject: Hello\r\n\r\nHello\r\n";

/** The order of the defaults, and shorter: the less time passes, the fewer of the server's own timers go off on the way. */
const limits = { loginTimeout: 50_000, contentTimeout: 50_000, commandTimeout: 90_000, idleNotifyInterval: 60_000 };

/** A command that the client has sent. */
interface Said {
  readonly tag: string;
  readonly text: string;
  /** The message that came with it. */
  readonly message: string | null;
}

interface Manner {
  /** The message that comes with it. */
  readonly message?: string | null;
  /** It comes behind one that is carried out. */
  readonly behind?: boolean;
  /** What follows it in the same write. */
  readonly injected?: string;
  /** False: its line has no end yet. */
  readonly isWhole?: boolean;
}

export class ImapWorld extends MailWorld {
  readonly store: ModelStore;
  readonly said: Said[] = [];
  /** The place of the command that the chart is at; those before it have been answered. */
  current = 0;

  constructor(bench: Bench) {
    const store = new ModelStore();
    for (let message = 0; message < 2; message++) store.memory.deliver("anna", delivered);
    const settings = { backend: opinionsOf(store), mailboxes: store, takeOver, authWithoutTls: true };
    super(bench, imap({ ...settings, ...limits, inspect: bench.observation.inspect }));
    this.store = store;
  }

  /** The messages of one of Anna's mailboxes, by UID. */
  kept(mailbox: string): ReadonlyMap<number, string> {
    const messages = this.store.memory.account("anna").folders.get(mailbox)?.messages ?? [];
    return new Map(messages.map(({ summary, bytes }) => [summary.uid, bytes.toString("latin1")]));
  }

  /** Sends a command with a tag of its own. What comes of it is the oracle's to see. */
  override async say(text: string, how: Manner = {}): Promise<void> {
    const { injected = "", isWhole = true } = how;
    this.#note(text, how);
    this.client.send(`${this.tag} ${text}${isWhole ? "\r\n" : ""}${injected}`);
    await this.delivered();
  }

  /** Sends commands at once. */
  async sayAll(texts: readonly string[]): Promise<void> {
    const lines = texts.map((text) => {
      this.#note(text);
      return `${this.tag} ${text}\r\n`;
    });
    this.client.send(lines.join(""));
    await this.delivered();
  }

  /** Sends a command and waits for its answer. */
  async ask(text: string): Promise<void> {
    await this.say(text);
    await this.client.until(`\r\n${this.tag} `);
  }

  get tag(): string {
    return this.said.at(-1)?.tag ?? "*";
  }

  /** The message of a command that was begun without it. */
  completes(message: string): void {
    const last = this.said.pop();
    if (last) this.said.push({ ...last, message });
  }

  #note(text: string, { message = null, behind = false }: Manner = {}): void {
    this.said.push({ tag: `c${this.said.length + 1}`, text, message });
    if (!behind) this.current = this.said.length - 1;
  }
}
