/**
 * Many SMTP clients at once, in a process of their own, none of which waits for another. Arguments: port, clients, and
 * optionally the milliseconds that each stays inside. Each waits to be greeted, says QUIT and reads to the end. Says
 * `connected` on a line of its own when all of them are, then what they heard, as JSON.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const [port = 0, clients = 0, stay = 0] = process.argv.slice(2).map(Number);

function visit(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    let failure = "";
    socket.on("data", (chunk: Buffer) => {
      if (text === "") setTimeout(() => socket.write("QUIT\r\n"), stay);
      text += chunk.toString("latin1");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    socket.on("close", () => resolve(failure || [...text.matchAll(/^\d{3}/gm)].join(" ")));
  });
}

const sockets = Array.from({ length: clients }, () => connect({ port, host: "127.0.0.1" }));
const visits = sockets.map(visit);
await Promise.allSettled(sockets.map((socket) => once(socket, "connect")));
process.stdout.write("connected\n");

const heard: Record<string, number> = {};
for (const what of await Promise.all(visits)) heard[what] = (heard[what] ?? 0) + 1;
process.stdout.write(`${JSON.stringify(heard)}\n`);
