import { once } from "node:events";
import { connect } from "node:net";
import { expect, test, vi } from "vitest";
import { EventStream } from "../../../src/management/live/event-stream.ts";
import { TraceFrames } from "../../../src/management/live/trace-frames.ts";
import { systemClock } from "../../../src/runtime/time/clock.ts";
import { administrator, basic, managed } from "../managed.ts";
import { openStream } from "./streams.ts";

const line = { type: "event", at: 0, session: "chart:1", source: null, event: { type: "command.noop" } } as const;

test("for a client that does not read no more than so many lines wait, and it is told how many it has missed", async () => {
  const events = new EventStream(() => {});
  const frames = new TraceFrames(events, systemClock);
  for (const name of ["first", "second"]) events.send(name, "1");
  expect(events.ready).toBe(false);
  for (let count = 0; count < 5_000; count += 1) frames.add(line);
  frames.flush();
  expect(events.sent).toBe(2);

  const reader = events.stream.getReader();
  let text = "";
  const read = async () => {
    text += Buffer.from((await reader.read()).value ?? []).toString();
  };
  for (let chunk = 0; chunk < 3; chunk += 1) await read();
  await read();
  expect(text.match(/command\.noop/g)).toHaveLength(2_000);
  expect(text).toContain('{"type":"gap","session":null,"count":3000}');
  events.end();
});

test("a client that is behind by a frame gets the whole state next, and only then what differs", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const { LiveFeed } = await import("../../../src/management/live/live-feed.ts");
    const { ChartFlows } = await import("../../../src/runtime/observe/chart-flows.ts");
    let connections = 0;
    let asked = 0;
    const management = {
      valuesOf: (name: string) => {
        asked += 1;
        connections += 1;
        return name === "ServerNode" ? [{ id: "local", connections }] : [];
      },
    };
    const clock = { setTimeout, clearTimeout: (id: unknown) => clearTimeout(id as NodeJS.Timeout), now: () => 0 };
    const feed = new LiveFeed({ management, flows: new ChartFlows(), clock });
    const kinds: string[] = [];
    const watcher = { ready: true, take: (frame: string) => kinds.push(Object.keys(JSON.parse(frame)).join()) };
    const leave = feed.watch(watcher);
    vi.advanceTimersByTime(2_000);
    watcher.ready = false;
    vi.advanceTimersByTime(3_000);
    watcher.ready = true;
    vi.advanceTimersByTime(2_000);
    expect(kinds).toEqual(["whole", "patch", "patch", "whole", "patch"]);
    leave();
    const before = asked;
    vi.advanceTimersByTime(10_000);
    expect(asked).toBe(before);
  } finally {
    vi.useRealTimers();
  }
});

test("a client that has stopped reading slows neither others nor the stop", async () => {
  const house = await managed();
  const stalled = connect(house.port("management"), "127.0.0.1");
  stalled.pause();
  stalled.write(
    `GET /jmap/eventsource/?live=true HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${basic(administrator)}\r\n\r\n`,
  );
  await once(stalled, "connect");
  const reading = await openStream(house, "live=true");
  await reading.frame("whole");
  const stopped = house.gatehouse.stop();
  expect(await reading.next("none")).toBeNull();
  stalled.resume();
  await stopped;
});
