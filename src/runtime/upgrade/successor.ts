/** Starts the program that is to succeed this one: the same command, with the listening sockets and a channel. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { Descriptor } from "../sockets/descriptor.ts";
import { Channel } from "./channel.ts";
import { channelDescriptor, predecessorVariable, type ToPredecessor, type ToSuccessor } from "./messages.ts";
import { UpgradeError } from "./upgrade-error.ts";

/** Characters of what it says that are kept. */
const mostWords = 8_192;

/** A process that is to take over. */
export interface Successor {
  readonly pid: number;
  readonly channel: Channel<ToSuccessor, ToPredecessor>;
  /** What it has written to standard error so far: the first 8,192 characters. */
  readonly words: string;
  /** Resolves when the process has ended, with how, in words. */
  readonly ended: Promise<string>;
  /** Ends it without delay. */
  kill(): void;
  /** It does not keep this process alive any more. */
  release(): void;
}

/**
 * How a successor is started. It inherits the descriptors from number 5 on, in order.
 * @throws UpgradeError
 */
export type StartSuccessor = (sockets: readonly Descriptor[]) => Promise<Successor>;

/** The part of the environment that this process has taken out of its own, for its successor. */
export type EnvironmentForSuccessor = () => NodeJS.ProcessEnv;

/**
 * The program on disk: `process.execPath` with this process's own arguments, environment and working directory, whatever
 * is there by now.
 */
export function sameProgram(environment: EnvironmentForSuccessor): StartSuccessor {
  return async (sockets) => {
    const [, ...args] = process.argv;
    const child = Descriptor.useAll(sockets, (fds) =>
      spawn(process.execPath, [...process.execArgv, ...args], {
        argv0: process.argv0,
        cwd: process.cwd(),
        env: { ...process.env, ...environment(), [predecessorVariable]: String(process.pid) },
        stdio: [0, 1, "pipe", "pipe", 2, ...fds],
      }),
    );
    await started(child);
    return new SpawnedProgram(child);
  };
}

async function started(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) =>
      reject(
        new UpgradeError("upgrade-failed", `The program ${process.execPath} cannot be started: ${error.message}.`),
      ),
    );
  });
}

class SpawnedProgram implements Successor {
  readonly pid: number;
  readonly channel: Channel<ToSuccessor, ToPredecessor>;
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  #words = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.channel = new Channel(child.stdio[channelDescriptor] as Duplex);
    const words = child.stderr as Readable;
    words.setEncoding("utf8");
    words.on("data", (text: string) => {
      this.#words = (this.#words + text).slice(0, mostWords);
    });
    words.on("error", () => {});
    // `close` comes when its words have been read, too.
    this.ended = new Promise((resolve) => {
      child.once("close", (code, signal) => resolve(endText(code, signal)));
    });
    child.on("error", () => {});
  }

  get words(): string {
    return this.#words.trim();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  release(): void {
    this.#child.unref();
    this.channel.unref();
    const { stderr } = this.#child;
    if (stderr && "unref" in stderr && typeof stderr.unref === "function") stderr.unref();
  }
}

function endText(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `it ended with exit status ${code}` : `${signal} ended it`;
}
