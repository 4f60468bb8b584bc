/** The sockets of one listener: bound, in use, staged for a reload, or being retired. */
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay, setImmediate as immediate } from "node:timers/promises";
import type { ListenerSettings } from "../../config/index.ts";
import { type Endpoint, UNIX_CLIENT } from "../../protocols/endpoint.ts";
import { endpoint } from "../connection/socket-facts.ts";
import type { BoundAddress } from "../observe/lifecycle.ts";
import { bindSocket } from "../sockets/bind-socket.ts";
import type { BindTarget, BoundSocket, InheritableSocket } from "../sockets/bound-socket.ts";
import type { InheritedSockets } from "../sockets/inherited-sockets.ts";
import type { SocketWarning } from "../sockets/options.ts";
import { ListenerError } from "./listener-errors.ts";
import { setSocketFileAccess } from "./socket-file-access.ts";

/** How long it may take to accept the clients that the kernel has queued for a retiring socket, in milliseconds. */
const emptyingTimeout = 1_000;

/** How long a client may take to complete the TCP handshake with a socket that a reload closes, in milliseconds. */
const handshakeTime = 100;

/** Who accepts in the main thread's place. */
export interface Elsewhere {
  open(listener: string): Promise<void>;
  pause(listener: string): Promise<void>;
}

/** What is known of both ends when a client is accepted. */
export interface AcceptedEnds {
  /** Ours; null when each connection must look up its own. */
  readonly local: Endpoint | null;
  /** The client's; null when it is the accepted socket's own. */
  readonly peer: Endpoint | null;
}

/** What the sockets report to their listener. */
export interface SocketsOwner {
  readonly name: string;
  readonly settings: ListenerSettings;
  readonly inherited: InheritedSockets;
  /** Null where this thread accepts itself. */
  readonly elsewhere: Elsewhere | null;
  /** The listener has ended: sockets bound from here on are closed at once. */
  readonly ended: boolean;
  accepted(socket: Socket, ends: AcceptedEnds): void;
  acceptFailed(error: Error): void;
  warn(warning: SocketWarning): void;
}

export class ListenerSockets {
  readonly #owner: SocketsOwner;
  readonly #servers = new Map<BoundSocket, Server>();
  /** By the address as the document writes it. */
  readonly #bound = new Map<string, BoundSocket>();
  /** Bound for the current reload, and not yet in use. */
  readonly #staged = new Map<string, BoundSocket>();
  /** Replaced by the current reload; they accept until their queues are empty. */
  readonly #replaced: BoundSocket[] = [];

  constructor(owner: SocketsOwner) {
    this.#owner = owner;
  }

