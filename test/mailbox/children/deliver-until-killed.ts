// Delivers messages until it is killed, and says each one's id and size when it is acknowledged: DIRECTORY SEED
import { writeSync } from "node:fs";
import { openStore } from "../../../src/mailbox/index.ts";
import { bodyOf, bytesOf, letter } from "../letters.ts";

const [directory = "", seed = "0"] = process.argv.slice(2);
const store = await openStore(directory);
let number = 0;

async function deliverForEver(): Promise<never> {
  while (true) {
    number += 1;
    // Every other message is large enough for a file.
    const size = Number(seed) * 1_000 + number + (number % 2) * 70_000;
    const { id } = await store.deliver(letter(bodyOf(bytesOf(size))));
    writeSync(1, `${id} ${size}\n`);
  }
}

await Promise.all([deliverForEver(), deliverForEver(), deliverForEver(), deliverForEver()]);
