/**
 * A page in place of Stately's inspector, which needs the internet. It listens as that does, with the receiver of the
 * official package, and hands on what it has received.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { StatelyInspectionEvent } from "@statelyai/inspect";
import { onTestFinished } from "vitest";
import { servePackageFile, statelyImportMap } from "./stately-package.ts";

const page = `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>Stand-in</title>
${statelyImportMap}
<script type="module">
  import { createBrowserReceiver } from "@statelyai/inspect";
  const load = Number(await (await fetch("/load", { method: "POST" })).json());
  let sent = Promise.resolve();
  createBrowserReceiver().subscribe((event) => {
    sent = sent.then(() => fetch("/received", { method: "POST", body: JSON.stringify({ load, event }) }));
  });
</script>
`;

export interface Received {
  /** Which time the page was loaded, from 1 on. */
  readonly load: number;
  readonly event: StatelyInspectionEvent;
}

export interface StandInInspector {
  readonly url: string;
  readonly received: readonly Received[];
  /** Waits for an event that this holds for; one that has come already counts. */
  until(holds: (received: Received) => boolean): Promise<Received>;
}

export async function startStandIn(): Promise<StandInInspector> {
  const received: Received[] = [];
  let loads = 0;
  const server = createServer((request, response) => {
    const answered = request.method === "POST" ? take(request, response) : serveFile(request.url ?? "", response);
    answered.catch(() => response.writeHead(404).end());
  });
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === "/load") {
      loads += 1;
      response.end(String(loads));
      return;
    }
    received.push((await json(request)) as Received);
    response.end();
    server.emit("received");
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/inspect`,
    received,
    until: async (holds) => {
      for (;;) {
        const found = received.find(holds);
        if (found) return found;
        await once(server, "received");
      }
    },
  };
}

async function serveFile(path: string, response: ServerResponse): Promise<void> {
  if (path === "/inspect") {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(page);
    return;
  }
  await servePackageFile(path, response);
}
