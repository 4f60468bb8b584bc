/** A server with workers that can be upgraded: `node worker-program.ts DOCUMENT DATA`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createGatehouse, findPredecessor } from "../../src/index.ts";

// First of all: it takes the sockets and the channel before anything else can.
const predecessor = await findPredecessor();
const [file = "", data = ""] = process.argv.slice(2);
const read = (): object => JSON.parse(readFileSync(file, "utf8"));
const gatehouse = createGatehouse({
  config: read(),
  dataDirectory: data,
  predecessor,
  control: { path: join(data, "control.sock"), document: () => read() },
  workers: { module: new URL("./worker-module.ts", import.meta.url) },
});
gatehouse.lifecycle$.subscribe({
  next: (event) => {
    if (event.type === "upgrade.failed" || event.type === "session.backendFailed" || event.type === "server.failed")
      console.error(event.type, "error" in event ? event.error : "");
  },
  complete: () => process.exit(),
});
await gatehouse.start();
process.on("SIGTERM", () => void gatehouse.stop({ wait: false }));
