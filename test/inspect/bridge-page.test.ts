/** The page's own script, with the relay's WebSocket and stand-ins for what only a browser has. */
import { runInNewContext } from "node:vm";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { startInspector } from "../../src/inspect/index.ts";
import { runGatehouse } from "../running-gatehouse.ts";

const stately = "https://stately.ai";

interface Posted {
  readonly message: { readonly type: string; readonly name?: string; readonly definition?: string };
  readonly target: string;
}

/** The page as loaded: what its script does with messages of windows, and what it posts to the frame. */
async function load(url: string) {
  const html = await (await fetch(url)).text();
  const [, script = ""] = /<script nonce="[^"]+">([\s\S]*)<\/script>/.exec(html) ?? [];
  const posted: Posted[] = [];
  const arrived = new Set<() => void>();
  const frame = {
    postMessage(message: Posted["message"], target: string) {
      posted.push({ message, target });
      for (const look of arrived) look();
    },
  };
  const notice = { textContent: "waiting" };
  const opened: WebSocket[] = [];
  let heard = (_event: object): void => {};
  class PageSocket extends WebSocket {
    constructor(address: string) {
      super(address, { origin: new URL(url).origin });
      opened.push(this);
    }
  }
  runInNewContext(script, {
    document: { getElementById: (id: string) => (id === "notice" ? notice : { contentWindow: frame }) },
    location: new URL(url),
    WebSocket: PageSocket,
    setTimeout: () => {},
    addEventListener: (_type: string, listener: typeof heard) => {
      heard = listener;
    },
  });
  onTestFinished(() => {
    for (const socket of opened) socket.terminate();
  });
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = (): void => void (holds() && resolve());
      arrived.add(look);
      look();
    });
  return { posted, opened, notice, frame, until, hear: (event: object) => heard(event) };
}

test("hands the tree to the inspector when that says that it is there, and to nobody else", async () => {
  const inspector = await startInspector({ page: "stately" });
  onTestFinished(() => inspector.close());
  await runGatehouse([{ name: "smtp", bind: ["127.0.0.1:0"] }], { inspect: inspector.inspect });
  const page = await load(inspector.url);
  const connected = { type: "@statelyai.connected" };
  page.hear({ origin: "https://evil.example", source: page.frame, data: connected });
  page.hear({ origin: stately, source: {}, data: connected });
  page.hear({ origin: stately, source: page.frame, data: { type: "something else" } });
  expect(page.opened).toEqual([]);

  page.hear({ origin: stately, source: page.frame, data: connected });
  await page.until(() => page.posted.some(({ message }) => message.name === "reload"));
  expect(page.posted[0]).toMatchObject({ message: { type: "@xstate.actor", name: "server" }, target: stately });
  expect(new Set(page.posted.map(({ target }) => target))).toEqual(new Set([stately]));
  expect(page.notice.textContent).toBe("");
  expect(JSON.parse(page.posted[0]?.message.definition ?? "")).toMatchObject({ id: "server", initial: "starting" });

  // The inspector was loaded again: it gets what lives from the beginning.
  const before = page.posted.length;
  page.hear({ origin: stately, source: page.frame, data: connected });
  await page.until(() => page.posted.slice(before).some(({ message }) => message.name === "reload"));
  expect(page.posted[before]?.message.name).toBe("server");
  expect(page.posted[before]?.message.definition).toBe(page.posted[0]?.message.definition);
});
