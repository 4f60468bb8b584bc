// Adds, moves and expunges messages until it is killed, and says of each UID in INBOX when it is acknowledged: DIRECTORY
import { writeSync } from "node:fs";
import { Readable } from "node:stream";
import { openStore } from "../../../src/mailbox/index.ts";

const [directory = ""] = process.argv.slice(2);
const store = await openStore(directory);
const account = await store.mailboxes.open({ username: "ann@example.com", roles: [] });
const inbox = await account.select("INBOX", { readOnly: false });

async function change(number: number): Promise<void> {
  // Every other message is large enough for a file.
  const body = Readable.from([Buffer.alloc(1_000 + (number % 2) * 70_000, "x")], { objectMode: false });
  const { uid, uidValidity } = await account.append("INBOX", { body, flags: ["\\Deleted"] });
  writeSync(1, `${uidValidity} ${uid} appended\n`);
  if (number % 3 === 0) await inbox.move([uid], "Archive");
  if (number % 3 === 1) await inbox.expunge([uid]);
  writeSync(1, `${uidValidity} ${uid} ${number % 3 === 2 ? "kept" : "removed"}\n`);
}

async function changeForEver(): Promise<never> {
  for (let number = 0; ; number += 1) await change(number);
}

await Promise.all([changeForEver(), changeForEver(), changeForEver()]);
