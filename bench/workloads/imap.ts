/** IMAP over TLS on a mailbox of 10,000 messages, against Dovecot with a Maildir of the same messages. */
import { atMost } from "../goal.ts";
import { ImapClient } from "../load/imap-client.ts";
import { needles } from "../load/mailbox.ts";
import { startServer } from "../server-process.ts";
import { dovecotMissing, startDovecot } from "../servers/dovecot.ts";
import { makeCertificate, temporaryDirectory } from "../temporary.ts";
import { takeTurns } from "../turns.ts";
import type { Row, Workload } from "../workload.ts";

interface Work {
  readonly name: string;
  readonly command: string;
  /** Before it, in each turn; its time is not taken. */
  readonly before?: string;
  readonly goal: number | null;
}

const fields = "DATE FROM TO SUBJECT MESSAGE-ID";
const works: readonly Work[] = [
  { name: "SELECT", command: "SELECT INBOX", before: "UNSELECT", goal: null },
  { name: "SEARCH SUBJECT", command: `SEARCH SUBJECT "${needles.subject}"`, goal: 1 },
  { name: "SEARCH FROM", command: `SEARCH FROM ${needles.from}`, goal: 1 },
  { name: "SEARCH BODY", command: `SEARCH BODY ${needles.body}`, goal: 1 },
  { name: "FETCH of flags", command: "FETCH 1:* (UID FLAGS)", goal: null },
  { name: "FETCH of five header fields", command: `FETCH 1:* (BODY.PEEK[HEADER.FIELDS (${fields})])`, goal: 1.2 },
  { name: "FETCH ENVELOPE", command: "FETCH 1:* (ENVELOPE)", goal: 1 },
  { name: "FETCH BODYSTRUCTURE", command: "FETCH 1:* (BODYSTRUCTURE)", goal: null },
  { name: "FETCH BODY.PEEK[]", command: "FETCH 1:* (BODY.PEEK[])", goal: 1.2 },
  {
    name: "STORE of a flag",
    command: "STORE 1:* +FLAGS.SILENT (\\Flagged)",
    before: "STORE 1:* -FLAGS.SILENT (\\Flagged)",
    goal: null,
  },
];

export const imap: Workload = {
  name: "imap",
  missing: dovecotMissing,
  async run({ rounds, pick }) {
    const messages = pick(10_000, 2_000);
    using ourFolder = temporaryDirectory();
    using theirFolder = temporaryDirectory();
    using files = temporaryDirectory();
    const certificate = await makeCertificate(files);
    await using ours = await startServer("imap", { directory: ourFolder.path, certificate, messages });
    await using theirs = await startDovecot(theirFolder.path, { certificate, messages });
    using ourClient = await ImapClient.logIn(ours.port);
    using theirClient = await ImapClient.logIn(theirs.port);
    for (const client of [ourClient, theirClient]) await client.time("SELECT INBOX");
    const rows: Row[] = [];
    for (const { name, command, before, goal } of works) {
      const timeOf = async (client: ImapClient): Promise<number> => {
        if (before) await client.time(before);
        return client.time(command);
      };
      const samples = await takeTurns(
        [
          { name: "ours", warmUp: () => timeOf(ourClient), measure: () => timeOf(ourClient) },
          { name: "theirs", warmUp: () => timeOf(theirClient), measure: () => timeOf(theirClient) },
        ],
        rounds,
      );
      rows.push({
        measured: name,
        samples: samples.ours,
        against: { name: "Dovecot", samples: samples.theirs },
        goal: goal === null ? null : atMost(goal),
      });
    }
    return {
      tables: [{ unit: `ms for ${messages} messages`, rows }],
      notes: ["Dovecot keeps a Maildir with its indexes and caches warm; Gatehouse its own store."],
    };
  },
};
