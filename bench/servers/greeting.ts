/** Whether a server is up yet. */
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds. */
const patience = 60_000;

/** Resolves when somebody on this port of loopback greets. @throws Error after a minute */
export async function awaitGreeting(port: number, { betweenTries = 50 } = {}): Promise<void> {
  const started = performance.now();
  while (performance.now() - started < patience) {
    if (await greets(port)) return;
    await pause(betweenTries);
  }
  throw new Error(`Nobody greets on port ${port}.`);
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("data", () => {
      resolve(true);
      socket.end("QUIT\r\n");
    });
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(false));
  });
}
