import { onTestFinished } from "vitest";
import { openStore } from "../../../src/mailbox/index.ts";
import { mailboxConformance } from "../conformance.ts";
import { bodyOf, letter } from "../letters.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

mailboxConformance("In SQLite", async (limits) => {
  const store = await openStore(temporaryDirectory(), { limits: limits ?? {} });
  onTestFinished(() => store.close());
  return {
    mailboxes: store.mailboxes,
    deliver: (account, message) => store.deliver(letter(bodyOf(Buffer.from(message)), { to: [account] })),
  };
});
