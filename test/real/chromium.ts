/** A headless Chromium, told what to do by the Chrome DevTools Protocol over a WebSocket. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFailed, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";

const quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
// Root cannot use the sandbox; only pages of the tests' own are opened.
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", ...quiet];

export interface BrowserPage {
  /** Errors of its console and exceptions of its scripts, those of its frames included. */
  readonly complaints: readonly string[];
  /** @returns what an expression comes to in the page, once it is done. */
  evaluate(expression: string): Promise<unknown>;
  /** Waits until an expression holds in the page, which it is asked at each change of its elements. */
  until(expression: string): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

export interface Browser {
  openPage(url: string): Promise<BrowserPage>;
}

/** It ends when the test does. */
export async function startChromium(): Promise<Browser> {
  const profile = temporaryDirectory();
  const child = spawn("chromium", [...flags, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const end = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await end;
  });
  const devTools = new DevTools(await endpointOf(child.stderr));
  // Its own way to end leaves none of its processes behind.
  onTestFinished(async () => {
    await Promise.race([devTools.ask("Browser.close"), end]);
    await end;
  });
  await devTools.opened;
  return { openPage: (url) => openPage(devTools, url) };
}

async function endpointOf(words: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(words)) {
    const url = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    words.resume();
    return url;
  }
  throw new Error("Chromium ended before it listened.");
}

async function openPage(devTools: DevTools, url: string): Promise<BrowserPage> {
  const { targetId } = await devTools.ask("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await devTools.ask("Target.attachToTarget", { targetId, flatten: true });
  const ask = (method: string, params: object = {}) => devTools.ask(method, params, String(sessionId));
  const complaints: string[] = [];
  devTools.hear(String(sessionId), ({ method, params }) => {
    const complaint = complaintOf(method ?? "", params ?? {});
    if (complaint !== null) complaints.push(complaint);
  });
  // What a test waits for in vain, the page may have said the reason of.
  onTestFailed(() => {
    for (const complaint of complaints) process.stderr.write(`The page complained: ${complaint}\n`);
  });
  for (const domain of ["Runtime", "Log", "Page"]) await ask(`${domain}.enable`);
  await ask("Page.navigate", { url });
  const evaluate = async (expression: string): Promise<unknown> => {
    const asked = await ask("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    const { result, exceptionDetails } = asked as { result: { value?: unknown }; exceptionDetails?: object };
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  };
  return {
    complaints,
    evaluate,
    until: async (expression) =>
      void (await evaluate(`new Promise((resolve) => {
        const look = () => (${expression}) && resolve();
        new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
        look();
      })`)),
  };
}

function complaintOf(method: string, params: Readonly<Record<string, unknown>>): string | null {
  if (method === "Runtime.exceptionThrown") return JSON.stringify(params["exceptionDetails"]);
  if (method === "Runtime.consoleAPICalled")
    return ["error", "warning", "assert"].includes(String(params["type"])) ? JSON.stringify(params["args"]) : null;
  if (method !== "Log.entryAdded") return null;
  const { level, text, url } = params["entry"] as { level: string; text: string; url?: string };
  return ["error", "warning"].includes(level) ? `${text} ${url ?? ""}` : null;
}

class DevTools {
  readonly opened: Promise<unknown>;
  readonly #socket: WebSocket;
  readonly #asked = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  readonly #heard = new Map<string, (message: Message) => void>();
  #last = 0;

  constructor(url: string) {
    this.#socket = new WebSocket(url, { perMessageDeflate: false });
    this.opened = once(this.#socket, "open");
    this.#socket.on("message", (data) => this.#take(JSON.parse(String(data)) as Message));
    this.#socket.on("error", () => {});
  }

  ask(method: string, params: object = {}, sessionId?: string): Promise<Readonly<Record<string, unknown>>> {
    this.#last += 1;
    const answer = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    this.#asked.set(this.#last, answer);
    this.#socket.send(JSON.stringify({ id: this.#last, method, params, ...(sessionId ? { sessionId } : {}) }));
    return answer.promise;
  }

  hear(sessionId: string, listener: (message: Message) => void): void {
    this.#heard.set(sessionId, listener);
  }

  #take(message: Message): void {
    if (message.id === undefined) {
      this.#heard.get(message.sessionId ?? "")?.(message);
      return;
    }
    const answer = this.#asked.get(message.id);
    this.#asked.delete(message.id);
    if (message.error) answer?.reject(new Error(message.error.message));
    else answer?.resolve(message.result ?? {});
  }
}
