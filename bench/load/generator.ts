/**
 * Load on Node. Does what generator.c does, for machines without a compiler, and what that cannot do: TLS, and messages if
 * Postfix's smtp-source is missing. Ends by itself.
 *
 *     node generator.ts short PORT COUNT CONCURRENCY [proxy]
 *     node generator.ts tls PORT COUNT CONCURRENCY
 *     node generator.ts tls-resumed PORT COUNT CONCURRENCY
 *     node generator.ts hold PORT
 *     node generator.ts tls-hold PORT
 *     node generator.ts messages PORT COUNT CONCURRENCY LENGTH [kept]
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { Dialogue } from "./dialogue.ts";
import { recipient, sender } from "./messages.ts";

const timeLimit = 300_000;
/** TCP over IPv4 from 192.0.2.1:40000 (section 2.2 of the PROXY protocol's text). */
const proxyHeader = Buffer.from("0d0a0d0a000d0a515549540a2111000cc00002017f0000019c400019", "hex");
const connectingAtOnce = 100;

const [mode, ...values] = process.argv.slice(2);
const [port = 0, count = 0, concurrency = 1, length = 0] = values.map(Number);
let failed = 0;
let ticket: Buffer | null = null;

setTimeout(() => process.exit(3), timeLimit).unref();

switch (mode) {
  case "short":
    await repeat(() => shortDialogue(values.includes("proxy")));
    break;
  case "tls":
    await repeat(() => handshake(openTls));
    break;
  case "tls-resumed":
    ticket = await firstTicket();
    await repeat(() => handshake(openTls));
    break;
  case "messages":
    await sendMessages(values.includes("kept"));
    break;
  case "hold":
    await hold(openPlain);
    break;
  case "tls-hold":
    await hold(openTls);
    break;
  default:
    process.exit(2);
}
process.exit();

function openPlain(): Socket {
  return connect(port, "127.0.0.1");
}

/** A full handshake, or one that resumes the session of the ticket. */
function openTls(): TLSSocket {
  const socket = { port, host: "127.0.0.1", rejectUnauthorized: false, ...(ticket ? { session: ticket } : {}) };
  return connectTls({ ...socket, minVersion: "TLSv1.3", ecdhCurve: "X25519" });
}

/** Servers accept a ticket again, as RFC 8446 allows. */
async function firstTicket(): Promise<Buffer> {
  const socket = openTls();
  const [session] = (await once(socket, "session")) as [Buffer];
  socket.destroy();
  return session;
}

async function repeat(dialogue: () => Promise<boolean>): Promise<void> {
  const started = performance.now();
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      if (!(await dialogue())) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  tell({ done: count, failed, seconds: (performance.now() - started) / 1_000 });
}

/** Resolves with whether the greeting was valid and the end regular. */
function shortDialogue(proxied: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openPlain();
    let greeted = false;
    if (proxied) socket.write(proxyHeader);
    socket.on("data", (chunk) => {
      if (greeted) return;
      greeted = chunk[0] === 0x32;
      socket.write("QUIT\r\n");
    });
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(greeted));
  });
}

function handshake(open: () => TLSSocket): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = open();
    let greeted = false;
    socket.on("data", () => {
      greeted = ticket === null || socket.isSessionReused();
      socket.end();
    });
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(greeted));
  });
}

async function sendMessages(kept: boolean): Promise<void> {
  const line = `${"x".repeat(76)}\r\n`;
  const message = Buffer.from(
    `Subject: bench\r\n\r\n${line.repeat(Math.max(1, Math.ceil(length / line.length)))}.\r\n`,
  );
  const started = performance.now();
  let left = count;
  const session = async (): Promise<void> => {
    while (left > 0) {
      const talk = new Dialogue(openPlain());
      await talk.say(null);
      await talk.say("EHLO load.localhost\r\n");
      do {
        left -= 1;
        await talk.say(`MAIL FROM:<${sender}>\r\n`);
        await talk.say(`RCPT TO:<${recipient}>\r\n`);
        await talk.say("DATA\r\n");
        if (!(await talk.say(message)).startsWith("250")) failed += 1;
      } while (kept && left > 0);
      await talk.say("QUIT\r\n");
    }
  };
  await Promise.all(Array.from({ length: concurrency }, session));
  tell({ done: count, failed, seconds: (performance.now() - started) / 1_000 });
}

/** Reads how many connections to hold, one number per line; reports when that many have been greeted; ends with its input. */
async function hold(open: () => Socket): Promise<void> {
  let [opened, held, wanted] = [0, 0, 0];
  const proceed = (): void => {
    for (; opened < wanted && opened - held - failed < connectingAtOnce; opened += 1) holdOne();
    if (held + failed === wanted) tell({ done: held, failed });
  };
  const holdOne = (): void => {
    const socket = open();
    let isHeld = false;
    socket.on("error", () => {});
    socket.on("data", () => {
      if (isHeld) return;
      isHeld = true;
      held += 1;
      proceed();
    });
    socket.on("close", () => {
      if (isHeld) held -= 1;
      failed += 1;
      proceed();
    });
  };
  for await (const line of createInterface(process.stdin)) {
    wanted = Number(line);
    proceed();
  }
}

function tell(result: { readonly done: number; readonly failed: number; readonly seconds?: number }): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
