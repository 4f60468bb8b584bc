/** A server in its own process, pinned to the server's processor. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { pinned } from "./machine.ts";
import type { Answers, Question } from "./servers/answers.ts";

export interface MeasuredServer extends AsyncDisposable {
  readonly port: number;
  /** CPU so far, of all its processes and threads, in microseconds. */
  cpu(): Promise<number>;
}

/** A server that runs on Node and reports its own figures. */
export class NodeServer implements MeasuredServer {
  readonly #child: ChildProcess;
  readonly port: number;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** @throws Error when the server has ended */
  async ask<Name extends Question>(question: Name): Promise<Answers[Name]> {
    this.#child.send(question);
    const { answer } = await firstMessage<{ answer: Answers[Name] }>(this.#child);
    return answer;
  }

  cpu(): Promise<number> {
    return this.ask("cpu");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const over = once(this.#child, "exit");
    this.#child.disconnect();
    await over;
  }
}

export interface ServerStart {
  /** Node's. */
  readonly flags?: readonly string[];
  /** Whether it may use all processors, which the load is on, too. False by default. */
  readonly everywhere?: boolean;
}

/** Starts `servers/NAME.ts` with these options, passed as JSON in its first argument. */
export async function startServer(
  name: string,
  options: object = {},
  { flags = [], everywhere = false }: ServerStart = {},
): Promise<NodeServer> {
  const script = new URL(`./servers/${name}.ts`, import.meta.url).pathname;
  const node = { file: process.execPath, args: ["--expose-gc", ...flags] };
  const { file, args } = everywhere ? node : pinned("server", node);
  const child = fork(script, [JSON.stringify(options)], {
    execPath: file,
    execArgv: [...args],
    // A peer's messages to people do not belong in the tables.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const { port } = await firstMessage<{ port: number }>(child);
  return new NodeServer(child, port);
}

function firstMessage<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error("A server ended before it answered."));
    child.once("exit", gone);
    child.once("message", (message) => {
      child.off("exit", gone);
      resolve(message as Message);
    });
  });
}
