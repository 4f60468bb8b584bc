import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { ProxyHeader } from "../../../src/runtime/proxy/proxy-header.ts";
import { ProxyHeaderReader } from "../../../src/runtime/proxy/proxy-header-reader.ts";
import type { LoadedCertificate } from "../../../src/runtime/tls/certificates.ts";
import { tlsContexts } from "../../../src/runtime/tls/context.ts";
import { startHandshake } from "../../../src/runtime/tls/handshake.ts";

export interface ProxiedServer extends AsyncDisposable {
  readonly port: number;
  /** The next header that no one has been given yet; rejects with the first error of a reader. */
  header(): Promise<ProxyHeader>;
}

/** A loopback server that wants a PROXY header, and then gives the socket on with all that follows in its read buffer. */
export async function proxiedServer(serve: (socket: Socket) => void): Promise<ProxiedServer> {
  const headers = new Inbox<ProxyHeader>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    const reader = new ProxyHeaderReader();
    const take = (chunk: Buffer) => {
      const step = reader.feed(chunk);
      if (step === "more") return;
      // Paused first: a flowing socket without a listener would drop what is put back.
      socket.pause();
      socket.off("data", take);
      if ("error" in step) {
        headers.fail(step.error);
        socket.destroy();
        return;
      }
      if (step.rest.length > 0) socket.unshift(step.rest);
      headers.put(step.header);
      serve(socket);
    };
    socket.on("data", take);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    header: () => headers.next(),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Sends back what it is sent, in capitals. */
export function shout(socket: Socket): void {
  socket.on("data", (chunk: Buffer) => socket.write(chunk.toString("latin1").toUpperCase()));
  socket.resume();
}

/** The same under implicit TLS, which begins behind the header. */
export function shoutUnderTls(certificate: LoadedCertificate): (raw: Socket) => void {
  const listener = { tlsDisableProtocols: [], tlsDisableCipherSuites: [], tlsIgnoreClientOrder: true };
  const contexts = tlsContexts({ certificates: [certificate], defaultId: null, listener });
  return (raw) => {
    startHandshake(raw, contexts, { secured: (socket) => shout(socket), failed: () => raw.destroy() });
  };
}

class Inbox<Item> {
  readonly #items: Item[] = [];
  readonly #waiting: PromiseWithResolvers<Item>[] = [];
  #error: Error | null = null;

  put(item: Item): void {
    const first = this.#waiting.shift();
    if (first) first.resolve(item);
    else this.#items.push(item);
  }

  fail(error: Error): void {
    this.#error ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  async next(): Promise<Item> {
    const item = this.#items.shift();
    if (item !== undefined) return item;
    if (this.#error) throw this.#error;
    const waiting = Promise.withResolvers<Item>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }
}
