/** The baseline of one large message: `node:net` that counts octets, and looks only at the last ones. */
import { createServer } from "node:net";
import { answer } from "./answers.ts";
import { listen } from "./listen.ts";

const server = createServer((socket) => {
  let octets = 0;
  let inMessage = false;
  socket.on("error", () => {});
  socket.write("220 localhost ESMTP ready\r\n");
  socket.on("data", (chunk) => {
    octets += chunk.length;
    if (inMessage) {
      if (chunk.length < 5 ? chunk.at(-3) !== 0x2e : chunk.toString("latin1", chunk.length - 5) !== "\r\n.\r\n") return;
      inMessage = false;
      socket.write(`250 2.0.0 OK, ${octets} octets\r\n`);
      return;
    }
    const command = chunk.toString("latin1", 0, 4);
    inMessage = command === "DATA";
    if (command === "QUIT") socket.end("221 2.0.0 Bye\r\n");
    else socket.write(inMessage ? "354 Go ahead\r\n" : "250 2.0.0 OK\r\n");
  });
});
answer(await listen(server));
