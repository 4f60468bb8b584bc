import type { Maildrop, MaildropMessage, MessageContent } from "../../protocols/mailbox.ts";
import { toMailboxError } from "../store/failure.ts";
import type { StorePort } from "../store/store-port.ts";
import { removeInSteps } from "./stepwise-writes.ts";
import { openContent } from "./stored-content.ts";
import { readAllSummaries } from "./summary-pages.ts";

/** INBOX for one POP3 session. */
export class StoredMaildrop implements Maildrop {
  readonly #store: StorePort;
  readonly #mailbox: number;
  readonly #onRelease: () => void;
  readonly messages: readonly MaildropMessage[];
  #isReleased = false;

  constructor(options: {
    readonly store: StorePort;
    /** UIDVALIDITY of INBOX. */
    readonly mailbox: number;
    readonly messages: readonly MaildropMessage[];
    /** Called once. */
    readonly onRelease: () => void;
  }) {
    this.#store = options.store;
    this.#mailbox = options.mailbox;
    this.#onRelease = options.onRelease;
    this.messages = options.messages;
  }

  async content(uid: number): Promise<MessageContent> {
    try {
      const row = await this.#store.read("message", { mailbox: this.#mailbox, uid });
      return await openContent(this.#store.directory, row);
    } catch (error) {
      throw toMailboxError(error);
    }
  }

  async remove(uids: readonly number[]): Promise<void> {
    if (uids.length === 0) return;
    try {
      await removeInSteps(this.#store, this.#mailbox, uids);
    } catch (error) {
      throw toMailboxError(error);
    }
  }

  release(): void {
    this.close();
  }

  /** For the account, which closes what it opened. */
  close(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#onRelease();
  }
}

/** The messages of INBOX as POP3 names them. */
export async function readMaildrop(store: StorePort, mailbox: number): Promise<MaildropMessage[]> {
  const messages: MaildropMessage[] = [];
  for await (const { uid, size } of readAllSummaries(store, mailbox)) {
    uid.forEach((number, index) => {
      messages.push({ uid: number, size: size[index] ?? 0, uniqueId: `${mailbox}.${number}` });
    });
  }
  return messages;
}
