import { type Configuration, type ListenerSettings, withOpenedListeners } from "../../config/index.ts";
import type { Listener } from "../listener/listener.ts";
import type { BoundSocket } from "../sockets/bound-socket.ts";
import type { ServerCertificates } from "../tls/server-certificates.ts";
import type { MainMemory } from "./worker-memory.ts";
import type { HandedSocket, WorkerDocument } from "./worker-messages.ts";

type Bind = ListenerSettings["bind"][number];

/** Sockets without a descriptor of their own cannot be accepted from by several threads. */
export class WorkersUnsupportedError extends Error {
  override readonly name = "WorkersUnsupportedError";
  readonly code = "workers-unsupported";

  constructor(text: string) {
    super(
      `Several workers cannot accept on ${text}: this platform's sockets belong to one event loop. Set workers to 1.`,
    );
  }
}

/**
 * The document for a worker: what it serves, with the addresses as they were bound, so that it finds the socket of each.
 * @param source.listeners those that have the sockets, the staged ones included
 */
export function workerDocument(
  configuration: Configuration,
  pool: { readonly memory: MainMemory; serves(settings: ListenerSettings): boolean },
  source: { readonly certificates: ServerCertificates; readonly listeners: readonly Listener[] },
): WorkerDocument {
  const sockets: HandedSocket[] = [];
  const served = withOpenedListeners(configuration).listeners.filter((settings) => pool.serves(settings));
  const listeners = served.map((settings): ListenerSettings => {
    const bind = settings.bind.map((address) => {
      const socket = socketFor(source.listeners, settings.name, address);
      const shared = socket?.inheritable;
      if (!socket || !shared) throw new WorkersUnsupportedError(address.text);
      const descriptor = shared.descriptor.use((fd) => fd);
      sockets.push({ address: socket.address, ipv6Only: shared.ipv6Only, descriptor });
      return boundAs(address, socket);
    });
    return { ...settings, bind };
  });
  const { allowed, blocked, directory, ignoredFields, system, withoutProtocol } = configuration;
  // In its own thread a worker serves by itself; the main thread is in the fleet for all.
  const alone = { ...system, workers: 1, cluster: null };
  // Workers borrow the accounts: secrets stay in the main thread.
  const accounts: Configuration["accounts"] = [];
  // They get those that the main thread has read, or was issued.
  const certificates: Configuration["certificates"] = [];
  return {
    document: {
      ...{ accounts, allowed, blocked, certificates, directory, ignoredFields, withoutProtocol },
      ...{ system: alone, listeners },
    },
    sockets,
    certificates: source.certificates,
    memory: pool.memory.prepare(served),
  };
}

/** Its own, or that of the listener from which it takes it over. */
function socketFor(listeners: readonly Listener[], name: string, { text }: Bind): BoundSocket | null {
  for (const listener of listeners) {
    const socket = listener.name === name ? listener.socketAt(text) : null;
    if (socket) return socket;
  }
  for (const listener of listeners) {
    const socket = listener.socketAt(text);
    if (socket) return socket;
  }
  return null;
}

function boundAs(address: Bind, { address: bound }: BoundSocket): Bind {
  if (bound.family === "unix") {
    const host = bound.address.slice("unix:".length);
    return { text: bound.address, host, family: "unix", port: 0 };
  }
  const sameFamily = bound.family === address.family;
  const host = sameFamily ? address.host : bound.address;
  const text = bound.family === 6 ? `[${host}]:${bound.port}` : `${host}:${bound.port}`;
  return { text, host, family: bound.family, port: bound.port };
}
