// Runs with a small file system at DIRECTORY; prints as JSON how deliveries end while it fills and after room was made.
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore, StoreError } from "../../../src/mailbox/index.ts";
import { bodyOf, bytesOf, contentOf, letter, listOf } from "../letters.ts";

const [directory = ""] = process.argv.slice(2);
const ballast = join(directory, "ballast");
const store = await openStore(join(directory, "data"));
const kept: { id: string; size: number }[] = [];

async function attempt(size: number): Promise<string> {
  try {
    kept.push({ ...(await store.deliver(letter(bodyOf(bytesOf(size))))), size });
    return "kept";
  } catch (error) {
    return error instanceof StoreError ? error.code : String(error);
  }
}

const before = await attempt(1000);
const { bavail, bsize } = statfsSync(directory);
writeFileSync(ballast, Buffer.alloc(bavail * bsize - 400_000));
const ends: string[] = [];
while (ends.length < 100 && !ends.includes("store-full")) ends.push(await attempt(20_000));
const large = await attempt(2_000_000);
const together = await Promise.all([attempt(30_000), attempt(500_000), attempt(30_001)]);
rmSync(ballast);
const after = [await attempt(20_001), await attempt(300_000)];
let damaged = 0;
for (const { id, size } of kept) if (!(await contentOf(store, id)).equals(bytesOf(size))) damaged += 1;
const rows = (await listOf(store)).length;
await store.close();
process.stdout.write(JSON.stringify({ before, ends, large, together, after, damaged, kept: kept.length, rows }));
