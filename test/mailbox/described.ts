import type { Mailbox, MessageStructure } from "../../src/protocols/mailbox.ts";

/** Structures by UID. */
export async function described(mailbox: Mailbox, uids: readonly number[]): Promise<Map<number, MessageStructure>> {
  const structures = new Map<number, MessageStructure>();
  for await (const { uid, structure } of mailbox.describe(uids)) structures.set(uid, structure);
  return structures;
}
