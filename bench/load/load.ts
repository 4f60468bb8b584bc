/** The load on a server, from a separate process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { type Command, isInstalled, pinned } from "../machine.ts";
import { nodeGenerator, plainGenerator } from "./generator-command.ts";
import { type MessageLoad, recipient, sender } from "./messages.ts";

export interface DialogueLoad {
  readonly port: number;
  readonly count: number;
  /** Connections at a time; 50 by default. */
  readonly concurrency?: number;
  /** Each begins with a PROXY header. */
  readonly proxied?: boolean;
}

interface Result {
  readonly done: number;
  readonly failed: number;
  readonly seconds?: number;
}

/** Connect, greeting, QUIT, close. Resolves with the seconds it took. @throws Error when one was not served */
export async function shortDialogues({ port, count, concurrency = 50, proxied }: DialogueLoad): Promise<number> {
  const args = ["short", port, count, concurrency, ...(proxied ? ["proxy"] : [])].map(String);
  return run(plainGenerator(args));
}

/** Full TLS 1.3 handshakes: connect, greeting, close. Resolves with the seconds. @throws Error when one was not served */
export async function handshakes({ port, count, concurrency = 20 }: DialogueLoad): Promise<number> {
  return run(nodeGenerator(["tls", port, count, concurrency].map(String)));
}

/** The same, resuming the session of one ticket each time. @throws Error when one was not resumed */
export async function resumedHandshakes({ port, count, concurrency = 20 }: DialogueLoad): Promise<void> {
  await run(nodeGenerator(["tls-resumed", port, count, concurrency].map(String)));
}

/** Requests by h2load: 10 streams at a time on each of 8 connections of HTTP/2 in clear. @throws Error when one failed */
export async function requests({ port, count }: DialogueLoad): Promise<void> {
  const args = ["-n", count, "-c", 8, "-m", 10, `http://127.0.0.1:${port}/`].map(String);
  const said = await finish(start(pinned("load", { file: "h2load", args })));
  if (!said.includes(` ${count} succeeded, 0 failed`)) throw new Error(`h2load: ${said}`);
}

/** By smtp-source where Postfix is installed. Resolves with the seconds it took. @throws Error when one was not taken */
export async function sendMessages({ port, count, sessions, length, kept }: MessageLoad): Promise<number> {
  const started = performance.now();
  if (isInstalled("smtp-source")) {
    const options = ["-s", sessions, "-m", count, "-l", length, "-f", sender, "-t", recipient, "-M", "load.localhost"];
    const args = [...options, ...(kept ? ["-d"] : []), `127.0.0.1:${port}`].map(String);
    await finish(start(pinned("load", { file: "smtp-source", args })));
  } else {
    await run(nodeGenerator(["messages", port, count, sessions, length, ...(kept ? ["kept"] : [])].map(String)));
  }
  return (performance.now() - started) / 1_000;
}

/** Connections that are greeted, and then do nothing. */
export class HeldConnections implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  constructor({ port, tls = false }: { readonly port: number; readonly tls?: boolean }) {
    const child = start(tls ? nodeGenerator(["tls-hold", String(port)]) : plainGenerator(["hold", String(port)]));
    if (!child.stdout) throw new Error("The load has no output.");
    this.#child = child;
    this.#lines = createInterface(child.stdout);
  }

  /** Opens more, until there are this many. @throws Error when one was refused or has broken */
  async hold(connections: number): Promise<void> {
    this.#child.stdin?.write(`${connections}\n`);
    const [line] = (await Promise.race([once(this.#lines, "line"), once(this.#lines, "close")])) as [string?];
    expectAll(line === undefined ? undefined : (JSON.parse(line) as Result));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const over = once(this.#child, "exit");
    this.#child.stdin?.end();
    await over;
  }
}

function start({ file, args }: Command): ChildProcess {
  return spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
}

/** @returns seconds, without the start of the load's process */
async function run(command: Command): Promise<number> {
  const result = JSON.parse(await finish(start(command))) as Result;
  expectAll(result);
  return result.seconds ?? 0;
}

/** @throws Error when it fails */
async function finish(child: ChildProcess): Promise<string> {
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`The load ended with ${code ?? "a signal"}.`);
  return output;
}

function expectAll(result: Result | undefined): void {
  if (!result) throw new Error("The load ended early.");
  if (result.failed > 0)
    throw new Error(`${result.failed} of ${result.done + result.failed} connections were not served.`);
}
