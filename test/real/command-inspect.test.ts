/** `gatehouse serve --inspect` and `--record`, `gatehouse replay`, `gatehouse charts`: the command, and who watches it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createWebSocketInspector } from "@statelyai/inspect";
import { describe, expect, onTestFinished, test } from "vitest";
import { drawCharts } from "../../src/command/charts.ts";
import { exitCodes } from "../../src/command/exit-codes.ts";
import { replay } from "../../src/command/replay.ts";
import { startingCommand } from "../bundled-command.ts";
import { captured } from "../command/captured.ts";
import { openPage } from "../inspect/inspector-page.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { documentFile, gatehouse } from "./command.ts";
import { openDialogue } from "./smtp-dialogue.ts";

const document = [
  { name: "smtp", bind: ["127.0.0.1:0"] },
  { name: "other", bind: ["127.0.0.1:0"] },
];

interface Serving {
  readonly data: string;
  /** The first group of what it says to a person, once it has said that. */
  said(words: RegExp): Promise<string>;
  port(listener: string): Promise<number>;
  stop(): Promise<number | null>;
}

async function serve(...args: string[]): Promise<Serving> {
  const data = temporaryDirectory();
  const file = await documentFile(document);
  return started(["serve", "--config", file, "--data", data, ...args], data);
}

/** Its words are on standard error, or, of `inspect`, on standard output. */
function started(args: readonly string[], data = ""): Serving {
  const child = spawn(process.execPath, [...startingCommand, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  if (args[0] === "inspect") child.stdout.on("data", (chunk: Buffer) => child.stderr.emit("data", chunk));
  else child.stdout.resume();
  const end = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await end;
  });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => {
    words += chunk;
    child.stderr.emit("words");
  });
  const said = async (wanted: RegExp): Promise<string> => {
    for (;;) {
      const found = wanted.exec(words);
      if (found) return found[1] ?? found[0];
      await Promise.race([
        once(child.stderr, "words"),
        end.then(() => Promise.reject(new Error(`It ended: ${words}`))),
      ]);
    }
  };
  return {
    data,
    said,
    port: async (listener) => Number(await said(new RegExp(`^ {2}${listener} .*:(\\d+)$`, "m"))),
    stop: async () => {
      child.kill("SIGTERM");
      return (await end)[0];
    },
  };
}

async function visit(port: number): Promise<void> {
  const client = await openDialogue(port);
  await client.ask("EHLO a");
  await client.ask("QUIT");
}

test("serve --inspect says where the page is, and shows the connections that were chosen there", async () => {
  const server = await serve("--inspect", "--inspect-listener", "other");
  const page = await openPage(await server.said(/(http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/)/));
  await visit(await server.port("smtp"));
  await visit(await server.port("other"));
  await page.until(
    ({ snapshot, definition, event }) => !definition && snapshot?.value === "closed" && event !== undefined,
  );
  const names = page.messages.filter(({ type }) => type === "@xstate.actor").map(({ name }) => name?.split(":")[0]);
  expect(names.filter((name) => name === "connection")).toHaveLength(1);
  expect(names).toEqual(expect.arrayContaining(["server", "listener", "reload", "smtp"]));
  expect(await server.stop()).toBe(0);
});

