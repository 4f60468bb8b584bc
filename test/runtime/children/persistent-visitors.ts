/**
 * SMTP clients that come again and again until nobody listens any more, in a process of their own. Arguments: port, clients
 * at once. Each waits to be greeted, says QUIT and reads to the end. Says `served` when one has been, and in the end what
 * they heard, as JSON.
 */
import { connect } from "node:net";

const [port = 0, clients = 0] = process.argv.slice(2).map(Number);

function visit(): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    let failure = "";
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("data", (chunk: Buffer) => {
      if (text === "") socket.write("QUIT\r\n");
      text += chunk.toString("latin1");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    socket.on("close", () => resolve(failure || [...text.matchAll(/^\d{3}/gm)].join(" ")));
  });
}

const heard: Record<string, number> = {};
let served = false;
await Promise.all(
  Array.from({ length: clients }, async () => {
    for (let what = ""; what !== "ECONNREFUSED"; ) {
      what = await visit();
      heard[what] = (heard[what] ?? 0) + 1;
      if (!served && what === "220 221") process.stdout.write("served\n");
      served ||= what === "220 221";
    }
  }),
);
process.stdout.write(`${JSON.stringify(heard)}\n`);
