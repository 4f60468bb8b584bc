/** A server at its cap, to the clients that people use: nodemailer waits, curl is told why, and monitoring goes on. */
import { createTransport } from "nodemailer";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Backend } from "../../src/index.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { queuedAre } from "../runtime/accept-queue.ts";
import { gone, rawClient } from "../runtime/raw-client.ts";
import { installed, type Outcome, run } from "./programs.ts";

const local = { bind: ["127.0.0.1:0"], useTls: false };
const document = {
  SystemSettings: { defaultHostname: "localhost", maxConnections: 1 },
  NetworkListener: [
    { ...local, name: "held", atCapacity: "hold" as const },
    { ...local, name: "rejecting" },
    { ...local, name: "management", protocol: "http", ignoreServerCap: true },
  ],
};

const backend: Backend = {
  recipient: async () => undefined,
  message: async ({ body }) => void (await Array.fromAsync(body)),
};

function submit(port: number): Promise<{ readonly response: string }> {
  const transport = createTransport({ host: "127.0.0.1", port, ignoreTLS: true });
  onTestFinished(() => transport.close());
  return transport.sendMail({ from: "ann@example.com", to: "bob@example.com", text: "It waited." });
}

const curl = (...args: string[]): Promise<Outcome> => run("curl", ["-sSv", ...args], { env: { LC_ALL: "C.UTF-8" } });

async function metrics(house: RunningGatehouse): Promise<string> {
  const { code, stdout } = await curl("--fail", `http://127.0.0.1:${house.port("management")}/metrics`);
  expect(code).toBe(0);
  return stdout;
}

describe.skipIf(!installed("curl") || !installed("ss"))("a server at its cap", () => {
  test("holds nodemailer until there is room, tells curl why it is not let in, and answers on the endpoint that ignores the cap", async () => {
    const house = await runGatehouse(document, { backend });
    const inside = await rawClient(house.port("rejecting"));
    await inside.until("220 ");

    const delivery = submit(house.port("held"));
    await queuedAre(house.port("held"), 1);
    const refused = await curl("--request", "NOOP", `smtp://127.0.0.1:${house.port("rejecting")}`);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("< 421 4.3.2 localhost Too many connections, try again later");
    const full = await metrics(house);
    expect(full).toContain('gatehouse_listener_paused{listener="held",reason="at-capacity"} 1');
    expect(full).toContain('gatehouse_connections_refused_total{listener="rejecting",rule="server-cap"} 1');
    expect(full).toContain('gatehouse_slots_taken{listener=""} 1');

    await gone(inside);
    expect((await delivery).response).toMatch(/^250 /);
    await house.event("connection.closed", ({ connection }) => connection.listener === "held");
    const served = await curl("--request", "NOOP", `smtp://127.0.0.1:${house.port("rejecting")}`);
    expect(served.code).toBe(0);
    const refusals = house.events.filter(({ type }) => type === "connection.refused");
    expect(refusals).toHaveLength(1);
  });
});
