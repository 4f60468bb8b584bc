/** A relay that notes what is sent, e.g. to compare what was stored with what was on the wire. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { onTestFinished } from "vitest";

export interface WireTap {
  /** Clients connect here. */
  readonly port: number;
  /** What clients have sent up to now. */
  sent(): Buffer;
  /** What the server has sent up to now. */
  received(): Buffer;
  /** The content of each message sent by DATA, without the final dot and dot-stuffing. */
  contents(): Buffer[];
}

export async function tapWire(port: number): Promise<WireTap> {
  const chunks: Buffer[] = [];
  const answers: Buffer[] = [];
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    near.on("error", () => far.destroy()).on("data", (chunk: Buffer) => chunks.push(chunk));
    far.on("error", () => near.destroy()).on("data", (chunk: Buffer) => answers.push(chunk));
    near.pipe(far).pipe(near);
    onTestFinished(() => {
      near.destroy();
      far.destroy();
    });
  });
  onTestFinished(() => {
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sent = () => Buffer.concat(chunks);
  return {
    port: (server.address() as AddressInfo).port,
    sent,
    received: () => Buffer.concat(answers),
    contents: () => contentsOf(sent()),
  };
}

/** Octets as characters of Latin-1, so that the grammar can be told by regular expressions. */
function contentsOf(sent: Buffer): Buffer[] {
  const transactions = sent.toString("latin1").matchAll(/^DATA\r\n(?<stuffed>.*?(?<=\r\n))\.\r\n/gims);
  return [...transactions].map(({ groups }) =>
    Buffer.from((groups?.["stuffed"] ?? "").replace(/(?<=^|\r\n)\./g, ""), "latin1"),
  );
}
