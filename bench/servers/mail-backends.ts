/** Backends for the workloads with messages. */

import { finished } from "node:stream/promises";
import type { Backend } from "../../src/index.ts";
import { AccountDirectory, hashPassword, mailboxBackend, openStore } from "../../src/index.ts";
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

/** Gatehouse's own store. */
export async function mailStore(directory: string): Promise<MailStore> {
  const store = await openStore(directory);
  const accounts = new AccountDirectory([
    { address: recipient, secret: await hashPassword("not used: nobody logs in"), roles: [] },
  ]);
  const backend = mailboxBackend({
    store,
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
