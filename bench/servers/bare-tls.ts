/** The baseline of a connection under TLS: `node:tls` that greets, answers with a goodbye, and closes. */
import { readFileSync } from "node:fs";
import { createServer } from "node:tls";
import { answer } from "./answers.ts";
import { listen } from "./listen.ts";

const { certificate } = JSON.parse(process.argv[2] ?? "{}") as { readonly certificate: string };
const pem = readFileSync(certificate);
const server = createServer({ key: pem, cert: pem, minVersion: "TLSv1.2" }, (socket) => {
  socket.on("error", () => {});
  socket.write("220 localhost ESMTP ready\r\n");
  socket.on("data", () => socket.end("221 2.0.0 Bye\r\n"));
});
server.on("tlsClientError", () => {});
answer(await listen(server));
