/**
 * What the two forms of a protocol cost: sessions that take turns, and asynchronous ones. Both answer each line with a
 * line. The server is a process of its own, and the figures are its CPU time. `node bench/session-forms.ts [rounds]`
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createGatehouse, defineProtocol, LineReader } from "../src/index.ts";
import { median } from "./statistics.ts";
import { takeTurns } from "./turns.ts";

const commands = 20_000;
const connections = 2_000;
const replyLength = "got command\r\n".length;

const turns = defineProtocol({
  name: "turns",
  open(wire) {
    const reader = new LineReader();
    return {
      receive(chunk) {
        reader.push(chunk);
        while (reader.next(8_192) === "line") wire.write(`got ${reader.line}\r\n`);
        return undefined;
      },
    };
  },
});

const talk = defineProtocol({
  name: "talk",
  async *talk(_wire, input) {
    for await (const line of input) yield `got ${line}\r\n`;
  },
});

async function serve(): Promise<void> {
  const gatehouse = createGatehouse({
    config: ["turns", "talk"].map((name) => ({ name, protocol: name, bind: ["127.0.0.1:0"] })),
    protocols: [turns, talk],
  });
  await gatehouse.start();
  process.on("message", () => process.send?.(process.cpuUsage()));
  process.once("disconnect", () => void gatehouse.stop({ wait: false }));
  process.send?.(Object.fromEntries(gatehouse.listeners().map(({ name, addresses }) => [name, addresses[0]?.port])));
}

/** Sends so many commands at once, and waits for all replies. */
async function exchange(socket: Socket, count: number): Promise<void> {
  socket.write("command\r\n".repeat(count));
  for (let missing = count * replyLength; missing > 0; ) {
    const chunk: Buffer | null = socket.read();
    if (chunk) missing -= chunk.length;
    else await once(socket, "readable");
  }
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

const loads: Record<string, { readonly of: number; readonly run: (port: number) => Promise<void> }> = {
  "one command at a time": {
    of: commands,
    async run(port) {
      const socket = await open(port);
      for (let sent = 0; sent < commands; sent++) await exchange(socket, 1);
      socket.destroy();
    },
  },
  "32 commands at a time": {
    of: commands,
    async run(port) {
      const socket = await open(port);
      for (let sent = 0; sent < commands; sent += 32) await exchange(socket, 32);
      socket.destroy();
    },
  },
  "a connection for one command": {
    of: connections,
    async run(port) {
      for (let opened = 0; opened < connections; opened++) {
        const socket = await open(port);
        await exchange(socket, 1);
        socket.end();
        await once(socket, "close");
      }
    },
  },
};

async function measure(rounds: number): Promise<void> {
  const server = fork(new URL(import.meta.url), ["serve"]);
  const [ports]: { turns: number; talk: number }[] = await once(server, "message");
  if (!ports) throw new Error("The server has not started.");
  const cpu = async (): Promise<number> => {
    server.send("cpu");
    const [usage]: NodeJS.CpuUsage[] = await once(server, "message");
    return usage ? usage.user + usage.system : Number.NaN;
  };
  for (const [name, load] of Object.entries(loads)) {
    const contender = <Form extends "turns" | "talk">(form: Form) => ({
      name: form,
      warmUp: () => load.run(ports[form]),
      measure: async () => {
        const before = await cpu();
        await load.run(ports[form]);
        return ((await cpu()) - before) / load.of;
      },
    });
    const samples = await takeTurns([contender("turns"), contender("talk")], rounds);
    const [inTurns, talking] = [median(samples.turns), median(samples.talk)];
    const ratio = median(samples.talk.map((figure, round) => figure / (samples.turns[round] ?? Number.NaN)));
    console.log(
      `${name}: ${inTurns.toFixed(1)} µs in turns, ${talking.toFixed(1)} µs asynchronous, ratio ${ratio.toFixed(2)}`,
    );
  }
  server.disconnect();
}

if (process.argv[2] === "serve") await serve();
else await measure(Number(process.argv[2] ?? 5));
