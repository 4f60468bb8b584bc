/** Python's poplib, driven by `poplib_client.py`. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { eightBitMessage, messageOf, trickyMessage, twentyMegabytes } from "./messages.ts";
import { ann, type Pop3Server, type Pop3TlsMode, pop3TlsModes, startPop3Server } from "./pop3-server.ts";
import { installed, python, run } from "./programs.ts";

const program = fileURLToPath(new URL("./poplib_client.py", import.meta.url));

type Step = readonly [string, ...(string | number)[]];

interface Outcome {
  readonly value?: unknown;
  readonly error?: string;
}

const login: readonly Step[] = [
  ["user", ann.address],
  ["pass_", ann.password],
];

async function session(server: Pop3Server, steps: readonly Step[], tls: Pop3TlsMode = "implicit"): Promise<Outcome[]> {
  const job = { tls, port: server.portFor(tls), certificate: server.certificateFile, steps };
  const { code, stdout, stderr } = await run(python(), [program], { input: JSON.stringify(job) });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Outcome[];
}

const text = ({ value }: Outcome = {}): string => Buffer.from(String(value), "base64").toString("latin1");

describe.skipIf(!installed("python3"))("Python's poplib", () => {
  test.each(pop3TlsModes)("reads a maildrop byte for byte: %s", async (tls) => {
    const server = await startPop3Server([trickyMessage, eightBitMessage]);
    const steps: Step[] = [["capa"], ...login, ["stat"], ["list"], ["uidl"], ["retr", 1], ["retr", 2], ["top", 1, 2]];
    const [capa, , , stat, list, uidl, first, second, top] = await session(server, [...steps, ["quit"]], tls);
    expect(capa?.value).toMatchObject({ SASL: ["PLAIN", "LOGIN"], UIDL: [], EXPIRE: ["NEVER"], UTF8: ["USER"] });
    expect(stat?.value).toEqual([2, trickyMessage.length + eightBitMessage.length]);
    expect(list?.value).toMatchObject([
      "+OK Listing follows",
      [`1 ${trickyMessage.length}`, `2 ${eightBitMessage.length}`],
      expect.any(Number),
    ]);
    expect(uidl?.value).toMatchObject({ 1: [expect.stringMatching(/^1 \S+$/), expect.stringMatching(/^2 \S+$/)] });
    expect([text(first), text(second)]).toEqual([trickyMessage.toString("latin1"), eightBitMessage.toString("latin1")]);
    const lines = trickyMessage.toString("latin1").split("\r\n");
    expect(text(top)).toBe(`${lines.slice(0, lines.indexOf("") + 3).join("\r\n")}\r\n`);
    expect(await server.left()).toEqual([trickyMessage, eightBitMessage]);
  });

  test("deletes at quit, and not when it goes without", async () => {
    const server = await startPop3Server([trickyMessage, eightBitMessage]);
    await session(server, [...login, ["dele", 1], ["dele", 2], ["close"]]);
    await server.event("connection.closed");
    expect(await server.left()).toHaveLength(2);
    const outcomes = await session(server, [...login, ["dele", 1], ["rset"], ["dele", 2], ["retr", 2], ["quit"]]);
    expect(outcomes.at(-2)?.error).toBe("-ERR The message is marked as deleted");
    expect(await server.left()).toEqual([trickyMessage]);
  });

  test("is told of a wrong password, of a maildrop that is in use, and speaks UTF-8", async () => {
    const server = await startPop3Server([trickyMessage]);
    const [, wrong] = await session(server, [
      ["user", ann.address],
      ["pass_", "Wonderland"],
    ]);
    expect(wrong?.error).toBe("-ERR [AUTH] Name or password is wrong");
    const other = await server.mailboxes.open({ username: ann.address });
    await other.lockMaildrop();
    const [utf8, , locked] = await session(server, [["utf8"], ...login], "STLS");
    expect(utf8?.value).toBe("+OK UTF-8 is on");
    expect(locked?.error).toBe("-ERR [IN-USE] Another session has this mailbox open");
    other.close();
  });

  test("reads 20 MB byte for byte", async () => {
    const content = messageOf(twentyMegabytes);
    const server = await startPop3Server([content]);
    const outcomes = await session(server, [...login, ["retr", 1], ["quit"]]);
    expect(Buffer.from(String(outcomes[2]?.value), "base64").equals(content)).toBe(true);
  });
});
