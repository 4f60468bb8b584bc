// Delivers 100 MB in one message and prints how many kilobytes of memory that took beyond what 30 MB take: DIRECTORY
import { Readable } from "node:stream";
import { openStore } from "../../../src/mailbox/index.ts";
import { letter } from "../letters.ts";

const [directory = ""] = process.argv.slice(2);
const store = await openStore(directory);

async function deliver(chunks: number): Promise<number> {
  const body = function* () {
    for (let number = 0; number < chunks; number += 1) yield Buffer.alloc(50_000, number);
  };
  await store.deliver(letter(Readable.from(body(), { objectMode: false })));
  return process.resourceUsage().maxRSS;
}

// The first larger ones fill what the garbage collector allows itself.
for (let round = 0; round < 3; round += 1) await deliver(600);
const before = await deliver(600);
process.stdout.write(String((await deliver(2000)) - before));
await store.close();
