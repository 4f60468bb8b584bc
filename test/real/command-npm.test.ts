/** `npm start`, as the README has it: npm stands between the one who stops it and the server. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { documentFile } from "./command.ts";
import { openDialogue } from "./smtp-dialogue.ts";

const checkout = join(import.meta.dirname, "../..");
const document = {
  SystemSettings: { defaultHostname: "localhost" },
  Account: { "ann@example.com": { secret: { "@type": "Text", secret: "wonderland" } } },
  NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false }],
};

/** In a process group of its own, as a terminal or a service manager starts it. */
async function npmStart() {
  const args = ["start", "--silent", "--", "--config", await documentFile(document), "--data", temporaryDirectory()];
  const npm = spawn("npm", args, { cwd: checkout, detached: true, stdio: ["ignore", "pipe", "ignore"] });
  const end = once(npm, "exit");
  const closed = once(npm, "close");
  const log: Record<string, unknown>[] = [];
  const lines = createInterface(npm.stdout);
  const logged = async (event: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const line = log.find((one) => one["event"] === event);
      if (line) return line;
      await once(lines, "entry");
    }
  };
  lines.on("line", (line) => {
    log.push(JSON.parse(line));
    lines.emit("entry");
  });
  const { pid: server } = await logged("server.running");
  onTestFinished(() => {
    for (const pid of [npm.pid, server]) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  });
  const listening = await logged("listener.listening");
  const [address = ""] = listening["addresses"] as string[];
  return { npm, log, logged, end, closed, port: Number(address.slice(address.lastIndexOf(":") + 1)) };
}

test("SIGTERM to npm alone drains the server, and npm waits for it and says 0", async () => {
  const { npm, logged, end, closed, port } = await npmStart();
  const idle = await openDialogue(port);
  npm.kill("SIGTERM");
  expect(await idle.reply()).toMatch(/^421 /);
  await logged("server.stopped");
  expect(await end).toEqual([0, null]);
  await closed;
});

test("a signal to npm and the server at once, as by Ctrl-C, is one: sessions finish first", async () => {
  const { npm, end, log, port } = await npmStart();
  const busy = await openDialogue(port);
  for (const command of ["EHLO a.example", "MAIL FROM:<>", "RCPT TO:<ann@example.com>", "DATA"])
    await busy.ask(command);
  const idle = await openDialogue(port);
  process.kill(-Number(npm.pid), "SIGINT");
  // Told one after the other: both copies of the signal have come when the second session is told.
  expect(await idle.reply()).toMatch(/^421 /);
  expect(await busy.ask("Subject: whole\r\n\r\n.")).toMatch(/^250 /);
  expect(await end).toEqual([0, null]);
  expect(log.filter(({ event }) => event === "connection.closed").map(({ cause }) => cause)).toEqual([
    "drained",
    "drained",
  ]);
});

test("the server does not outlive npm, whatever ended it", async () => {
  const { npm, logged, closed } = await npmStart();
  npm.kill("SIGKILL");
  await logged("server.stopped");
  // Nobody holds the server's standard output any more.
  await closed;
});
