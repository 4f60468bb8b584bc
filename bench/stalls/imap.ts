import { type Attack, pieces, portOf, repeated } from "./attack.ts";
import { type HostileMessage, hostileMessages } from "./hostile-messages.ts";
import { defaultImapLimits, defaultMailboxLimits, authenticatedGrammarLimits as limits } from "./limits.ts";
import { Peer } from "./peer.ts";
import { accountOf, addressOf, octetsText } from "./smtp.ts";

/** The rest of a line, for arguments. */
const line = limits.line - 200;
const list = (octets: number, make: (index: number) => string): string => {
  const words: string[] = [];
  for (let left = octets, index = 0; left > 0 && index < limits.items - 10; index += 1) {
    const word = make(index);
    words.push(word);
    left -= word.length + 1;
  }
  return words.join(" ");
};

/** A sequence set as long as a line allows. */
const set = (make: (index: number) => string): string => {
  const parts: string[] = [];
  for (let left = line, index = 0; left > 0; index += 1) {
    parts.push(make(index));
    left -= (parts.at(-1) ?? "").length + 1;
  }
  return parts.join(",");
};

export interface ImapScene {
  /** Octets of hostile messages. */
  readonly sizes: readonly number[];
  /** Messages in the mailbox of `many`. */
  readonly many: number;
  /** Octets of each. */
  readonly manyOctets: number;
}

/** Each command of IMAP. */
export function imapAttacks(scene: ImapScene): Attack[] {
  const keywords = Array.from({ length: defaultMailboxLimits.maxKeywords - 8 }, (_, index) => `k${index}`).join(" ");
  const everySecond = set((index) => `${index * 2 + 1}`);
  return [
    before(
      "ID, as large as it may be",
      `ID (${list(30_000, (index) => `"${"f".repeat(28)}${index % 10}" "${"\\\\".repeat(450)}"`)})`,
    ),
    before(
      "LOGIN, literals as long as they may be",
      `LOGIN {1024+}\r\n${repeated("x", 1024)} {1024+}\r\n${repeated("y", 1024)}`,
    ),
    before("AUTHENTICATE, as long as it may be", `AUTHENTICATE PLAIN ${repeated("A", 12_000)}`),
    before("CAPABILITY, pipelined", "CAPABILITY\r\nx ".repeat(49)),
    before("a line without end", repeated("x", limits.line)),
    pipelined("NOOP"),
    pipelined("CAPABILITY"),
    pipelined("NAMESPACE"),
    pipelined("CHECK"),
    pipelined("ENABLE UTF8=ACCEPT"),
    pipelined("STATUS INBOX (MESSAGES UIDNEXT UNSEEN)"),
    pipelined("SELECT INBOX"),
    pipelined('LIST "" *'),
    pipelined("FETCH 1:* FLAGS", 200),
    pipelined("SEARCH ALL", 200),
    one(
      "LIST, patterns as long as they may be",
      `LIST "" (${list(4_000, () => `"${"*a".repeat(60)}b"`)})`,
      "mailboxes",
    ),
    one("LIST of everything", 'LIST "" * RETURN (SUBSCRIBED CHILDREN SPECIAL-USE)', "mailboxes"),
    one("LSUB", 'LSUB "" *', "mailboxes"),
    one("CREATE, a name that is too long", `CREATE ${repeated("a/", 60_000)}`),
    one(
      "CREATE, a name with as many levels as it may have",
      `CREATE b${"/a".repeat(defaultMailboxLimits.maxMailboxDepth - 1)}`,
    ),
    one("RENAME with all that is below", "RENAME a b", "mailboxes"),
    one("FETCH of everything", "FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)", "many"),
    one("FETCH of all flags", "FETCH 1:* FLAGS", "many"),
    one("FETCH of all messages", "FETCH 1:* BODY.PEEK[]", "many"),
    one("FETCH, a set as long as it may be", `FETCH ${everySecond} FLAGS`, "many"),
    one("FETCH, the same range again", `FETCH ${set(() => "1:*")} FLAGS`, "many"),
    one(
      "FETCH, header fields as many as may be",
      `FETCH 1:* BODY.PEEK[HEADER.FIELDS (${list(line - 100, (index) => `x${index}`)})]`,
      "many",
    ),
    one("FETCH, items as many as may be", `FETCH 1:100 (${list(line, () => "BODY.PEEK[1]<0.1>")})`, "many"),
    one("SEARCH, keys as many as may be", `SEARCH ${list(line, (index) => `UNKEYWORD z${index}`)}`, "many"),
    one("SEARCH, flags as many as may be", `SEARCH ${list(line, () => "UNSEEN")}`, "many"),
    one("SEARCH, NOT and OR as deep as may be", `SEARCH ${"NOT ".repeat(31)}${"OR ALL ".repeat(1)}ALL ALL`, "many"),
    one(
      "SEARCH, texts as many as may be",
      `SEARCH ${Array.from({ length: 64 }, (_, index) => `TEXT zz${index}`).join(" ")}`,
      "many",
    ),
    one("SEARCH, long texts", `SEARCH TEXT ${repeated("x", 30_000)} TEXT ${repeated("y", 30_000)}`, "many"),
    one("SEARCH, a set as long as it may be", `SEARCH ${everySecond}`, "many"),
    one("SEARCH of header fields", "SEARCH HEADER x z FROM z TO z CC z BCC z SUBJECT z", "many"),
    one("STORE of all keywords", `STORE 1:* +FLAGS (${keywords})`, "many"),
    one("STORE, flags as many as may be", `STORE 1:* +FLAGS (${list(line, () => "\\Seen")})`, "many"),
    one("COPY of everything", "COPY 1:* Trash", "many"),
    one("MOVE of everything", "MOVE 1:* Archive", "move"),
    one("EXPUNGE of everything", "STORE 1:* +FLAGS.SILENT (\\Deleted)\r\nx EXPUNGE", "expunge"),
    one("CLOSE with everything deleted", "STORE 1:* +FLAGS.SILENT (\\Deleted)\r\nx CLOSE", "close"),
    append(Math.max(...scene.sizes)),
    ...scene.sizes.flatMap((size) => hostileMessages.flatMap((message) => readers(message, size))),
  ].map((attack) =>
    "account" in attack && attack.account === "many" ? { ...attack, mail: scene.manyOctets } : attack,
  );

  function readers(message: HostileMessage, size: number): Attack[] {
    const reads = (title: string, command: string): Attack => ({
      ...one(`${title}, ${octetsText(size)} ${message.what}`, command, accountOf(message, size)),
      mail: size,
      single: true,
    });
    return [
      reads("FETCH of ENVELOPE and BODYSTRUCTURE", "FETCH 1 (ENVELOPE BODYSTRUCTURE)"),
      reads("FETCH of the content", "FETCH 1 (BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (To)] BODY.PEEK[1])"),
      reads("SEARCH of a text", "SEARCH TEXT zz"),
      reads("SEARCH of header fields", "SEARCH TO zz SUBJECT zz HEADER x zz"),
    ];
  }

  function one(name: string, command: string, account = "sink"): Attack & { readonly account: string } {
    const changes = ["move", "expunge", "close", "mailboxes"].includes(account);
    return {
      protocol: "IMAP",
      name,
      account,
      ...(changes ? { single: true } : {}),
      open: (ports) => selected(portOf(ports, "imap"), account),
      run: async (peer) => {
        await peer.send(`x ${command}\r\n`, "last NOOP\r\n");
        const answer = await peer.until("x ");
        await peer.until("last ");
        return answer;
      },
    };
  }

  function pipelined(command: string, most = 10_000): Attack {
    const count = Math.min(most, Math.floor(limits.line / (command.length + 4)));
    return { ...one(`${command}, pipelined`, Array.from({ length: count }, () => command).join("\r\nx ")) };
  }
}

