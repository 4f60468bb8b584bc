/** The baseline of a connection: `node:net` that greets, answers whatever it gets with a goodbye, and closes. */
import { createServer, type Socket } from "node:net";
import { promisify } from "node:util";
import { answer } from "./answers.ts";
import { bareDialogue } from "./bare-dialogue.ts";
import { listen } from "./listen.ts";

export interface BareNetVariant {
  /** Closes when the goodbye has left, without waiting for the client's FIN. */
  readonly closesAtOnce?: boolean;
  /** A PROXY header comes first. */
  readonly proxied?: boolean;
}

const { closesAtOnce = false, proxied = false } = JSON.parse(process.argv[2] ?? "{}") as BareNetVariant;

const server = createServer((socket) => {
  socket.on("error", () => {});
  if (proxied) socket.once("data", () => greet(socket));
  else greet(socket);
});
answer(await listen(server), { open: () => promisify(server.getConnections.bind(server))() });

function greet(socket: Socket): void {
  bareDialogue(socket, { closesAtOnce });
}
