import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { TlsFacts } from "../../../src/protocols/protocol.ts";
import type { TlsServerOptions } from "../../../src/runtime/tls/context.ts";
import { startHandshake } from "../../../src/runtime/tls/handshake.ts";
import type { HandshakeFailure } from "../../../src/runtime/tls/handshake-failure.ts";

export type Outcome =
  | { readonly raw: Socket; readonly secured: TLSSocket; readonly facts: TlsFacts }
  | { readonly raw: Socket; readonly failed: HandshakeFailure };

const closings = new WeakMap<Socket, Promise<void>>();

/** Notes the socket's `close` event, which comes later than its `closed` property says. */
export function watched<Watched extends Socket>(socket: Watched): Watched {
  closings.set(socket, new Promise((resolve) => socket.once("close", () => resolve())));
  return socket;
}

/** The `close` event of each, past or to come. */
export async function closed(...sockets: Socket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => closings.get(socket)));
}

/** A loopback server under implicit TLS that does nothing after the handshake. */
export interface TlsListener extends AsyncDisposable {
  readonly port: number;
  /** Every outcome, in order. */
  readonly outcomes: readonly Outcome[];
  /** The raw sockets as they were accepted. */
  readonly accepted: readonly Socket[];
  /** The next outcome that no one has been given yet. */
  outcome(): Promise<Outcome>;
}

export async function listenWithTls(
  options: TlsServerOptions,
  onAccept: (raw: Socket) => void = () => {},
): Promise<TlsListener> {
  const outcomes: Outcome[] = [];
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (raw) => {
    accepted.push(watched(raw));
    onAccept(raw);
    const report = (outcome: Outcome) => {
      outcomes.push(outcome);
      server.emit("outcome");
    };
    startHandshake(raw, options, {
      secured: (secured, facts) => report({ raw, secured: watched(secured), facts }),
      failed: (failed) => report({ raw, failed }),
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  let given = 0;
  return {
    port: (server.address() as AddressInfo).port,
    outcomes,
    accepted,
    async outcome() {
      const index = given++;
      for (;;) {
        const outcome = outcomes[index];
        if (outcome) return outcome;
        await once(server, "outcome");
      }
    },
    async [Symbol.asyncDispose]() {
      for (const raw of accepted) raw.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
