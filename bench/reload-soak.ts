/**
 * Clients that connect, greet, send and quit while the document is reloaded in every way, broken documents among them.
 * Prints how many sessions were served and how many were refused, reset or failed. `node bench/reload-soak.ts [seconds] [clients]`
 */
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type ConfigurationDocument, createGatehouse } from "../src/index.ts";

const seconds = Number(process.argv[2] ?? 60);
const clients = Number(process.argv[3] ?? 200);

const smtp = { name: "smtp", bind: ["127.0.0.1:0"] };
const other = { name: "other", bind: ["127.0.0.1:0"] };
const documents: readonly ConfigurationDocument[] = [
  [{ ...smtp, maxConnections: 500 }, other],
  [{ ...smtp, socketTtl: 33 }],
  [{ ...smtp, bind: ["127.0.0.1:0", "127.0.0.2:0"] }, other],
  [
    { ...smtp, tlsDisableProtocols: ["tls12"] },
    { ...other, protocol: "http" },
  ],
  [{ ...smtp, socketBacklog: 600 }, other],
];
/** Its address is nobody's here (RFC 5737). */
const broken: ConfigurationDocument = [{ ...smtp, bind: ["203.0.113.1:25"] }];

const dialogue = [
  { after: "220 ", say: "EHLO client.example\r\n" },
  { after: "250 HELP", say: "MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n" },
  { after: "354 ", say: "hello\r\n.\r\nQUIT\r\n" },
];

const gatehouse = createGatehouse({
  config: [smtp, other],
  backend: {
    recipient: async () => undefined,
    message: async ({ body }) => {
      for await (const _chunk of body);
      return undefined;
    },
  },
});
await gatehouse.start();
const port = gatehouse.listeners()[0]?.addresses[0]?.port ?? 0;

let over = false;
let served = 0;
const failures = new Map<string, number>();

function visit(): Promise<void> {
  return new Promise((resolve) => {
    const steps = dialogue.values();
    let step = steps.next().value;
    let heard = "";
    let reason = "not served";
    const socket = connect(port, "127.0.0.1");
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
      if (!step || !heard.includes(step.after)) return;
      socket.write(step.say);
      step = steps.next().value;
    });
    socket.on("end", () => socket.end());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      reason = error.code ?? error.message;
    });
    socket.on("close", () => {
      if (heard.includes("250 2.0.0") && heard.includes("221 ")) served += 1;
      else failures.set(reason, (failures.get(reason) ?? 0) + 1);
      resolve();
    });
  });
}

const descriptorsBefore = readdirSync("/proc/self/fd").length;
const visitors = Promise.all(
  Array.from({ length: clients }, async () => {
    while (!over) await visit();
  }),
);
let reloads = 0;
let rejected = 0;
for (const end = Date.now() + seconds * 1_000; Date.now() < end; await pause(400)) {
  const document = documents[reloads % documents.length];
  if (document) await gatehouse.reload(document);
  reloads += 1;
  if (reloads % 5 === 0) await gatehouse.reload(broken).catch(() => (rejected += 1));
}
over = true;
await visitors;
await gatehouse.stop();

const failed = [...failures].map(([reason, count]) => `${count} ${reason}`).join(", ") || "0";
console.log(
  "| reloads | broken documents rejected | sessions served | refused, reset or failed | descriptors before and after |",
);
console.log("|---|---|---|---|---|");
console.log(
  `| ${reloads} | ${rejected} | ${served} | ${failed} | ${descriptorsBefore}, ${readdirSync("/proc/self/fd").length} |`,
);
