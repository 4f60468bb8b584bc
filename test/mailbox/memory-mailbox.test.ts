import { MemoryMailboxes } from "../protocols/memory-mailbox.ts";
import { mailboxConformance } from "./conformance.ts";

mailboxConformance("In memory", async (limits) => {
  const mailboxes = new MemoryMailboxes(limits);
  return { mailboxes, deliver: async (account, message) => mailboxes.deliver(account, message) };
});
