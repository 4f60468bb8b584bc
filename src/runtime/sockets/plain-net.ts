import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import type { FailedCall } from "./bind-error.ts";
import type { AppliedSettings, BindTarget, BoundSocket } from "./bound-socket.ts";
import { backlogOf, changedFields, type SocketField, type SocketSettings, type SocketWarning } from "./options.ts";
import { type BoundAddress, UNIX } from "./sockaddr.ts";

interface PlainSettings {
  readonly settings: SocketSettings;
  /** Why `node:net` is used. */
  readonly reason: string | null;
  /** Warnings that the socket has from the start. */
  readonly warnings: readonly SocketWarning[];
}

/**
 * Binds through `node:net`, which cannot bind without listening: clients that come before the first `accept` are held.
 * @returns the failed call, with nothing left open.
 */
export async function bindPlainSocket(
  target: BindTarget,
  { settings, reason, warnings }: PlainSettings,
): Promise<BoundSocket | FailedCall> {
  const unmet = [...warnings, ...unsupportedFields(settings, reason)];
  const holder = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const options: ListenOptions = {
    ...placeOf(target),
    backlog: backlogOf(settings),
    exclusive: true,
  };
  let sharesPort = settings.socketReusePort && (target.family === 4 || target.family === 6);
  let failed = await tryListen(holder, { ...options, reusePort: sharesPort });
  if (failed && settings.socketReusePort && (failed.errno === "ENOTSUP" || failed.errno === "EINVAL")) {
    sharesPort = false;
    unmet.push({ field: "socketReusePort", text: `node:net cannot set SO_REUSEPORT on ${process.platform}.` });
    failed = await tryListen(holder, options);
  }
  if (failed) return failed;
  return new PlainSocket(holder, { settings, reason, warnings: unmet }, sharesPort);
}

function placeOf({ family, host, port, ipv6Only }: BindTarget): ListenOptions {
  if (family === "fd") return { fd: Number(host) } as ListenOptions;
  if (family === "unix") return { path: host.replace(/^@/, "\0") };
  return { host, port, ipv6Only: family === 6 && ipv6Only };
}

/**
 * A listening socket of Node's own. One server holds it for good and passes its connections on: to the server that
 * accepts, or while none does into a queue of at most `socketBacklog`, in place of the kernel's.
 */
class PlainSocket implements BoundSocket {
  readonly address: BoundAddress;
  readonly inherited = false;
  readonly inheritable = null;
  readonly warnings: readonly SocketWarning[];
  readonly #holder: Server;
  readonly #reason: string | null;
  readonly #sharesPort: boolean;
  readonly #held = new Set<Socket>();
  readonly #servers: Server[] = [];
  #settings: SocketSettings;

