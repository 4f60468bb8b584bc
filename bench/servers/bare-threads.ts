/** The baseline of workers: as many threads as are wanted serve one listening socket, each like the bare server; with one, the first thread does. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type Libc, loadLibc } from "../../src/runtime/sockets/libc.ts";
import { answer } from "./answers.ts";
import { bareDialogue } from "./bare-dialogue.ts";
import { listen } from "./listen.ts";

if (isMainThread) await begin();
else await work(workerData);

async function begin(): Promise<void> {
  const { threads = 1 } = JSON.parse(process.argv[2] ?? "{}") as { readonly threads?: number };
  const server = createServer(greet);
  const port = await listen(server);
  if (threads > 1) {
    const calls = await libc();
    // The kernel's socket, which Node does not tell of, stays with the duplicates.
    const listening: number = Reflect.get(Reflect.get(server, "_handle") ?? {}, "fd");
    for (let number = 1; number <= threads; number++) {
      const workerData = calls.duplicate(listening);
      await once(new Worker(fileURLToPath(import.meta.url), { name: `bare ${number}`, workerData }), "message");
    }
    server.close();
  }
  answer(port);
}

async function work(fd: number): Promise<void> {
  const server = createServer(greet);
  server.listen({ fd, backlog: 1024 });
  await once(server, "listening");
  parentPort?.postMessage("listening");
}

function greet(socket: Socket): void {
  socket.on("error", () => {});
  bareDialogue(socket, { closesAtOnce: true });
}

async function libc(): Promise<Libc> {
  const found = await loadLibc();
  if (found.libc) return found.libc;
  throw new Error(found.reason);
}
