/**
 * Many SMTP clients at once, in a process of their own. Arguments: port, clients, how many connect at a time.
 * A client that is let in stays until the others have been answered; then it says QUIT. Says on its standard output what
 * the clients heard, as JSON.
 */
import { connect, type Socket } from "node:net";

const [port = 0, clients = 0, atATime = 0] = process.argv.slice(2).map(Number);

const heard: Record<string, number> = {};
const inside: Socket[] = [];

function count(what: string): void {
  heard[what] = (heard[what] ?? 0) + 1;
}

/** Resolves when the client has been let in, or is gone. */
function join(): Promise<void> {
  return new Promise((resolve) => {
    let text = "";
    let failure = "";
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (!text.startsWith("220 ") || inside.includes(socket)) return;
      inside.push(socket);
      resolve();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    socket.on("close", () => {
      count(
        failure ||
          text
            .replace(/^(\d{3}( \d\.\d\.\d)?)[^\r]*\r\n/, "$1 ")
            .trimEnd()
            .slice(0, 60),
      );
      resolve();
    });
  });
}

let left = clients;
await Promise.all(
  Array.from({ length: atATime }, async () => {
    while (left-- > 0) await join();
  }),
);
const admitted = inside.length;
const gone = inside.map((socket) => new Promise((resolve) => socket.on("close", resolve)));
for (const socket of inside) socket.write("QUIT\r\n");
await Promise.all(gone);
process.stdout.write(JSON.stringify({ admitted, heard }));
