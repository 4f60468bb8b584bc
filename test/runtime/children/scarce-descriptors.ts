/**
 * A Gatehouse in a process of its own that can use its descriptors up. Says every event of its listeners on a line of
 * standard output, as JSON, the first one with the ports. Commands, by line of standard input: `hog` opens files until
 * EMFILE, `free` closes them, `tick MILLISECONDS` turns the clock that `--simulated` gave it.
 */
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { SimulatedClock } from "xstate";
import { createGatehouse } from "../../../src/index.ts";

const clock = process.argv.includes("--simulated") ? new SimulatedClock() : undefined;
const gatehouse = createGatehouse({
  config: {
    SystemSettings: { defaultHostname: "localhost" },
    NetworkListener: [
      { name: "smtp", bind: ["127.0.0.1:0"], useTls: false },
      { name: "http", protocol: "http", bind: ["127.0.0.1:0"], ignoreServerCap: true },
    ],
  },
  backend: {},
  ...(clock ? { clock } : {}),
});
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);
const hogged: number[] = [];

createInterface(process.stdin).on("line", (line) => {
  const [command, milliseconds] = line.split(" ");
  if (command === "hog") {
    try {
      for (;;) hogged.push(openSync("/dev/null", "r"));
    } catch {
      say({ type: "hogged" });
    }
  } else if (command === "free") {
    for (const descriptor of hogged.splice(0)) closeSync(descriptor);
    say({ type: "freed" });
  } else {
    clock?.increment(Number(milliseconds));
    say({ type: "ticked", listener: gatehouse.listeners()[0]?.state });
  }
});
process.stdin.on("close", () => process.exit());

gatehouse.lifecycle$.subscribe((event) => {
  if (event.type.startsWith("listener.")) say(event);
});
await gatehouse.start();
say({ type: "ready", ports: gatehouse.listeners().map(({ addresses }) => addresses[0]?.port) });
