/** Whether a server is up yet. */
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const tries = 100;
const betweenTries = 50;

/** Resolves when somebody on this port of loopback greets. @throws Error after five seconds */
export async function awaitGreeting(port: number): Promise<void> {
  for (let tried = 0; tried < tries; tried += 1) {
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
