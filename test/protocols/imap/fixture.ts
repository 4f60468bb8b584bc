/** An IMAP session over memory: no socket, no file. */
import { expect } from "vitest";
import { type ImapOptions, imap } from "../../../src/protocols/imap/index.ts";
import type { AccountMail } from "../../../src/protocols/mailbox.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { MemoryWire, type MemoryWireOptions } from "../memory-wire.ts";

export const ann = { username: "ann@example.com", password: "wonderland" } as const;

export const backend: ImapOptions["backend"] = {
  authenticate: async ({ username, password }) =>
    username === ann.username && password === ann.password ? { username, roles: [] } : null,
};

export interface Fixture {
  readonly wire: MemoryWire;
  readonly mailboxes: MemoryMailboxes;
  /** The account as another session sees it. */
  readonly account: AccountMail;
  deliver(message: string): number;
}

export interface FixtureOptions extends Partial<ImapOptions> {
  readonly wire?: MemoryWireOptions;
  readonly memory?: MemoryMailboxes;
}

/** A session that has greeted. Log-ins are taken in clear unless an option says otherwise. */
export async function connect(options: FixtureOptions = {}): Promise<Fixture> {
  const { wire: wireOptions, memory: mailboxes = new MemoryMailboxes(), ...rest } = options;
  const wire = new MemoryWire(imap({ backend, mailboxes, authWithoutTls: true, ...rest }), wireOptions);
  const account = await mailboxes.open({ username: ann.username });
  await wire.greet();
  return { wire, mailboxes, account, deliver: (message) => mailboxes.deliver(ann.username, crlf(message)) };
}

/** A session of Ann's. */
export async function logIn(options: FixtureOptions = {}): Promise<Fixture> {
  const fixture = await connect(options);
  expect(await fixture.wire.send(`login LOGIN ${ann.username} ${ann.password}\r\n`)).toMatch(/^login OK /m);
  return fixture;
}

/** A session of Ann's that has INBOX selected. */
export async function select(messages: readonly string[] = [], options: FixtureOptions = {}): Promise<Fixture> {
  const fixture = await logIn(options);
  for (const message of messages) fixture.deliver(message);
  expect(await fixture.wire.send("select SELECT INBOX\r\n")).toMatch(/^select OK /m);
  return fixture;
}

/** Lines end with CRLF. */
export function crlf(text: string): string {
  return text.replace(/\r?\n/g, "\r\n");
}

/**
 * Plays a dialogue: lines with `C:` are sent, those with `S:` have to be the answer, in this order. `S~` begins a line that
 * is a regular expression.
 */
export async function play({ wire }: Fixture, dialogue: string): Promise<void> {
  const lines = dialogue
    .split("\n")
    .map((line) => line.trimStart())
    .filter((line) => line !== "");
  let sent = "";
  let expected: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.startsWith("C:")) sent += `${line.slice(3)}\r\n`;
    else expected.push(line);
    const next = lines[index + 1];
    if (line.startsWith("C:") || (next !== undefined && !next.startsWith("C:"))) continue;
    const said = (await wire.send(sent)).split("\r\n").slice(0, -1);
    const wanted = expected.map((each, place) => {
      const text = each.slice(3);
      const actual = said[place] ?? "";
      return each.startsWith("S~") && new RegExp(`^${text}$`).test(actual) ? actual : text;
    });
    expect(said, `after ${sent}`).toEqual(wanted);
    sent = "";
    expected = [];
  }
}