  /** As bound, with the ports that the kernel chose. */
  get addresses(): readonly BoundAddress[] {
    return [...this.#bound.values()].map((socket) => socket.address);
  }

  /** The socket of an address as the document writes it; the staged one where there are two. */
  at(text: string): BoundSocket | null {
    return this.#staged.get(text) ?? this.#bound.get(text) ?? null;
  }

  /** @throws ListenerError with every address that cannot be bound. */
  bind(targets: readonly BindTarget[]): Promise<void> {
    return this.#bind(targets, { settings: this.#owner.settings, into: this.#bound });
  }

  /** Binds further addresses beside those in use. @throws ListenerError with every address that cannot be bound. */
  stage(targets: readonly BindTarget[], settings: ListenerSettings): Promise<void> {
    return this.#bind(targets, { settings, into: this.#staged });
  }

  /** From here on the kernel queues clients, for whoever accepts them. */
  async listen(): Promise<void> {
    await this.#all([...this.#bound.values(), ...this.#staged.values()].map((socket) => socket.listen()));
  }

  /** Puts the staged sockets into use, in place of those with the same address. */
  useStaged(): void {
    for (const [text, socket] of this.#staged) {
      const old = this.#bound.get(text);
      if (old) this.#replaced.push(old);
      this.adopt(text, socket);
    }
    this.#staged.clear();
  }

  discardStaged(): void {
    for (const socket of this.#staged.values()) socket.close();
    this.#staged.clear();
  }

  /** Takes over another listener's socket, bound and perhaps listening. */
  adopt(text: string, socket: BoundSocket): void {
    this.#bound.set(text, socket);
    this.#warn([...socket.warnings, ...socket.applySettings(this.#owner.settings).unsupported]);
    void this.#setAccess(socket, this.#owner.settings);
  }

  /** Stops accepting from a socket, which keeps queueing, and releases it. */
  async giveUp(text: string): Promise<BoundSocket | undefined> {
    const socket = this.#bound.get(text);
    if (!socket) return undefined;
    this.#bound.delete(text);
    await this.#stopAccepting(socket);
    return socket;
  }

  /** Sets socket options at once, where the kernel allows it. */
  applySettings(settings: ListenerSettings): void {
    for (const socket of this.#bound.values()) {
      this.#warn(socket.applySettings(settings).unsupported);
      void this.#setAccess(socket, settings);
    }
  }

  /** Nobody has connected to the file of a Unix socket before it listens. That of an inherited one is its maker's. */
  async #setAccess({ address, inherited }: BoundSocket, settings: ListenerSettings): Promise<void> {
    const path = address.family === "unix" && !inherited ? address.address.slice("unix:".length) : "@";
    if (!path.startsWith("@")) this.#warn(await setSocketFileAccess(path, settings));
  }

  /** For a successor, by the address as the document writes it. Null where it cannot inherit one. */
  get inheritable(): ReadonlyMap<string, InheritableSocket | null> {
    return new Map([...this.#bound].map(([text, socket]) => [text, socket.inheritable]));
  }

  /** Accepts on every address; sockets that are accepting already go on. */
  async open(): Promise<void> {
    if (this.#owner.elsewhere) return this.#openElsewhere(this.#owner.elsewhere);
    const opening = [...this.#bound.values()].map((socket) => this.#open(socket));
    await Promise.allSettled(opening);
    if (this.#owner.ended) this.close();
    await this.#all(opening);
  }

  async #openElsewhere(elsewhere: Elsewhere): Promise<void> {
    await this.listen();
    await elsewhere.open(this.#owner.name);
    if (this.#owner.ended) this.close();
  }

  /** Stops accepting; the kernel keeps queueing. */
  async pause(): Promise<void> {
    await this.#owner.elsewhere?.pause(this.#owner.name);
    await Promise.all([...this.#servers].map(([socket, server]) => socket.suspend(server)));
    this.#servers.clear();
  }

  /** Stops accepting in this turn, whatever becomes of the listener. */
  acceptNoMore(): void {
    for (const [socket, server] of this.#servers) void socket.suspend(server);
  }

  /**
   * Accepts until nobody is queued, and nobody can be. Clients queued on an inherited socket are left to the next
   * process that is started with it.
   */
  async empty(signal: AbortSignal): Promise<void> {
    await this.#owner.elsewhere?.pause(this.#owner.name);
    const all = [...this.#bound.values()];
    await Promise.all(all.filter(({ inherited }) => inherited).map((socket) => this.#stopAccepting(socket)));
    const sockets = all.filter(({ inherited }) => !inherited);
    queueNoMore(sockets);
    if (anyQueued(sockets)) await Promise.all(sockets.map((socket) => this.#open(socket)));
    while (!signal.aborted && anyQueued(sockets)) await immediate();
  }

  /** Nobody is queued any more for these addresses and those that were replaced; who is queued is still accepted. */
  queueNoMore(texts: readonly string[]): void {
    const ending = texts.flatMap((text) => this.#bound.get(text) ?? []);
    queueNoMore([...this.#replaced, ...ending]);
  }

  /**
   * Admits the clients that the kernel has queued, then closes the sockets of these addresses and those that were
   * replaced.
   */
  async retire(texts: readonly string[]): Promise<void> {
    const retiring = this.#replaced.splice(0);
    for (const text of texts) {
      const socket = this.#bound.get(text);
      if (socket) retiring.push(socket);
      this.#bound.delete(text);
    }
    const deadline = AbortSignal.timeout(emptyingTimeout);
    const accepting = retiring.filter((socket) => this.#servers.has(socket));
    queueNoMore(retiring);
    // Handshakes in progress are completed, and their clients queued.
    if (accepting.length > 0) await delay(handshakeTime);
    while (!deadline.aborted && anyQueued(accepting)) await immediate();
    for (const socket of retiring) this.#close(socket);
  }

  /** Closes the sockets that no successor has taken, once the clients that the kernel has queued are admitted. */
  async retireUntaken(): Promise<void> {
    const untaken = [...this.#bound].filter(([, { inherited }]) => !inherited);
    if (untaken.length === 0) return;
    await Promise.allSettled(untaken.map(([, socket]) => this.#open(socket)));
    await this.retire(untaken.map(([text]) => text));
  }

  close(): void {
    this.discardStaged();
    for (const socket of [...this.#bound.values(), ...this.#replaced]) this.#close(socket);
    this.#bound.clear();
    this.#replaced.length = 0;
  }

  async #stopAccepting(socket: BoundSocket): Promise<void> {
    const server = this.#servers.get(socket);
    this.#servers.delete(socket);
    if (server) await socket.suspend(server);
  }

  #close(socket: BoundSocket): void {
    socket.close();
    this.#servers.delete(socket);
  }

  async #bind(
    targets: readonly BindTarget[],
    { settings, into }: { settings: ListenerSettings; into: Map<string, BoundSocket> },
  ): Promise<void> {
    const binding = targets.map(async (target) => {
      const socket = await bindSocket(target, settings, {
        inherited: this.#owner.inherited,
        listener: this.#owner.name,
      });
      into.set(target.text, socket);
      this.#warn(socket.warnings);
      // Another server's file stays as it is until that one accepts no more.
      if (!socket.inheritable?.file?.isOfAnother) await this.#setAccess(socket, settings);
    });
    await Promise.allSettled(binding);
    if (this.#owner.ended) this.close();
    await this.#all(binding);
  }

  async #open(socket: BoundSocket): Promise<void> {
    if (this.#servers.has(socket)) return;
    const server = createServer({ allowHalfOpen: true });
    const endsOf = endsAt(socket);
    server.on("connection", (accepted) => this.#owner.accepted(accepted, endsOf(accepted)));
    server.on("error", (error) => this.#owner.acceptFailed(error));
    this.#servers.set(socket, server);
    try {
      await socket.accept(server);
    } catch (error) {
      this.#servers.delete(socket);
      throw error;
    }
  }

  /** @throws ListenerError with everything that failed. */
  async #all(steps: readonly Promise<void>[]): Promise<void> {
    const outcomes = await Promise.allSettled(steps);
    const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    if (errors.length > 0) throw new ListenerError(this.#owner.name, errors);
  }

  #warn(warnings: readonly SocketWarning[]): void {
    for (const warning of warnings) this.#owner.warn(warning);
  }
}

/** A client of a Unix socket has no address, but a process. */
function endsAt(bound: BoundSocket): (accepted: Socket) => AcceptedEnds {
  const { address, port, family } = bound.address;
  if (family !== "unix") {
    const ends = { local: ownAddress(bound.address), peer: null };
    return () => ends;
  }
  const local = { address, port };
  return (accepted) => {
    const process = bound.processOf(accepted);
    return { local, peer: process ? { ...UNIX_CLIENT, process } : UNIX_CLIENT };
  };
}

/** Null for the wildcard addresses (RFC 4291 section 2.5.2): a connection has come to one of the host's own. */
function ownAddress({ address, port }: BoundAddress): Endpoint | null {
  return address === "0.0.0.0" || address === "::" ? null : endpoint(address, port);
}

/**
 * Closing a socket resets the clients that the kernel has queued for it; where this fails, only those that arrive at
 * that moment.
 */
function queueNoMore(sockets: readonly BoundSocket[]): void {
  for (const socket of sockets) socket.queueNoMore();
}

function anyQueued(sockets: readonly BoundSocket[]): boolean {
  return sockets.some((socket) => (socket.queued() ?? 0) > 0);
}
