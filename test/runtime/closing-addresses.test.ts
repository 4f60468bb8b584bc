/** Addresses that are closed while clients come: whoever was let through the handshake is answered, others are refused. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";

const backend = { recipient: async () => undefined, message: async () => undefined };
const smtp = { name: "smtp", bind: ["127.0.0.1:0", "127.0.0.2:0"], useTls: false };
const program = new URL("children/persistent-visitors.ts", import.meta.url).pathname;

/** Clients that come until nobody listens. @param end begins when one has been served. @returns what they heard. */
async function comeUntil(house: RunningGatehouse, end: () => Promise<unknown>): Promise<Record<string, number>> {
  const child = spawn(process.execPath, [program, `${house.port("smtp")}`, "16"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface(child.stdout);
  const [first] = await once(lines, "line");
  expect(first).toBe("served");
  const [[heard]] = await Promise.all([once(lines, "line"), end()]);
  return JSON.parse(heard);
}

test.skipIf(process.platform !== "linux").each([
  [
    "a reload takes it away",
    (house: RunningGatehouse) => house.gatehouse.reload([{ ...smtp, bind: ["127.0.0.2:0"] }]),
    ["220 221", "ECONNREFUSED"],
  ],
  [
    "its listener is removed",
    (house: RunningGatehouse) => house.gatehouse.reload([{ ...smtp, name: "other", bind: ["127.0.0.2:0"] }]),
    ["220", "220 221", "220 421", "421", "ECONNREFUSED"],
  ],
  [
    "the server stops",
    (house: RunningGatehouse) => house.gatehouse.stop(),
    ["220", "220 221", "220 421", "421", "ECONNREFUSED"],
  ],
] as const)("nobody who comes to an address is reset when %s", async (_, end, allowed) => {
  const house = await runGatehouse([smtp], { backend });
  const heard = await comeUntil(house, () => end(house));
  expect(allowed).toEqual(expect.arrayContaining(Object.keys(heard)));
  expect(heard["220 221"]).toBeGreaterThan(0);
});
