/** A protocol's chart, walked on real sockets. `node examples/echo-model.ts`, or `node examples/echo-model.ts --bug`. */
// In your own project, import from "gatehouse" and "gatehouse/testing".
import fc from "fast-check";
import { createActor, createMachine } from "xstate";
import { CONTINUE, close, createGatehouse, type SessionProtocol, type Verdict } from "../src/index.ts";
import { type Bench, Coverage, coverageText, Driver, type Model, randomPath, walk } from "../src/testing/index.ts";

const chart = createMachine({
  id: "echo",
  initial: "talking",
  states: {
    talking: { on: { MUTE: "muted", QUIT: "gone" } },
    muted: { on: { TALK: "talking", QUIT: "gone" } },
    gone: { type: "final" },
  },
});

const forgetsToClose = process.argv.includes("--bug");
const echo = ({ inspect }: Bench["options"]): SessionProtocol => ({
  kind: "session",
  name: "echo",
  startTls: false,
  busy: () => "Too many connections, try again later\r\n",
  open: (wire) => {
    const actor = createActor(chart, { inspect }).start();
    const receive = (chunk: Uint8Array): Verdict => {
      const line = Buffer.from(chunk).toString().trim();
      const muted = actor.getSnapshot().value === "muted";
      actor.send({ type: line });
      if (!muted) wire.write(`${line}\r\n`);
      return line === "QUIT" && !(muted && forgetsToClose) ? close("quit") : CONTINUE;
    };
    const [go, drained] = [(): Verdict => CONTINUE, (): Verdict => close("drained")];
    const rest = { resume: go, writable: go, secured: go, ended: () => close("peer-ended"), drain: drained };
    return { state: "echoing", greet: go, receive, ...rest, expired: drained, closed: () => {} };
  },
});

const model: Model = {
  machine: chart,
  stimuli: ["MUTE", "TALK", "QUIT"].map((line) => ({
    name: `the client says ${line}`,
    events: [{ type: line }],
    possible: ({ snapshot }) => snapshot.status === "active",
    apply: async (world) => (world.clients[0] ?? (await world.connect())).line(line),
  })),
  async open(bench) {
    const config = [{ name: "echo", protocol: "echo", bind: ["127.0.0.1:0"] }];
    const gatehouse = createGatehouse({ ...bench.options, config, protocols: [echo(bench.options)] });
    await gatehouse.start();
    return new Driver(gatehouse, bench);
  },
  compare: ({ clients: [client] }, { snapshot }) => {
    const [expected, actual] = [snapshot.status === "done", client !== undefined && client.view !== "open"];
    return expected === actual ? [] : [{ of: "the client sees the end", expected, actual }];
  },
};

const coverage = new Coverage();
const property = fc.asyncProperty(randomPath(model, { length: 8 }), (path) =>
  walk(model, path, { coverage, patience: 300 }),
);
await fc.assert(property, { seed: 1, numRuns: 30 }).catch((error) => console.log(error.cause.message));
console.log(coverageText(coverage.report(chart)));
