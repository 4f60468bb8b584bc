/** The samples of a process that is really busy, and what they cost. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import type { PressureSample } from "../../../src/index.ts";
import { processSamples, sampleInterval } from "../../../src/runtime/pressure/process-samples.ts";
import { asPackage } from "../../bundled-command.ts";
import { rawClient } from "../raw-client.ts";
import { talkingChild } from "../talking-child.ts";

const busyServer = new URL("../children/busy-server.ts", import.meta.url).pathname;

test("a sample has this process's descriptors, and is taken only while somebody subscribes", () => {
  const clock = new SimulatedClock();
  const samples: PressureSample[] = [];
  const subscription = processSamples(clock).subscribe((each) => samples.push(each));
  clock.increment(sampleInterval - 1);
  expect(samples).toEqual([]);
  clock.increment(1);
  clock.increment(sampleInterval);
  subscription.unsubscribe();
  clock.increment(sampleInterval);
  expect(samples).toHaveLength(2);
  const [first] = samples;
  if (process.platform !== "linux") return;
  // The listing itself takes one; others may come and go meanwhile.
  const open = readdirSync("/proc/self/fd").length - 1;
  expect(Math.abs((first?.descriptors?.used ?? 0) - open)).toBeLessThan(5);
  expect(first?.descriptors?.limit).toBeGreaterThan(open);
});

test("a busy event loop is pressure until it is calm again; one long block is not", async () => {
  const server = talkingChild(process.execPath, [...asPackage, busyServer]);
  const port = Number((await server.until("ready"))["port"]);
  await server.until("sample");
  await server.tell("block 3000", "block");
  await server.until("sample", server.said("sample").length + 4);
  const delays = server.said("sample").map((said) => Number(said["eventLoopDelay"]));
  expect(Math.max(...delays)).toBeGreaterThan(2_600);
  expect(server.said("pressure.began")).toEqual([]);

  await server.tell("busy 800", "busy");
  const began = await server.until("pressure.began");
  expect(began).toMatchObject({ resource: "eventLoopDelay", limit: 500 });
  expect(began["current"]).toBeGreaterThanOrEqual(500);
  const refused = await rawClient(port);
  await refused.until("421 4.3.2 ");

  await server.tell("calm 0", "calm");
  expect(await server.until("pressure.ended")).toMatchObject({ resource: "eventLoopDelay", limit: 500 });
  const served = await rawClient(port);
  await served.until("220 ");
  expect(server.said("pressure.began")).toHaveLength(1);
});

test("a heap that stays full after collections is pressure until they find it empty", async () => {
  const server = talkingChild(process.execPath, [...asPackage, "--max-old-space-size=256", busyServer]);
  await server.until("ready");
  await server.tell("fill 220", "fill");
  const began = await server.until("pressure.began");
  expect(began).toMatchObject({ resource: "heap", limit: Math.round(0.9 * 256 * 2 ** 20) });
  expect(began["current"]).toBeGreaterThanOrEqual(Number(began["limit"]));
  await server.tell("empty", "empty");
  expect(await server.until("pressure.ended")).toMatchObject({ resource: "heap" });
});
