/**
 * A Gatehouse in a process of its own whose event loop can be blocked. Says every event of its pressure on a line of
 * standard output, as JSON, the first one with the port. Commands, by line of standard input: `block MILLISECONDS` blocks
 * the event loop once, `busy MILLISECONDS` does so again and again, `calm` ends that.
 */
import { createInterface } from "node:readline";
import { createGatehouse } from "../../../src/index.ts";

const gatehouse = createGatehouse({
  config: {
    SystemSettings: { defaultHostname: "localhost" },
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false }],
  },
  backend: {},
  pressure: { thresholds: { eventLoopDelay: { high: 200, low: 150, samples: 3 } } },
});
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);
let busy = 0;

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

function work(): void {
  block(busy);
  if (busy > 0) setTimeout(work, 1);
}

createInterface(process.stdin).on("line", (line) => {
  const [command, milliseconds] = line.split(" ");
  if (command === "block") block(Number(milliseconds));
  else busy = command === "busy" ? Number(milliseconds) : 0;
  if (command === "busy") work();
  say({ type: command });
});
process.stdin.on("close", () => process.exit());

gatehouse.lifecycle$.subscribe((event) => {
  if (event.type.startsWith("pressure.")) say(event);
});
await gatehouse.start();
gatehouse.pressure$.subscribe(({ sample }) => {
  if (sample) say({ type: "sample", ...sample });
});
say({ type: "ready", port: gatehouse.listeners()[0]?.addresses[0]?.port });
