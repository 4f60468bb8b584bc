/** `gatehouse inspect`: a page that shows the actors of other projects, until a signal ends it. */
import { InspectorError, openRelay } from "../inspect/relay/relay.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { complain, say } from "./output.ts";
import type { StopSignals } from "./stop-signals.ts";

export async function inspect(port: number, signals: StopSignals): Promise<ExitCode> {
  try {
    const relay = await openRelay({ port, receives: true });
    say(instructions(relay.url));
    await new Promise<void>((resolve) => {
      signals.hand({ stop: () => resolve() });
      if (signals.asked) resolve();
    });
    await relay.close();
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof InspectorError)) throw error;
    complain(error.message);
    return exitCodes.start;
  }
}

function instructions(url: string): string {
  return [
    "Open in a browser on this host:",
    `  ${url}`,
    "",
    "A program in Node.js, or a page that keeps its own window, sends its actors there by @statelyai/inspect:",
    "",
    '  import { createWebSocketInspector } from "@statelyai/inspect";',
    `  const { inspect } = createWebSocketInspector({ url: "${url.replace("http:", "ws:")}" });`,
    "  createActor(machine, { inspect }).start();",
    "",
    "A page can open it itself; programs that already send to the server of that package need one line:",
    "",
    `  createBrowserInspector({ url: "${url}" });`,
    `  createInspectorServer({ url: "${url}" });`,
    "",
    "Whoever has the URL can watch and send. Ctrl-C ends it.",
  ].join("\n");
}
