/** A message of 50 MB in and out by IMAP and POP3, and a mailbox of 100,000 messages opened, against Dovecot. */
import { ImapClient } from "../load/imap-client.ts";
import { Pop3Client } from "../load/pop3-client.ts";
import { startServer } from "../server-process.ts";
import { dovecotMissing, startDovecot } from "../servers/dovecot.ts";
import { makeCertificate, temporaryDirectory } from "../temporary.ts";
import { takeTurns } from "../turns.ts";
import type { Effort, Row, Workload } from "../workload.ts";

const octets = 50_000_000;

interface MailServer {
  /** Both over TLS. */
  readonly imap: number;
  readonly pop3: number;
}

type Time = () => Promise<number>;

export const largeMail: Workload = {
  name: "large-mail",
  missing: dovecotMissing,
  async run(effort) {
    const messages = effort.pick(100_000, 10_000);
    return {
      tables: [
        { unit: `ms for ${octets / 1e6} MB`, rows: await withServers(0, (servers) => transfers(servers, effort)) },
        {
          unit: `ms for ${messages} messages`,
          rows: await withServers(messages, (servers) => selection(servers, effort)),
        },
      ],
      notes: ["Over TLS. Gatehouse syncs a message to the disk before it says OK, as Dovecot does by default."],
    };
  },
};

async function withServers(
  messages: number,
  measure: (servers: { readonly ours: MailServer; readonly theirs: MailServer }) => Promise<Row[]>,
): Promise<Row[]> {
  using ourFolder = temporaryDirectory();
  using theirFolder = temporaryDirectory();
  using files = temporaryDirectory();
  const certificate = await makeCertificate(files);
  await using ours = await startServer("imap", { directory: ourFolder.path, certificate, messages });
  await using theirs = await startDovecot(theirFolder.path, { certificate, messages });
  const { pop3s = 0 } = await ours.ask("ports");
  return await measure({
    ours: { imap: ours.port, pop3: pop3s },
    theirs: { imap: theirs.port, pop3: theirs.pop3Port },
  });
}

async function transfers(
  { ours, theirs }: { readonly ours: MailServer; readonly theirs: MailServer },
  effort: Effort,
): Promise<Row[]> {
  using ourClient = await ImapClient.logIn(ours.imap);
  using theirClient = await ImapClient.logIn(theirs.imap);
  const message = largeMessage();
  const appended = await compare(
    () => ourClient.timeOfAppend(message),
    () => theirClient.timeOfAppend(message),
    effort,
  );
  for (const client of [ourClient, theirClient]) await client.time("SELECT INBOX");
  const fetch = "FETCH 1 (BODY.PEEK[])";
  const fetched = await compare(
    () => ourClient.time(fetch),
    () => theirClient.time(fetch),
    effort,
  );
  const ourReader = await Pop3Client.logIn(ours.pop3);
  const theirReader = await Pop3Client.logIn(theirs.pop3);
  const retrieved = await compare(
    () => ourReader.timeOfMessage(),
    () => theirReader.timeOfMessage(),
    effort,
  );
  for (const reader of [ourReader, theirReader]) await reader.quit();
  return [row("IMAP: APPEND", appended), row("IMAP: FETCH BODY.PEEK[]", fetched), row("POP3: RETR", retrieved)];
}

async function selection(
  { ours, theirs }: { readonly ours: MailServer; readonly theirs: MailServer },
  effort: Effort,
): Promise<Row[]> {
  using ourClient = await ImapClient.logIn(ours.imap);
  using theirClient = await ImapClient.logIn(theirs.imap);
  const select = async (client: ImapClient): Promise<number> => {
    const taken = await client.time("SELECT INBOX");
    await client.time("UNSELECT");
    return taken;
  };
  return [
    row(
      "IMAP: SELECT",
      await compare(
        () => select(ourClient),
        () => select(theirClient),
        effort,
      ),
    ),
  ];
}

function compare(ours: Time, theirs: Time, { rounds }: Effort) {
  return takeTurns(
    [
      { name: "ours", warmUp: ours, measure: ours },
      { name: "theirs", warmUp: theirs, measure: theirs },
    ] as const,
    rounds,
  );
}

function row(
  measured: string,
  { ours, theirs }: { readonly ours: readonly number[]; readonly theirs: readonly number[] },
): Row {
  return { measured, samples: ours, against: { name: "Dovecot", samples: theirs }, goal: null };
}

/** A photograph of that size, in base64. */
function largeMessage(): Buffer {
  const header = "From: <ann@localhost>\r\nSubject: large\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  const line = `${"QUJD".repeat(19)}\r\n`;
  return Buffer.from(header + line.repeat(Math.floor((octets - header.length) / line.length)), "latin1");
}