function before(name: string, command: string): Attack {
  return {
    protocol: "IMAP",
    name: `${name}, before the log-in`,
    open: async (ports) => {
      const peer = await Peer.open(portOf(ports, "imap"));
      await peer.until("* OK");
      return peer;
    },
    run: async (peer) => {
      await peer.send(`x ${command}\r\n`, "last LOGOUT\r\n");
      return peer.end();
    },
  };
}

function append(size: number): Attack {
  const octets = Math.min(size, defaultImapLimits.messageSize);
  return {
    protocol: "IMAP",
    name: "APPEND, as large as it may be",
    single: true,
    open: (ports) => selected(portOf(ports, "imap"), "sink"),
    run: async (peer) => {
      const body = [...pieces("x\r\n", octets)];
      await peer.send(
        `x APPEND INBOX {${body.reduce((sum, { length }) => sum + length, 0)}+}\r\n`,
        ...body,
        "\r\nlast NOOP\r\n",
      );
      return peer.until("x ");
    },
  };
}

export async function selected(port: number, account: string): Promise<Peer> {
  const peer = await Peer.open(port);
  await peer.send(`x LOGIN ${addressOf(account)} secret\r\nx SELECT INBOX\r\nready NOOP\r\n`);
  await peer.until("ready OK");
  return peer;
}

/** Gives an account the maximum number of mailboxes, with names of the maximum length. */
export async function makeMailboxes(
  port: number,
  { account, count }: { readonly account: string; readonly count: number },
): Promise<void> {
  using peer = await selected(port, account);
  const { maxMailboxName } = defaultMailboxLimits;
  for (let index = 0; index < count; index += 1) {
    const name = `a/${String(index).padStart(4, "0")}${"a".repeat(maxMailboxName - 10)}`;
    await peer.send(`x CREATE ${name}\r\nx SUBSCRIBE ${name}\r\n`);
  }
  await peer.send("last NOOP\r\n");
  await peer.until("last ");
}
