/** Clients that vanish in every way and at every moment, all protocols at once: nobody is counted who is not there. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { SimulatedClock } from "xstate";
import { MemoryMailboxes } from "../protocols/memory-mailbox.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { expectNobodyInside, openSockets } from "./ends.ts";

const plain = Buffer.from("\0ann\0right").toString("base64");
const wrong = Buffer.from("\0ann\0wrong").toString("base64");
const envelope = "MAIL FROM:<a@b.example>\r\nRCPT TO:<ann@example.com>\r\n";

/** What clients of a protocol say, to the end or to somewhere in the midst of it. */
const dialogues: Readonly<Record<string, readonly string[]>> = {
  smtp: [
    `EHLO x\r\n${envelope}DATA\r\n${"x".repeat(60_000)}\r\n.\r\nQUIT\r\n`,
    `EHLO x\r\n${envelope}BDAT 200000 LAST\r\n${"x".repeat(200_000)}`,
    `EHLO x\r\nAUTH PLAIN ${plain}\r\n${"NOOP\r\n".repeat(30_000)}`,
  ],
  lmtp: [`LHLO x\r\n${envelope}DATA\r\nHello\r\n.\r\n`, `LHLO x\r\n${"RSET\r\n".repeat(30_000)}`],
  imap: [
    `a LOGIN ann right\r\nb SELECT INBOX\r\nc FETCH 1:* (UID BODY[])\r\n${"d NOOP\r\n".repeat(20_000)}`,
    "a LOGIN ann right\r\nb SELECT INBOX\r\nc SEARCH TEXT nowhere\r\nd FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY[])\r\n",
    "a LOGIN ann right\r\nb SELECT INBOX\r\nc IDLE\r\n",
    `a LOGIN ann right\r\nb APPEND INBOX {100000+}\r\n${"x".repeat(100_000)}\r\n`,
    "a LOGIN ann wrong\r\nb NOOP\r\n",
    "a LOGIN {900000+}\r\nann",
  ],
  pop3: [`USER ann\r\nPASS right\r\nLIST\r\n${"RETR 1\r\n".repeat(2_000)}`, "USER ann\r\nPASS wrong\r\nCAPA\r\n"],
  manageSieve: [
    `AUTHENTICATE "PLAIN" "${plain}"\r\nPUTSCRIPT "a" {30000+}\r\n${"keep; ".repeat(5_000)}\r\nLISTSCRIPTS\r\n`,
    `AUTHENTICATE "PLAIN" "${wrong}"\r\n${"CAPABILITY\r\n".repeat(6_000)}`,
  ],
  http: [
    "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2_000),
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab",
  ],
};

interface Visit {
  readonly protocol: string;
  readonly which: number;
  readonly secure: boolean;
  /** How much of the dialogue is said. */
  readonly share: number;
  readonly reads: boolean;
  readonly leaves: "reset" | "close" | "half close, then reset" | "half close, then close" | "in mid-handshake";
  /** Turns of the event loop. */
  readonly stays: number;
}

const visit: fc.Arbitrary<Visit> = fc.record({
  protocol: fc.constantFrom(...Object.keys(dialogues)),
  which: fc.nat(),
  secure: fc.boolean(),
  share: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  reads: fc.boolean(),
  leaves: fc.constantFrom("reset", "close", "half close, then reset", "half close, then close", "in mid-handshake"),
  stays: fc.nat(60),
});

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Comes, speaks, and vanishes. */
async function carryOut(house: RunningGatehouse, { protocol, which, secure, share, ...how }: Visit): Promise<void> {
  const port = house.port(secure ? `${protocol}-tls` : protocol);
  const raw = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  raw.on("error", () => {});
  onTestFinished(() => void raw.destroy());
  const closed = once(raw, "close").catch(() => {});
  await once(raw, "connect");
  if (secure && how.leaves === "in mid-handshake") {
    raw.write(Buffer.from("16030102000100", "hex"));
  } else {
    const client: Socket = secure ? tlsConnect({ socket: raw, rejectUnauthorized: false }) : raw;
    client.on("error", () => {});
    if (how.reads) client.resume();
    const said = dialogues[protocol]?.at(which % (dialogues[protocol]?.length ?? 1)) ?? "";
    client.write(said.slice(0, Math.ceil(said.length * share)));
  }
  await turns(how.stays);
  if (how.leaves.startsWith("half close")) {
    raw.end();
    await turns(how.stays);
  }
  // While FIN waits for what is before it, libuv refuses to reset, and Node forgets the socket.
  const ending = raw.writableEnded && !raw.writableFinished;
  if (how.leaves.endsWith("reset") && !raw.destroyed && !ending) raw.resetAndDestroy();
  raw.destroy();
  await closed;
}

test("clients that vanish at any moment are not counted for longer than it takes to notice", async () => {
  const clock = new SimulatedClock();
  const mailboxes = new MemoryMailboxes();
  for (let at = 0; at < 200; at++)
    mailboxes.deliver("ann@example.com", `Subject: ${at}\r\n\r\n${"text ".repeat(4_000)}\r\n`);
  const listeners = Object.keys(dialogues).flatMap((protocol) => [
    { name: protocol, protocol, bind: ["127.0.0.1:0"] },
    { name: `${protocol}-tls`, protocol, bind: ["127.0.0.1:0"], tlsImplicit: true },
  ]);
  const backend = {
    authenticate: async ({ password }: { readonly password: string }) =>
      password === "right" ? { username: "ann@example.com", roles: [] } : null,
    onMessage: async () => {},
  };
  const house = await runGatehouse(
    { SystemSettings: { defaultHostname: "localhost" }, NetworkListener: listeners },
    { backend, mailboxes, clock },
  );
  const listening = openSockets();
  const visits = fc.sample(visit, { seed: 7, numRuns: 160 });
  for (let at = 0; at < visits.length; at += 40) {
    await Promise.all(visits.slice(at, at + 40).map((one) => carryOut(house, one)));
  }
  await expect
    .poll(
      () => {
        clock.increment(5_000);
        return house.gatehouse.connections().map(({ listener, state, session }) => ({ listener, state, session }));
      },
      { timeout: 5_000 },
    )
    .toEqual([]);
  await expectNobodyInside(house);
  await expect.poll(openSockets).toBe(listening);
  expect(
    house.events.filter(({ type }) => type === "connection.sessionFailed" || type === "session.backendFailed"),
  ).toEqual([]);
});
