/** What the workers of the tests import: a protocol that says which thread has the client, and does what it is told. */
import { threadId } from "node:worker_threads";
import { CONTINUE, close, defineProtocol, GOODBYE } from "../../../src/index.ts";

/**
 * `bye` ends, `block` keeps the event loop busy for 300 ms, `die` throws where nobody catches it, `exit` ends the thread
 * in the middle of a turn, `hog` takes memory until
 * there is none, `stay` does not let go at a drain.
 */
const talk = defineProtocol({
  name: "talk",
  open: (wire) => {
    let stays = false;
    return {
      greet: () => {
        wire.write(`hello ${threadId}\r\n`);
        return CONTINUE;
      },
      receive: (chunk) => {
        for (const word of Buffer.from(chunk).toString("latin1").trim().split("\r\n")) {
          if (word === "bye") return GOODBYE;
          if (word === "die")
            setImmediate(() => {
              throw new Error("The embedder's code is wrong.");
            });
          if (word === "exit") process.exit(1);
          if (word === "hog")
            for (const hoard: number[][] = []; ; ) hoard.push(Array.from({ length: 10_000 }, Math.random));
          if (word === "block") for (const end = performance.now() + 300; performance.now() < end; );
          if (word === "stay") stays = true;
          if (word === "ping" || word === "stay") wire.write("pong\r\n");
        }
        return CONTINUE;
      },
      drain: () => (stays ? CONTINUE : close("drained")),
    };
  },
  busy: ({ rule }) => `busy ${rule}\r\n`,
});

export const protocols = [talk];
