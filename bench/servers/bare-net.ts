/** The baseline of a connection: `node:net` that greets, answers whatever it gets with a goodbye, and closes. */
import { createServer } from "node:net";
import { answer } from "./answers.ts";
import { listen } from "./listen.ts";

const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.write("220 localhost ESMTP ready\r\n");
  socket.on("data", () => socket.end("221 2.0.0 Bye\r\n"));
});
answer(await listen(server));
