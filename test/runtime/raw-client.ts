/** A client that shows what a socket shows: bytes, FIN, RST. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from "node:tls";
import { onTestFinished } from "vitest";

export interface RawClient<Stream extends Socket = Socket> {
  readonly socket: Stream;
  /** All that the server has sent. */
  received(): string;
  /** Waits until the server has sent this, and gives all that it has sent. */
  until(wanted: string | RegExp): Promise<string>;
  /** `fin` when the server closed in order, else the error: `ECONNRESET`. */
  readonly end: Promise<string>;
}

/** Connects; the client keeps its own side open until it is told to end, and is destroyed when the test ends. */
export async function rawClient(port: number, host = "127.0.0.1"): Promise<RawClient> {
  const client = watch(connect({ port, host, allowHalfOpen: true }));
  await once(client.socket, "connect");
  return client;
}

/** The same under TLS, once the handshake is done. */
export async function tlsClient(
  options: ConnectionOptions & { readonly allowHalfOpen?: boolean },
): Promise<RawClient<TLSSocket>> {
  const client = watch(tlsConnect({ host: "127.0.0.1", rejectUnauthorized: false, ...options }));
  await once(client.socket, "secureConnect");
  return client;
}

export function watch<Stream extends Socket>(socket: Stream): RawClient<Stream> {
  let text = "";
  const arrived = new Set<() => void>();
  const end = Promise.withResolvers<string>();
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    for (const look of arrived) look();
  });
  socket.on("end", () => end.resolve("fin"));
  socket.on("error", (error: NodeJS.ErrnoException) => end.resolve(error.code ?? error.message));
  socket.on("close", () => end.resolve("closed"));
  onTestFinished(() => void socket.destroy());
  return {
    socket,
    received: () => text,
    end: end.promise,
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (typeof wanted === "string" ? !text.includes(wanted) : !wanted.test(text)) return;
          arrived.delete(look);
          resolve(text);
        };
        arrived.add(look);
        void end.promise.then((how) => {
          look();
          reject(new Error(`The server ended (${how}) without having said ${String(wanted)}: ${text}`));
        });
        look();
      }),
  };
}

/** Destroys the client, and waits until it is gone. */
export async function gone({ socket }: RawClient): Promise<void> {
  if (socket.closed) return;
  const closed = once(socket, "close");
  socket.destroy();
  await closed;
}
