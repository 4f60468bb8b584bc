import type { Server, Socket } from "node:net";
import type { PeerProcess } from "../../protocols/endpoint.ts";
import { type BindError, explainBindFailure, type FailedCall } from "./bind-error.ts";
import type { AppliedSettings, BoundSocket, InheritableSocket, SocketTarget } from "./bound-socket.ts";
import { dropConnectionRequests } from "./connection-request-filter.ts";
import { Descriptor } from "./descriptor.ts";
import { errnoName } from "./errno.ts";
import type { ExclusiveWakes } from "./exclusive-wakes.ts";
import { AF_INET, AF_INET6, AF_UNIX, type Libc, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from "./libc.ts";
import {
  applySocketOptions,
  backlogOf,
  backlogWarnings,
  changeableFields,
  changedFields,
  changeSocketOption,
  IPV6_V6ONLY,
  type OptionOutcome,
  readAcceptQueue,
  readSocketOptions,
  type SocketField,
  type SocketSettings,
  type SocketWarning,
} from "./options.ts";
import { peerProcess } from "./peer-credentials.ts";
import { type BoundAddress, decodeSockaddr, encodeSockaddr, SOCKADDR_MAX, SockaddrError, UNIX } from "./sockaddr.ts";
import { SocketFile } from "./socket-file.ts";

const EAFNOSUPPORT = 97;

/** Node would not accept from the socket; the cause is Node's own error, if it gave one. */
export class AcceptError extends Error {
  readonly code = "accept-failed";
  constructor(address: BoundAddress, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : "Node gave no reason";
    super(
      `Cannot accept on ${address.address} port ${address.port}: ${reason}. Hand in a server that is not listening yet.`,
      { cause },
    );
    this.name = "AcceptError";
  }
}

interface OpenSettings {
  readonly settings: SocketSettings;
  /** Warnings that the socket has from the start. */
  readonly warnings: readonly SocketWarning[];
}

export interface OpenSocket extends OpenSettings {
  readonly libc: Libc;
  readonly target: SocketTarget;
  readonly descriptor: Descriptor;
  readonly address: BoundAddress;
  /** Whether another process has the socket too, and goes on using it. False by default. */
  readonly inherited?: boolean;
  /** Of a Unix socket, where this process has made it or succeeds its maker: it goes with the socket. Null by default. */
  readonly file?: SocketFile | null;
  /** Where other threads accept from it, too: which of them a client wakes. Null by default. */
  readonly wakes?: ExclusiveWakes | null;
}

/**
 * Makes a socket, sets its options and binds it, without listening.
 * @returns the failed call, with nothing left open.
 */
export function openListeningSocket(
  libc: Libc,
  target: SocketTarget,
  { settings, warnings }: OpenSettings,
): ListeningSocket | FailedCall {
  const domain = { 4: AF_INET, 6: AF_INET6, unix: AF_UNIX }[target.family];
  const fd = libc.socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return { syscall: "socket", errno: errnoName(fd) };
  const descriptor = new Descriptor(libc, fd);
  const fail = (syscall: string, errno: string): FailedCall => {
    descriptor.close();
    return { syscall, errno };
  };

  const only = target.family === 6 ? libc.setsockopt(fd, IPV6_V6ONLY, Number(target.ipv6Only)) : 0;
  if (only < 0) return fail("setsockopt", errnoName(only));
  const unmet = [...applySocketOptions(libc, fd, { ...target, settings }), ...backlogWarnings(settings)];

  try {
    const host = target.family === "unix" ? `${UNIX}${target.host}` : target.host;
    const result = libc.bind(fd, encodeSockaddr({ address: host, port: target.port, family: target.family }));
    if (result < 0) return fail("bind", errnoName(result));
  } catch (error) {
    if (error instanceof SockaddrError) return fail("bind", error.errno);
    descriptor.close();
    throw error;
  }

  const address = localAddress(libc, fd);
  if (typeof address === "number") return fail("getsockname", errnoName(address));
  const file = target.family === "unix" && target.host.startsWith("/") ? SocketFile.made(target.host) : null;
  return new ListeningSocket({ libc, target, settings, descriptor, address, file, warnings: [...warnings, ...unmet] });
}

/** getsockname(2): minus errno for a descriptor that is no socket of IPv4 or IPv6, nor a Unix socket with a name. */
export function localAddress(libc: Libc, fd: number): BoundAddress | number {
  const sockaddr = Buffer.alloc(SOCKADDR_MAX);
  const named = libc.getsockname(fd, sockaddr);
  return named < 0 ? named : (decodeSockaddr(sockaddr.subarray(0, named)) ?? -EAFNOSUPPORT);
}

/**
 * A listening socket whose descriptor the runtime owns. Node accepts from a dup(2) of it, so that closing Node's server
 * ends the accepting and nothing else.
 */
export class ListeningSocket implements BoundSocket, InheritableSocket {
  readonly address: BoundAddress;
  readonly warnings: readonly SocketWarning[];
  readonly descriptor: Descriptor;
  readonly #libc: Libc;
  readonly #target: SocketTarget;
  /** The servers that have a dup(2) of the socket, and its number. */
  readonly #servers = new Map<Server, number>();
  readonly #wakes: ExclusiveWakes | null;
  readonly file: SocketFile | null;
  /** The settings in force. */
  #settings: SocketSettings;
  #inherited: boolean;
  #listens = false;

  constructor({ libc, target, settings, descriptor, address, warnings, ...rest }: OpenSocket) {
    const { inherited = false, file = null, wakes = null } = rest;
    this.#libc = libc;
    this.#wakes = wakes;
    this.#target = target;
    this.#settings = settings;
    this.descriptor = descriptor;
    this.address = address;
    this.#inherited = inherited;
    this.warnings = warnings;
    this.file = file;
  }

  get inherited(): boolean {
    return this.#inherited;
  }

  get inheritable(): InheritableSocket {
    return this;
  }

  get ipv6Only(): boolean {
    return this.#target.family === 6 && this.#target.ipv6Only;
  }

  get settings(): SocketSettings {
    return this.#settings;
  }

  async listen(): Promise<void> {
    const result = this.#applyBacklog(this.#settings);
    if (result < 0) throw await this.#explain("listen", result);
    this.#listens = true;
  }

  async accept(server: Server): Promise<void> {
    if (!this.#listens) await this.listen();
    const duplicate = this.descriptor.use((fd) => this.#libc.duplicate(fd));
    if (duplicate < 0) throw await this.#explain("fcntl", duplicate);
    await this.#handOver(new Descriptor(this.#libc, duplicate), server);
  }

  processOf(accepted: Socket): PeerProcess | null {
    return peerProcess(this.#libc, accepted);
  }

  async suspend(server: Server): Promise<void> {
    this.#close(server);
  }

  applySettings(settings: SocketSettings): AppliedSettings {
    const applied: SocketField[] = [];
    const refused: SocketField[] = [];
    const unsupported: SocketWarning[] = [];
    for (const field of changedFields(this.#settings, settings)) {
      const { inForce, warnings } = this.#change(field, settings);
      (inForce ? applied : refused).push(field);
      unsupported.push(...warnings);
    }
    const kept = refused.map((field) => [field, this.#settings[field]]);
    this.#settings = { ...settings, ...Object.fromEntries(kept) };
    return { applied, unsupported };
  }

  leaveToSuccessor(): void {
    this.#inherited = true;
  }

  restoreSettings(): void {
    for (const field of changeableFields) this.#change(field, this.#settings);
  }

  readOptions(): Record<string, number | boolean | null> {
    return this.descriptor.use((fd) => readSocketOptions(this.#libc, fd));
  }

  queued(): number | null {
    return this.descriptor.use((fd) =>
      // How many wait for a Unix socket is not said, only whether somebody does.
      this.address.family === "unix" ? this.#libc.readable(fd) : (readAcceptQueue(this.#libc, fd)?.queued ?? null),
    );
  }

  queueNoMore(): boolean {
    // The filter would apply to the other process's socket as well.
    if (this.#inherited) return false;
    if (this.address.family === "unix") {
      return this.file?.remove() ?? false;
    }
    return this.descriptor.use((fd) => this.#libc.attachFilter(fd, dropConnectionRequests)) >= 0;
  }

  close(): void {
    for (const server of this.#servers.keys()) this.#close(server);
    this.#listens = false;
    if (!this.#inherited) this.file?.remove();
    this.descriptor.close();
  }

  /** Node closes its descriptor at once; only the event `close` waits for the server's connections to end. */
  #close(server: Server): void {
    const fd = this.#servers.get(server);
    if (fd === undefined) return;
    this.#servers.delete(server);
    this.#wakes?.remove(fd);
    server.close();
  }

  async #handOver(copy: Descriptor, server: Server): Promise<void> {
    let failure: unknown;
    const onError = (error: Error): void => {
      failure = error;
    };
    server.once("error", onError);
    const wasListening = server.listening;
    try {
      copy.use((fd) => server.listen({ fd }));
    } catch (error) {
      failure = error;
    }
    const taken = !wasListening && failure === undefined && server.listening;
    if (taken) {
      const fd = copy.use((number) => number);
      copy.release();
      this.#servers.set(server, fd);
      this.#wakes?.add(fd);
      // Node listened with its own backlog.
      this.#applyBacklog(this.#settings);
    } else if (copy.sharesSocketWith(this.descriptor)) {
      copy.close();
    } else {
      // Node took it and closed it again.
      copy.release();
    }
    // Node emits `listening` or `error` in the tick after this one.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    server.off("error", onError);
    if (!taken) throw new AcceptError(this.address, failure);
  }

  #change(field: SocketField, settings: SocketSettings): OptionOutcome {
    if (field !== "socketBacklog") {
      return this.descriptor.use((fd) => changeSocketOption(this.#libc, fd, { ...this.#target, field, settings }));
    }
    const result = this.#listens ? this.#applyBacklog(settings) : 0;
    if (result === 0) return { inForce: true, warnings: backlogWarnings(settings) };
    return { inForce: false, warnings: [{ field, text: `The kernel refused the backlog: ${errnoName(result)}.` }] };
  }

  #applyBacklog(settings: SocketSettings): number {
    return this.descriptor.use((fd) => this.#libc.listen(fd, backlogOf(settings)));
  }

  #explain(syscall: string, result: number): Promise<BindError> {
    return explainBindFailure({ ...this.#target, port: this.address.port }, { syscall, errno: errnoName(result) });
  }
}