  constructor(holder: Server, { settings, reason, warnings }: PlainSettings, sharesPort: boolean) {
    this.#holder = holder;
    this.#settings = settings;
    this.#reason = reason;
    this.#sharesPort = sharesPort;
    this.address = addressOf(holder);
    this.warnings = warnings;
    holder.on("connection", (socket) => this.#deliver(socket));
    holder.on("error", (error) => {
      const server = this.#servers[0];
      // As on a server of its own, the accepting server's listeners get EMFILE; an unhandled error would end the
      // process.
      if (server && server.listenerCount("error") > 0) server.emit("error", error);
    });
  }

  processOf(): null {
    return null;
  }

  async listen(): Promise<void> {
    // It has been listening since it was bound.
  }

  async accept(server: Server): Promise<void> {
    if (!this.#servers.includes(server)) this.#servers.push(server);
    for (const socket of this.#held) {
      // The server may stop accepting at any of them.
      if (this.#servers[0] !== server) return;
      this.#held.delete(socket);
      this.#pass(socket, server);
    }
  }

  async suspend(server: Server): Promise<void> {
    const index = this.#servers.indexOf(server);
    if (index >= 0) this.#servers.splice(index, 1);
  }

  applySettings(settings: SocketSettings): AppliedSettings {
    const changed = changedFields(this.#settings, settings);
    const refused: SocketField[] = changed.filter((field) => field !== "socketNoDelay");
    const kept = refused.map((field) => [field, this.#settings[field]]);
    this.#settings = { ...settings, ...Object.fromEntries(kept) };
    return {
      applied: changed.filter((field) => !refused.includes(field)),
      unsupported: refused.map((field) => ({
        field,
        text: `node:net cannot change this on a live socket${because(this.#reason)}.`,
      })),
    };
  }

  readOptions(): Record<string, number | boolean | null> {
    return {
      socketReuseAddress: true,
      socketReusePort: this.#sharesPort,
      socketBacklog: null,
      socketTtl: null,
      socketSendBufferSize: null,
      socketReceiveBufferSize: null,
      socketTosV4: null,
      socketNoDelay: this.#settings.socketNoDelay,
      ipv6UnicastHops: null,
      ipv6Only: null,
    };
  }

  queued(): number | null {
    return this.#held.size;
  }

  queueNoMore(): boolean {
    return false;
  }

  close(): void {
    this.#servers.length = 0;
    this.#holder.close();
    for (const socket of this.#held) socket.destroy();
    this.#held.clear();
  }

  #deliver(socket: Socket): void {
    socket.setNoDelay(this.#settings.socketNoDelay);
    const server = this.#servers[0];
    if (server) {
      this.#pass(socket, server);
    } else if (this.#held.size >= backlogOf(this.#settings)) {
      socket.destroy();
    } else {
      this.#held.add(socket);
      socket.once("close", () => this.#held.delete(socket));
    }
  }

  /** Turns a paused connection into what the server would have had by accepting it itself. */
  #pass(socket: Socket, server: Server): void {
    socket.allowHalfOpen = Reflect.get(server, "allowHalfOpen") === true;
    if (Reflect.get(server, "pauseOnConnect") !== true) {
      Reflect.set(socket, "readableFlowing", null);
      socket.read(0);
    }
    server.emit("connection", socket);
  }
}

function tryListen(server: Server, options: ListenOptions): Promise<FailedCall | null> {
  return new Promise((resolve) => {
    const onListening = (): void => {
      server.off("error", onError);
      resolve(null);
    };
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off("listening", onListening);
      resolve({ syscall: error.syscall ?? "listen", errno: error.code ?? error.name });
    };
    server.once("listening", onListening);
    server.once("error", onError);
    server.listen(options);
  });
}

function addressOf(server: Server): BoundAddress {
  const bound = server.address();
  if (typeof bound === "string") return { address: UNIX + bound.replace(/^\0/, "@"), port: 0, family: "unix" };
  if (bound === null) throw new Error("A TCP server that listens has an address.");
  return { address: bound.address, port: bound.port, family: bound.family === "IPv6" ? 6 : 4 };
}

/** The requested settings that `node:net` does not support; a null requests nothing. */
function unsupportedFields(settings: SocketSettings, reason: string | null): SocketWarning[] {
  const warn = (field: SocketField, what: string): SocketWarning => ({
    field,
    text: `node:net cannot ${what}${because(reason)}.`,
  });
  const warnings: SocketWarning[] = [];
  if (!settings.socketReuseAddress) warnings.push(warn("socketReuseAddress", "leave SO_REUSEADDR off"));
  if (settings.socketTtl !== null) warnings.push(warn("socketTtl", "set a TTL"));
  if (settings.socketSendBufferSize !== null) warnings.push(warn("socketSendBufferSize", "set the send buffer's size"));
  if (settings.socketReceiveBufferSize !== null)
    warnings.push(warn("socketReceiveBufferSize", "set the receive buffer's size"));
  if (settings.socketTosV4 !== null) warnings.push(warn("socketTosV4", "set the type of service"));
  return warnings;
}

function because(reason: string | null): string {
  return reason === null ? "" : `, and nothing else is at hand: ${reason}`;
}
