/**
 * Three ways to find a word in the text of messages: read and decode them, keep their decoded text, or index it by FTS5.
 * CPU and octets of each, for 10,000 messages. `node bench/search-storage.ts`
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseStructure } from "../src/mailbox/message/parse-structure.ts";
import { structureFromText, structureToText } from "../src/mailbox/message/structure-text.ts";
import { fold } from "../src/mailbox/message/text-finder.ts";
import { matches } from "../src/mailbox/message/text-search.ts";
import { messageAt, needles } from "./load/mailbox.ts";
import { temporaryDirectory } from "./temporary.ts";

const count = Number(process.argv[2] ?? 10_000);
const messages = await Promise.all(
  Array.from({ length: count }, async (_, index) => {
    const octets = messageAt(index);
    const read = (start: number, end: number) => [octets.subarray(start, end)];
    return { octets, structure: structureToText(await parseStructure(read, octets.length)), text: textOf(octets) };
  }),
);
const wanted = fold(needles.body);

/** About what a search looks into: how large it is matters here, not each letter. */
function textOf(octets: Buffer): string {
  const body = octets.subarray(octets.indexOf("\r\n\r\n") + 4).toString("utf8");
  return fold(/^[A-Za-z0-9+/=\r\n]+$/.test(body) ? Buffer.from(body, "base64").toString("utf8") : body);
}

async function cpuOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

interface Way {
  readonly name: string;
  readonly table: string;
  readonly insert: string;
  values(message: (typeof messages)[number]): readonly (string | Uint8Array)[];
  search(database: DatabaseSync): Promise<number>;
}

const ways: readonly Way[] = [
  {
    name: "read and decode",
    table: "CREATE TABLE kept (id INTEGER PRIMARY KEY, octets BLOB, structure TEXT)",
    insert: "INSERT INTO kept (octets, structure) VALUES (?, ?)",
    values: ({ octets, structure }) => [octets, structure],
    search: async (database) => {
      const one = database.prepare("SELECT octets, structure FROM kept WHERE id = ?");
      let found = 0;
      for (let id = 1; id <= count; id += 1) {
        const row = one.get(id);
        const octets = row?.["octets"] as Uint8Array;
        const read = (start: number, end: number) => [octets.subarray(start, end)];
        const structure = structureFromText(String(row?.["structure"]));
        if (await matches({ in: "body", text: needles.body }, { structure, read, bytes: octets })) found += 1;
      }
      return found;
    },
  },
  {
    name: "decoded text beside the message",
    table: "CREATE TABLE text (id INTEGER PRIMARY KEY, text TEXT)",
    insert: "INSERT INTO text (text) VALUES (?)",
    values: ({ text }) => [text],
    search: async (database) => database.prepare("SELECT id FROM text WHERE instr(text, ?)").all(wanted).length,
  },
  {
    name: "FTS5, trigram, index alone",
    table: "CREATE VIRTUAL TABLE words USING fts5(text, tokenize='trigram', content='')",
    insert: "INSERT INTO words (rowid, text) VALUES (?, ?)",
    values: ({ text }) => [text],
    search: async (database) =>
      database.prepare("SELECT rowid FROM words WHERE words MATCH ?").all(`"${wanted}"`).length,
  },
];

for (const { name, table, insert, values, search } of ways) {
  using folder = temporaryDirectory();
  const file = join(folder.path, "search.sqlite");
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${table}`);
  const isIndex = name.startsWith("FTS5");
  const statement = database.prepare(insert);
  const kept = await cpuOf(() => {
    // A commit for each ten messages, as when some deliver at once.
    for (let from = 0; from < count; from += 10) {
      database.exec("BEGIN");
      for (const [index, message] of messages.slice(from, from + 10).entries()) {
        statement.run(...(isIndex ? [from + index + 1] : []), ...values(message));
      }
      database.exec("COMMIT");
    }
  });
  let found = 0;
  await search(database);
  const searched = await cpuOf(async () => {
    found = await search(database);
  });
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  console.log(
    `${name}: ${((kept * 1000) / count).toFixed(0)} µs and ${(statSync(file).size / count).toFixed(0)} octets a message kept, ${searched.toFixed(0)} ms a search, ${found} found`,
  );
  database.close();
}
