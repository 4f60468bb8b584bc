/** Backends for the workloads with messages. */

import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import type { Backend } from "../../src/index.ts";
import { AccountDirectory, hashPassword, mailboxBackend, openStore, type Store } from "../../src/index.ts";
import { recipient } from "../load/messages.ts";
import type { Answers } from "./answers.ts";

/** Accepts every message in one piece and discards it. */
export const discard: Backend = {
  recipient: () => undefined,
  wholeMessage: () => undefined,
};

/** The same as a stream, for messages too large for memory. */
export const discardStream: Backend = {
  recipient: () => undefined,
  message: async ({ body }) => {
    body.resume();
    await finished(body);
    return undefined;
  },
};

export interface MailStore {
  readonly backend: Backend;
  statistics(): Answers["kept"];
}

/** Gatehouse's own store; without groups, each message has its own commit, and with it its own fsync(2). */
export async function mailStore(directory: string, groups: boolean): Promise<MailStore> {
  const store = await openStore(directory);
  const accounts = new AccountDirectory([
    { address: recipient, secret: await hashPassword("not used: nobody logs in"), roles: [] },
  ]);
  const backend = mailboxBackend({
    store: groups ? store : { deliver: oneByOne(store) },
    accounts: () => accounts,
    hostname: "localhost",
  });
  return {
    backend,
    statistics: () => {
      const { deliveries: messages, commits } = store.statistics();
      return { messages, commits };
    },
  };
}

/** A message is received while others are being stored, as before, and waits until the previous one is durable. */
function oneByOne(store: Store): Store["deliver"] {
  let last: Promise<unknown> = Promise.resolve();
  return async ({ body, ...delivery }) => {
    const bytes = await buffer(body);
    const kept = last.then(() => store.deliver({ ...delivery, body: Readable.from([bytes], { objectMode: false }) }));
    last = kept.catch(() => {});
    return kept;
  };
}
