/** Messages to deliver, and what comes back of them. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { DeliveryRequest, Store, StoredMessage } from "../../src/mailbox/index.ts";

/** Bytes that tell by themselves which size they should have: `size` octets that depend on it. */
export function bytesOf(size: number): Buffer {
  const block = createHash("sha512").update(String(size)).digest();
  return Buffer.alloc(size, block);
}

/** A body in chunks as they come from a socket. */
export function bodyOf(bytes: Uint8Array, chunk = 16_384): Readable {
  const chunks = function* () {
    for (let start = 0; start < bytes.length; start += chunk) yield bytes.subarray(start, start + chunk);
  };
  return Readable.from(chunks(), { objectMode: false });
}

export function letter(
  body: Readable,
  { to = ["ann@example.com"], from = "bob@example.net" }: { to?: string[]; from?: string } = {},
): DeliveryRequest {
  return { sender: from, recipients: to.map((account) => ({ account, address: account })), body };
}

export async function contentOf(store: Store, id: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.content(id)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function listOf(store: Store, account?: string): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = [];
  for await (const message of store.messages(account)) messages.push(message);
  return messages;
}
