/** The cost of reading an IMAP command: microseconds each, in batches of lines in one chunk. `node bench/imap-commands.ts` */
import { CommandReader } from "../src/protocols/imap/grammar/command-reader.ts";
import { authenticatedGrammarLimits } from "../src/protocols/imap/grammar/limits.ts";

const rounds = 7;
const total = 100_000;
const linesInChunk = 50;

const lines: Readonly<Record<string, string>> = {
  NOOP: "a1 NOOP\r\n",
  "LOGIN, quoted": 'a1 LOGIN "alice@example.com" "correct horse"\r\n',
  "LOGIN, literals": "a1 LOGIN {5+}\r\nalice {13+}\r\ncorrect horse\r\n",
  "UID FETCH of flags": "a1 UID FETCH 1:* (UID FLAGS)\r\n",
  "UID FETCH of header fields":
    "a1 UID FETCH 1:20,25 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Subject Date Message-ID)])\r\n",
  "UID STORE": "a1 UID STORE 17 +FLAGS.SILENT (\\Seen $Forwarded)\r\n",
  "SEARCH of four keys": 'a1 UID SEARCH UNDELETED SINCE 1-Jan-2024 OR SUBJECT "report" FROM anna\r\n',
  "a set of 1,000 ranges": `a1 UID FETCH ${Array.from({ length: 1000 }, (_, index) => 2 * index + 1).join(",")} FLAGS\r\n`,
};

for (const [name, line] of Object.entries(lines)) {
  const chunk = Buffer.from(line.repeat(linesInChunk));
  const commands = Math.min(total, Math.ceil(20_000_000 / line.length));
  const costs = Array.from({ length: rounds }, () => measure(chunk, commands)).sort((a, b) => a - b);
  console.log(`${name.padEnd(28)} ${(costs[Math.floor(rounds / 2)] ?? 0).toFixed(2)} µs`);
}

function measure(chunk: Buffer, commands: number): number {
  const reader = new CommandReader(authenticatedGrammarLimits);
  const started = performance.now();
  let read = 0;
  while (read < commands) {
    reader.push(chunk);
    let result = reader.next();
    for (; result.type === "command"; result = reader.next()) read++;
    if (result.type !== "more") throw new Error(`The reader gave ${JSON.stringify(result)}`);
  }
  return ((performance.now() - started) * 1000) / read;
}
