/** A protocol with a chart of its own, and what may be shown of it: what the workers of a test of inspectors import. */
import { threadId } from "node:worker_threads";
import { type AnyEventObject, assign, createActor, setup } from "xstate";
import { CONTINUE, close, defineProtocol, GOODBYE } from "../../../src/index.ts";

const visit = setup({
  types: {
    context: {} as { readonly words: number; readonly last: string },
    events: {} as { readonly type: "word"; readonly word: string },
  },
}).createMachine({
  id: "visit",
  context: { words: 0, last: "" },
  initial: "listening",
  states: {
    listening: {
      on: { word: { actions: assign({ words: ({ context }) => context.words + 1, last: ({ event }) => event.word }) } },
    },
  },
});

const talk = defineProtocol({
  name: "talk",
  open: (wire) => {
    const actor = createActor(visit, wire.actorOptions);
    actor.start();
    return {
      greet: () => {
        wire.write(`hello ${threadId}\r\n`);
        return CONTINUE;
      },
      receive: (chunk) => {
        for (const word of Buffer.from(chunk).toString("latin1").trim().split("\r\n")) {
          actor.send({ type: "word", word });
          if (word === "bye") return GOODBYE;
          if (word === "block") for (const end = performance.now() + 100; performance.now() < end; );
          if (word === "die")
            setImmediate(() => {
              throw new Error("The embedder's code is wrong.");
            });
          if (word === "ping") wire.write("pong\r\n");
        }
        return CONTINUE;
      },
      drain: () => close("drained"),
      closed: () => void actor.stop(),
    };
  },
  busy: ({ rule }) => `busy ${rule}\r\n`,
});

export const protocols = [talk];

export const sanitize = {
  visit: {
    context: (context: unknown) => ({ words: (context as { readonly words: number }).words }),
    event: ({ word }: AnyEventObject) => ({ length: String(word).length }),
  },
};
