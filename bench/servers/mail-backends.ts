/** Backends for the workloads with messages. */

import type { Backend } from "../../src/index.ts";
import { AccountDirectory, hashPassword, mailboxBackend, openStore } from "../../src/index.ts";
import { recipient } from "../load/messages.ts";
import type { Answers } from "./answers.ts";

/** Accepts every message in one piece and discards it. */
export const discard: Backend = {
  recipient: () => undefined,
  wholeMessage: () => undefined,
};

/** The same as a stream, for messages too large for memory: it listens to what the peer smtp-server listens to. */
export const discardStream: Backend = {
  recipient: () => undefined,
  message: ({ body }) =>
    new Promise((resolve, reject) => {
      body.on("end", () => resolve(undefined)).on("error", reject);
      body.resume();
    }),
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
