/** A chat room: everybody reads what the others write. `node examples/chat.ts [port]`, then `nc 127.0.0.1 7778` several times. */
// In your own project, import from "gatehouse".
import { close, createGatehouse, defineProtocol, LineReader, type Wire } from "../src/index.ts";

const longestLine = 1_000;
/** The guests, and whether each reads fast enough: a slow reader misses messages, so that nobody waits for it. */
const room = new Set<Wire>();
const behind = new Set<Wire>();
let guests = 0;

function tellOthers(speaker: Wire, line: string): void {
  for (const wire of room) {
    if (wire !== speaker && !behind.has(wire) && !wire.write(line)) behind.add(wire);
  }
}

const chat = defineProtocol({
  name: "chat",
  idleTimeout: 3_600_000,
  busy: () => "The room is full.\r\n",
  open(wire) {
    const reader = new LineReader({ bareLf: "accept" });
    const name = `guest${++guests}`;
    return {
      greet() {
        room.add(wire);
        wire.write(`Welcome, ${name}. ${room.size} here.\r\n`);
        tellOthers(wire, `* ${name} has come\r\n`);
      },
      receive(chunk) {
        reader.push(chunk);
        for (;;) {
          const status = reader.next(longestLine);
          if (status === "more" || status === "ended") return;
          if (status === "too-long") return close("line-too-long");
          if (status === "line") tellOthers(wire, `${name}: ${reader.line}\r\n`);
        }
      },
      writable: () => void behind.delete(wire),
      drain() {
        wire.write("* The room closes. Goodbye.\r\n");
        return close("drained");
      },
      closed() {
        behind.delete(wire);
        if (room.delete(wire)) tellOthers(wire, `* ${name} has gone\r\n`);
      },
    };
  },
});

const port = process.argv[2] ?? "7778";
const gatehouse = createGatehouse({
  config: [{ name: "chat", protocol: "chat", bind: [`127.0.0.1:${port}`], maxConnections: 100 }],
  protocols: [chat],
});
await gatehouse.start();
console.log(`chat on 127.0.0.1:${gatehouse.listeners()[0]?.addresses[0]?.port}`);
process.once("SIGINT", () => gatehouse.stop());
