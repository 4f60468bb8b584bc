/**
 * What the memory of chunks costs, with servers of `node:net` that look for the end of a message:
 * `node bench/read-buffer.ts`. `node` reads into Node's buffers, `freed` frees each of them at once, `own` reads into one
 * buffer of the server's (`onread`), `copied` copies each piece out of it, as it must whenever somebody is to keep it.
 * Prints a table; `docs/performance.md` has its figures.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, Socket, type SocketConstructorOpts } from "node:net";
import { fileURLToPath } from "node:url";
import { giveBack } from "../src/protocols/give-back.ts";

const kinds = ["node", "freed", "own", "copied"] as const;
type Kind = (typeof kinds)[number];
const file = fileURLToPath(import.meta.url);
const rounds = 9;
const megabytes = 400;

if (process.send) await serve(process.argv[2] as Kind);
else await compare();

async function compare(): Promise<void> {
  const samples: Record<Kind, number[]> = { node: [], freed: [], own: [], copied: [] };
  for (let round = 0; round < rounds; round++) for (const kind of kinds) samples[kind].push(await measure(kind));
  for (const kind of kinds) {
    const [least, , , , median] = samples[kind].toSorted((one, other) => one - other);
    console.log(`${kind}: CPU ms for 50 MB: ${median?.toFixed(1)} (least ${least?.toFixed(1)})`);
  }
}

async function measure(kind: Kind): Promise<number> {
  const server = fork(file, [kind]);
  const [port] = await once(server, "message");
  const answer = once(server, "message");
  const client = connect(Number(port), "127.0.0.1");
  const lines = Buffer.alloc(65_520, `${"a".repeat(78)}\r\n`);
  for (let left = megabytes * 1e6; left > 0; left -= lines.length)
    if (!client.write(lines)) await once(client, "drain");
  client.end();
  const [spent] = await answer;
  await once(server, "exit");
  return (Number(spent) / megabytes) * 50;
}

async function serve(kind: Kind): Promise<void> {
  // As many objects as a server has with its packages: each collection goes through all of them.
  const heap = Array.from({ length: 150_000 }, (_, index) => ({ index, inner: { text: `x${index}` } }));
  let [kept, before]: [unknown, NodeJS.CpuUsage] = [heap, process.cpuUsage()];
  const look = (piece: Buffer): void => {
    piece.indexOf("\r\n.");
    kept = [heap, piece];
  };
  const lookAndFree = (piece: Buffer): void => {
    look(piece);
    giveBack(piece);
  };
  const ended = (): void => {
    const { user, system } = process.cpuUsage(before);
    process.send?.((user + system) / 1_000, () => process.exit(kept ? 0 : 1));
  };
  const readsAsNode = kind === "node" || kind === "freed";
  const server = createServer({ pauseOnConnect: !readsAsNode }, (socket) => {
    before = process.cpuUsage();
    if (readsAsNode) {
      socket.on("data", kind === "node" ? look : lookAndFree).on("end", ended);
      return;
    }
    // The handle is no documented option: here it shows what could be had.
    const handle: unknown = Reflect.get(socket, "_handle");
    Reflect.set(socket, "_handle", null);
    const callback = (length: number, buffer: Uint8Array): boolean => {
      const piece = Buffer.from(buffer.buffer, buffer.byteOffset, length);
      look(kind === "own" ? piece : Buffer.from(piece));
      return true;
    };
    const options = { handle, onread: { buffer: Buffer.alloc(65_536), callback } };
    new Socket(options as SocketConstructorOpts).on("end", ended).resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  process.send?.(typeof address === "object" ? address?.port : 0);
}
