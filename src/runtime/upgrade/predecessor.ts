/** The server that this process is to succeed, and what it hands over. */
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { type HandedSocket, type InheritedSocket, InheritedSockets } from "../sockets/inherited-sockets.ts";
import { type Libc, loadLibc } from "../sockets/libc.ts";
import { UNIX } from "../sockets/sockaddr.ts";
import { SocketFile } from "../sockets/socket-file.ts";
import { takeSocket } from "../sockets/take-socket.ts";
import { Channel } from "./channel.ts";
import {
  type CarriedState,
  channelDescriptor,
  channelVersion,
  firstSocketDescriptor,
  type OfferedSocket,
  predecessorVariable,
  type ToPredecessor,
  type ToSuccessor,
  wordsDescriptor,
} from "./messages.ts";

const standardError = 2;

/** This process was started to succeed a server, and cannot. */
export class SuccessionError extends Error {
  override readonly name = "SuccessionError";
  readonly code: "predecessor-gone" | "predecessor-unknown";

  constructor(code: SuccessionError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Whether this process was started as a successor; before `Predecessor.find()`. */
export function isSuccessor(environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment[predecessorVariable] === String(process.ppid);
}

/**
 * The server that this process was started to succeed; null when it was started otherwise. Call it once, before anything
 * else is started.
 * @throws SuccessionError
 */
export function findPredecessor(): Promise<Predecessor | null> {
  return Predecessor.find();
}

export class Predecessor {
  readonly pid: number;
  readonly channel: Channel<ToPredecessor, ToSuccessor>;
  /** The listening sockets that it had. */
  readonly sockets: InheritedSockets;
  /** Standard error as the predecessor has it: this process's own leads to the predecessor until it is in charge. */
  readonly words: number = wordsDescriptor;
  readonly #libc: Libc;
  readonly #offered: readonly (InheritedSocket | null)[];
  #inCharge = false;

  /**
   * The one that this process was started by; null when it was not started as a successor. The variable is removed, and
   * the descriptors are closed on exec. Call it once, before anything else is started.
   * @throws SuccessionError
   */
  static async find(environment: NodeJS.ProcessEnv = process.env): Promise<Predecessor | null> {
    const successor = isSuccessor(environment);
    delete environment[predecessorVariable];
    if (!successor) return null;
    const { libc, reason } = await loadLibc();
    if (libc === null)
      throw new SuccessionError("predecessor-unknown", `This process cannot succeed another: ${reason}.`);
    for (const fd of [channelDescriptor, wordsDescriptor]) libc.closeOnExec(fd);
    const channel: Channel<ToPredecessor, ToSuccessor> = new Channel(
      new Socket({ fd: channelDescriptor, readable: true, writable: true }),
    );
    const { version, sockets } = await firstMessage(channel);
    if (version !== channelVersion) {
      const text = `The server that runs hands over otherwise (${version}) than this version takes over (${channelVersion}): restart it.`;
      throw new SuccessionError("predecessor-unknown", text);
    }
    return new Predecessor(libc, channel, sockets);
  }

  private constructor(libc: Libc, channel: Channel<ToPredecessor, ToSuccessor>, offered: readonly OfferedSocket[]) {
    this.pid = process.ppid;
    this.channel = channel;
    this.#libc = libc;
    const warnings: string[] = [];
    this.#offered = offered.map(({ name, managed, used }, index) => {
      const taken = takeSocket(libc, firstSocketDescriptor + index, name);
      if (typeof taken === "string") warnings.push(taken);
      if (typeof taken === "string") return null;
      return used ? { ...taken, ...fileOf(taken, used), handed: { ...used, managed } } : taken;
    });
    this.sockets = new InheritedSockets(
      this.#offered.filter((socket) => socket !== null),
      warnings,
    );
  }

  /** Says something to whoever waits for the upgrade. */
  complain(text: string): void {
    if (this.#inCharge) return;
    try {
      writeSync(standardError, text);
    } catch {
      // The log has it.
    }
  }

  /**
   * Reports that nothing is missing but the clients; resolves with what the predecessor had in memory, when it accepts no
   * more.
   * @throws SuccessionError
   */
  async takeOver(): Promise<CarriedState> {
    const { taken } = this.sockets;
    const numbers = this.#offered.flatMap((socket, number) => (socket && taken.has(socket) ? [number] : []));
    const answer = this.#next("takeOver");
    this.channel.send({ type: "ready", taken: numbers });
    return (await answer).state;
  }

  /** Reports that this process accepts; resolves when it is in charge. */
  async accepting(): Promise<void> {
    const answer = this.#next("inCharge").catch(() => {});
    this.channel.send({ type: "accepting" });
    // When the predecessor ends at this very moment, nobody else is in charge either.
    await answer;
    this.#inCharge = true;
    this.sockets.settle();
    this.#libc.duplicateOnto(wordsDescriptor, standardError);
    this.channel.unref();
  }

  /** Reports why this process cannot take over. */
  failed(message: string): void {
    this.channel.send({ type: "failed", message });
  }

  #next<Type extends ToSuccessor["type"]>(type: Type): Promise<Extract<ToSuccessor, { readonly type: Type }>> {
    return next(this.channel, type);
  }
}

/** Of a Unix socket; a name in the abstract namespace has none. */
function fileOf({ address: { address, family } }: InheritedSocket, { file = null }: Pick<HandedSocket, "file">) {
  const path = family === "unix" ? address.slice(UNIX.length) : "";
  return path.startsWith("/") ? { file: SocketFile.handed(path, file) } : {};
}

async function firstMessage(channel: Channel<ToPredecessor, ToSuccessor>) {
  return next(channel, "sockets");
}

function next<Type extends ToSuccessor["type"]>(
  channel: Channel<ToPredecessor, ToSuccessor>,
  type: Type,
): Promise<Extract<ToSuccessor, { readonly type: Type }>> {
  return new Promise((resolve, reject) => {
    channel.onMessage((message) => {
      if (message.type === type) resolve(message as Extract<ToSuccessor, { readonly type: Type }>);
    });
    const text = "The server that this process was to succeed has ended, or has given it up.";
    void channel.ended.then(() => reject(new SuccessionError("predecessor-gone", text)));
  });
}