test("inspect says where its page is and what to paste, takes what a program sends, and ends when it is asked to", async () => {
  const inspecting = started(["inspect"]);
  const url = await inspecting.said(/(http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/)/);
  const socket = await inspecting.said(/createWebSocketInspector\(\{ url: "([^"]+)" \}\)/);
  expect(socket).toBe(url.replace("http:", "ws:"));
  expect(await inspecting.said(/createBrowserInspector\(\{ url: "([^"]+)" \}\)/)).toBe(url);
  const page = await openPage(url);
  const sender = createWebSocketInspector({ url: socket });
  onTestFinished(() => sender.stop());
  sender.actor("anything", { status: "active", context: { count: 1 } });
  await page.until(({ sessionId }) => sessionId === "anything");
  expect(await inspecting.stop()).toBe(0);
});

test("inspect refuses a port that is taken", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const address = taken.address();
  const refused = await gatehouse(["inspect", "--port", String(typeof address === "object" ? address?.port : 0)]);
  expect(refused).toMatchObject({ code: exitCodes.start, stderr: expect.stringContaining("Choose another port") });
});

test("what serve --record keeps of two workers is replayed; a difference is shown with its step, and fails", async () => {
  const file = join(temporaryDirectory(), "recording.jsonl");
  const server = await serve("--record", file, "--inspect-sample", "2", "--workers", "2");
  for (let visits = 0; visits < 3; visits += 1) await visit(await server.port("smtp"));
  expect(await server.stop()).toBe(0);

  const same = await gatehouse(["replay", file]);
  expect(same).toMatchObject({ code: exitCodes.ok, stderr: "" });
  expect(same.stdout).toMatch(/^server\n {3}0 .* starting\n/);
  expect(same.stdout.match(/^connection:.* on smtp, worker [12]$/gm)).toHaveLength(2);
  expect(same.stdout).toMatch(/, 0 differences\.\n$/);

  const other = `${file}.other`;
  await writeFile(other, (await readFile(file, "utf8")).replace('"value":"ready"', '"value":"mail"'));
  const differing = await captured(() => replay(other));
  expect(differing.code).toBe(exitCodes.configuration);
  expect(differing.out).toContain(`step 2: today's chart goes to "ready"`);
});

test.each([
  {
    what: "an address",
    args: ["--inspect", "--inspect-address", "mail.example"],
    code: exitCodes.usage,
    words: "must be an IP address",
  },
  {
    what: "a sample",
    args: ["--record", "x", "--inspect-sample", "0"],
    code: exitCodes.usage,
    words: "integer from 1 on",
  },
  { what: "a choice", args: ["--inspect-failures"], code: exitCodes.usage, words: "needs --inspect or --record" },
  { what: "a file", args: ["--record", "gatehouse.json"], code: exitCodes.start, words: "choose another name" },
])("serve refuses $what that makes no sense", async ({ args, code, words }) => {
  const cwd = temporaryDirectory();
  await documentFile(document, cwd);
  const refused = await gatehouse(["serve", ...args], { cwd });
  expect(refused.code).toBe(code);
  expect(refused.stderr).toContain(words);
  expect(await readdir(cwd)).toEqual(["gatehouse.json"]);
});

test("serve refuses a port of the inspector that is taken, and starts nothing", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" ? address?.port : 0;
  const refused = await gatehouse(["serve", "--inspect", String(port)]);
  expect(refused).toMatchObject({ code: exitCodes.start, stderr: expect.stringContaining(`127.0.0.1:${port}`) });
});

describe("gatehouse charts", () => {
  test("draws one to standard output, or all into a folder", async () => {
    const one = await gatehouse(["charts", "connection"]);
    expect(one.stdout).toMatch(/^stateDiagram-v2\n {2}\[\*\] --> accepted\n/);
    expect((await gatehouse(["charts"])).stdout).toContain("%% smtp\nstateDiagram-v2");
    const out = join(temporaryDirectory(), "drawings");
    const all = await captured(() => drawCharts(undefined, { data: "", format: "svg", out }));
    expect(all.code).toBe(exitCodes.ok);
    expect((await readdir(out)).toSorted()).toEqual([
      "certificate.svg",
      "connection.svg",
      "fleet.svg",
      "imap.svg",
      "listener.svg",
      "lmtp.svg",
      "manageSieve.svg",
      "pop3.svg",
      "reload.svg",
      "server.svg",
      "smtp.svg",
      "upgrade.svg",
      "worker.svg",
    ]);
    expect(await readFile(join(out, "smtp.svg"), "utf8")).toContain("<svg");
  });

  test("has the counts of the running server", async () => {
    const server = await serve();
    const client = await openDialogue(await server.port("smtp"));
    await client.ask("EHLO a");
    const connection = await gatehouse(["charts", "connection", "--live", "--data", server.data]);
    expect(connection.stdout).toContain('state "active (1)" as active');
    expect(connection.stdout).toContain('state "closing (0)" as closing');
    const live = { data: server.data, format: "mermaid", live: true } as const;
    const listener = await captured(() => drawCharts("listener", live));
    expect(listener.out).toContain('state "listening (2)" as listening');
    const smtp = await captured(() => drawCharts("smtp", live));
    expect(smtp.out).toContain('state "ready (1)" as ready');
  });

  test.each([
    {
      what: "a chart that there is not",
      name: "imaginary",
      options: {},
      code: exitCodes.usage,
      words: "Known are: server, listener",
    },
    {
      what: "several SVGs to standard output",
      name: undefined,
      options: { format: "svg" },
      code: exitCodes.usage,
      words: "--out",
    },
    {
      what: "counts where no server runs",
      name: undefined,
      options: { live: true },
      code: exitCodes.unreachable,
      words: "No server runs",
    },
  ] as const)("refuses $what", async ({ name, options, code, words }) => {
    const data = temporaryDirectory();
    const refused = await captured(() => drawCharts(name, { data, format: "mermaid", ...options }));
    expect(refused).toMatchObject({ code, out: "" });
    expect(refused.errors).toContain(words);
  });
});

test("gatehouse replay refuses what is no recording", async () => {
  const file = await documentFile(document);
  expect(await captured(() => replay(file))).toMatchObject({
    code: exitCodes.configuration,
    errors: expect.stringContaining("Line 1 of the recording"),
  });
  expect(await captured(() => replay(`${file}.missing`))).toMatchObject({
    code: exitCodes.configuration,
    errors: expect.stringContaining("ENOENT"),
  });
});
