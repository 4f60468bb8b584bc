/** A service manager's ear: a Python program behind NOTIFY_SOCKET. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { python } from "../../real/programs.ts";

export type Notification = Readonly<Record<string, string>>;

export interface NotifyReceiver {
  readonly path: string;
  /** All that has come, in order. */
  readonly received: readonly Notification[];
  /** Waits for a datagram with these assignments, after `from` others; one that has come already counts. */
  until(assignments: Notification, from?: number): Promise<Notification>;
}

/** @param path of a socket, or `@` and an abstract name */
export async function notifyReceiver(path: string): Promise<NotifyReceiver> {
  const script = fileURLToPath(new URL("./notify_receiver.py", import.meta.url));
  const child = spawn(python(), [script, path], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  });
  const received: Notification[] = [];
  const lines = createInterface(child.stdout);
  const bound = once(lines, "line");
  await bound;
  lines.on("line", (line) => {
    received.push(JSON.parse(line) as Notification);
    lines.emit("entry");
  });
  return {
    path,
    received,
    until: async (assignments, from = 0) => {
      for (;;) {
        const found = received
          .slice(from)
          .find((one) => Object.entries(assignments).every(([name, value]) => one[name] === value));
        if (found) return found;
        await once(lines, "entry");
      }
    },
  };
}
