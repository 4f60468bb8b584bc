/** A project that is not ours: a folder with plain XState and Stately's package, whose programs send to an inspector. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { servePackageFile, statelyImportMap } from "./stately-package.ts";

const packages = {
  xstate: dirname(fileURLToPath(new URL("../../node_modules/xstate/package.json", import.meta.url))),
  "@statelyai/inspect": dirname(
    fileURLToPath(new URL("../../node_modules/@statelyai/inspect/package.json", import.meta.url)),
  ),
};

/** A door with a context, nested states, a time limit and an actor that it invokes. */
const door = `
import { assign, createActor, createMachine, fromPromise, setup } from "xstate";
export const door = setup({ actors: { inspectLock: fromPromise(async () => ({ secure: true })) } }).createMachine({
  id: "door",
  context: { openings: 0, note: "<img src=x onerror=alert(1)>" },
  initial: "closed",
  states: {
    closed: {
      on: { OPEN: { target: "open", actions: assign({ openings: ({ context }) => context.openings + 1 }) }, LOCK: "locked" },
    },
    open: { initial: "ajar_a_bit", states: { ajar_a_bit: { on: { PUSH: "wide" } }, wide: {} }, on: { CLOSE: "closed" } },
    locked: { invoke: { src: "inspectLock", onDone: "checked" } },
    checked: { on: { DESTROY: "gone", UNLOCK: "closed" } },
    gone: { type: "final" },
  },
});
export { createActor, createMachine };
`;

export interface ForeignProgram {
  /** Has it send an event to one of its actors. */
  send(actor: string, event: object): void;
  end(): Promise<void>;
}

/** What every program does: its actors stand in \`actors\`, and get the events that come by standard input. */
const listening = `
import { createInterface } from "node:readline";
export const actors = {};
export function listen() {
  createInterface(process.stdin).on("line", (line) => {
    const { actor, event } = JSON.parse(line);
    actors[actor].send(event);
  });
}
`;

/** @param code a module that may import \`./door.mjs\` and \`./listening.mjs\`; \`process.argv[2]\` is @param url */
export function startForeignProgram(code: string, url: string): ForeignProgram {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
  for (const [name, place] of Object.entries(packages)) {
    mkdirSync(dirname(join(folder, "node_modules", name)), { recursive: true });
    symlinkSync(place, join(folder, "node_modules", name));
  }
  writeFileSync(join(folder, "door.mjs"), door);
  writeFileSync(join(folder, "listening.mjs"), listening);
  writeFileSync(join(folder, "program.mjs"), code);
  const child = spawn(process.execPath, ["program.mjs", url], { cwd: folder, stdio: ["pipe", "inherit", "inherit"] });
  const end = once(child, "close");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await end;
  };
  onTestFinished(kill);
  return {
    send: (actor, event) => void child.stdin.write(`${JSON.stringify({ actor, event })}\n`),
    end: kill,
  };
}

/** A page of a development server, whose button starts a machine in an inspector. @returns its URL */
export async function serveForeignPage(inspectorUrl: string): Promise<string> {
  const page = `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>A project</title>
${statelyImportMap}
<button>Start</button>
<script type="module">
  import { createBrowserInspector } from "@statelyai/inspect";
  import { createActor, createMachine } from "xstate";
  const light = createMachine({ id: "light", initial: "off", states: { off: { on: { SWITCH: "on" } }, on: { on: { SWITCH: "off" } } } });
  document.querySelector("button").onclick = () => {
    const { inspect } = createBrowserInspector({ url: ${JSON.stringify(inspectorUrl)} });
    const actor = createActor(light, { id: "light", inspect });
    actor.start();
    actor.send({ type: "SWITCH" });
    window.switchLight = () => actor.send({ type: "SWITCH" });
  };
</script>
`;
  const server = createServer((request, response) => {
    if (request.url === "/") {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.end(page);
    } else servePackageFile(request.url ?? "", response).catch(() => response.writeHead(404).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
