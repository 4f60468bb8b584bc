/**
 * What the workers of the soak import: a protocol that says which thread has the client, and one client can end that
 * thread. Whoever is accepted is noted, by which thread, before anything is said to it: SMTP does not tell.
 */
import { appendFileSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { type AdmissionRule, CONTINUE, close, defineProtocol, GOODBYE } from "../../src/index.ts";

const notes = process.env["SOAK_NOTES"] ?? "/dev/null";
const note: AdmissionRule = ({ peer, listener }) => {
  appendFileSync(notes, `${listener}:${peer.port} ${process.pid}/${threadId} ${Date.now()}\n`);
  return null;
};

const talk = defineProtocol({
  name: "talk",
  open: (wire) => ({
    greet: () => {
      wire.write(`hello ${process.pid}/${threadId}\r\n`);
      return CONTINUE;
    },
    receive: (chunk) => {
      const word = Buffer.from(chunk).toString("latin1").trim();
      if (word === "die") process.exit(1);
      wire.write(word === "bye" ? "farewell\r\n" : "pong\r\n");
      return word === "bye" ? GOODBYE : CONTINUE;
    },
    drain: () => {
      wire.write("later\r\n");
      return close("drained");
    },
  }),
  busy: () => "busy\r\n",
});

export const protocols = [talk];
export const admission = [note];
