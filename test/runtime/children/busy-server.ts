/**
 * A Gatehouse in a process of its own whose event loop can be blocked. Says every event of its pressure on a line of
 * standard output, as JSON, the first one with the port. Commands, by line of standard input: `block MILLISECONDS` blocks
 * the event loop once, `busy MILLISECONDS` does so again and again, `calm` ends that; `fill MEBIBYTES` takes that much of the
 * heap, little by little, and then makes garbage; `empty` gives it back and goes on with the garbage.
 */
import { createInterface } from "node:readline";
import { createGatehouse } from "../../../src/index.ts";

const gatehouse = createGatehouse({
  config: {
    SystemSettings: { defaultHostname: "localhost" },
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false }],
  },
  backend: {},
  pressure: { thresholds: { eventLoopDelay: { high: 500, low: 400, samples: 3 } } },
});
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);
let busy = 0;

/** Without a processor's time, which other tests need. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** One mebibyte of numbers each, on the heap. */
const hoard: number[][] = [];
let garbage: number[];

function fill(mebibytes: number): void {
  garbage = new Array<number>(131_072).fill(0.5);
  if (mebibytes > 0) hoard.push(garbage);
  setTimeout(() => fill(mebibytes - 1), 10);
}

function work(): void {
  block(busy);
  if (busy > 0) setTimeout(work, 1);
}

createInterface(process.stdin).on("line", (line) => {
  const [command, number] = line.split(" ");
  const amount = Number(number);
  if (command === "fill") fill(amount);
  else if (command === "empty") hoard.length = 0;
  else if (command === "block") block(amount);
  else busy = command === "busy" ? amount : 0;
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
