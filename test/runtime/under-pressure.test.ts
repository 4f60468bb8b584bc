/** New clients while the process is under pressure, by samples that the test gives. */
import { firstValueFrom, Subject, throwError } from "rxjs";
import { describe, expect, test } from "vitest";
import type { PressureSample } from "../../src/index.ts";
import { installed } from "../real/programs.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { queuedAre } from "./accept-queue.ts";
import { sample } from "./pressure/samples.ts";
import { gone, type RawClient, rawClient } from "./raw-client.ts";

const calm = sample();
/** One sample of descriptors is enough. */
const short = sample({ descriptors: 980 });

const rejecting = { name: "rejecting", bind: ["127.0.0.1:0"], useTls: false };
const held = { ...rejecting, name: "held", atCapacity: "hold" as const };
const management = { ...rejecting, name: "management", protocol: "http", ignoreServerCap: true };

async function watched(
  listeners: readonly (typeof rejecting & { readonly maxConnections?: number })[],
): Promise<RunningGatehouse & { sample(each: PressureSample): void }> {
  const samples$ = new Subject<PressureSample>();
  const house = await runGatehouse(
    { SystemSettings: { defaultHostname: "localhost" }, NetworkListener: [...listeners] },
    { backend: {}, pressure: { samples$ } },
  );
  return { ...house, sample: (each) => samples$.next(each) };
}

async function greeted(port: number): Promise<RawClient> {
  const client = await rawClient(port);
  await client.until("220 ");
  return client;
}

async function answers(client: RawClient): Promise<void> {
  client.socket.write("HELP\r\n");
  await client.until("214 ");
}

async function scrape(port: number): Promise<string> {
  const client = await rawClient(port);
  client.socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await client.end;
  client.socket.end();
  return client.received();
}

const status = ({ gatehouse }: RunningGatehouse, name: string) => {
  const found = gatehouse.listeners().find((listener) => listener.name === name);
  return { state: found?.state, pausedBy: found?.pausedBy };
};

describe.skipIf(!installed("ss"))("a process under pressure", () => {
  test("refuses on one listener, holds on another, answers on the one that ignores the cap, and touches nobody inside", async () => {
    const house = await watched([rejecting, held, management]);
    const inside = [await greeted(house.port("rejecting")), await greeted(house.port("held"))];
    house.sample(calm);
    house.sample(short);
    expect(await house.event("pressure.began")).toEqual({
      type: "pressure.began",
      resource: "descriptors",
      limit: 950,
      current: 980,
    });

    const refused = await rawClient(house.port("rejecting"));
    expect(await refused.until("\r\n")).toMatch(/^421 4\.3\.2 /);
    const { refusal } = await house.event("connection.refused");
    expect(refusal).toEqual({ rule: "pressure", resource: "descriptors", limit: 950, current: 980 });
    await house.event("listener.paused", ({ reason }) => reason === "under-pressure");
    const waiting = await rawClient(house.port("held"));
    await queuedAre(house.port("held"), 1);
    expect(status(house, "held")).toEqual({ state: "paused", pausedBy: ["under-pressure"] });
    expect(status(house, "management")).toEqual({ state: "listening", pausedBy: [] });
    const metrics = await scrape(house.port("management"));
    expect(metrics).toContain('gatehouse_pressure{resource="descriptors"} 1');
    expect(metrics).toContain('gatehouse_pressure{resource="heap"} 0');
    expect(metrics).toContain("gatehouse_descriptors_open 980");
    expect(metrics).toContain("gatehouse_descriptors_limit 1000");
    expect(metrics).toContain('gatehouse_connections_refused_total{listener="rejecting",rule="pressure"} 1');
    for (const client of inside) await answers(client);
    expect(waiting.received()).toBe("");

    // Within the band nothing changes.
    house.sample(sample({ descriptors: 920 }));
    expect(house.events.filter(({ type }) => type.startsWith("pressure."))).toHaveLength(1);
    house.sample(calm);
    expect(await house.event("pressure.ended")).toEqual({
      type: "pressure.ended",
      resource: "descriptors",
      limit: 950,
      current: 20,
    });
    await waiting.until("220 ");
    expect(status(house, "held")).toEqual({ state: "listening", pausedBy: [] });
    await gone(await greeted(house.port("rejecting")));
    expect(house.events.filter(({ type }) => type === "connection.refused")).toHaveLength(1);
    for (const client of [...inside, refused, waiting]) await gone(client);
  });

  test("drains a listener that holds, and refuses whom it held", async () => {
    const house = await watched([held]);
    house.sample(short);
    await house.event("listener.paused");
    const waiting = await rawClient(house.port("held"));
    await queuedAre(house.port("held"), 1);
    const stopped = house.gatehouse.stop();
    await waiting.until("421 4.3.2 ");
    waiting.socket.end();
    await stopped;
    expect(house.events.at(-1)?.type).toBe("server.stopped");
  });

  test("holds on a listener that a reload adds, or makes hold, and lets go of one that is to reject from now on", async () => {
    const house = await watched([rejecting, held]);
    const changing = house.port("held");
    house.sample(short);
    await house.event("listener.paused");
    const waiting = await rawClient(changing);
    await queuedAre(changing, 1);
    await house.gatehouse.reload({
      SystemSettings: { defaultHostname: "localhost" },
      NetworkListener: [
        { ...rejecting, atCapacity: "hold" },
        { ...held, atCapacity: "reject" },
        { ...held, name: "added" },
      ],
    });
    expect(await waiting.until("\r\n")).toMatch(/^421 4\.3\.2 /);
    for (const name of ["rejecting", "added"])
      expect(status(house, name)).toEqual({ state: "paused", pausedBy: ["under-pressure"] });
    const later = await rawClient(house.port("added"));
    await queuedAre(house.port("added"), 1);
    house.sample(calm);
    await later.until("220 ");
    for (const client of [waiting, later]) await gone(client);
    const added = house.events.flatMap((event) =>
      "listener" in event && event.listener === "added" ? [event.type] : [],
    );
    expect(added).toEqual(["listener.binding", "listener.listening", "listener.paused", "listener.resumed"]);
  });

  test("lets a listener that is full as well wait for a slot", async () => {
    const house = await watched([{ ...held, maxConnections: 1 }]);
    const inside = await greeted(house.port("held"));
    house.sample(short);
    await house.event("listener.paused", ({ reason }) => reason === "under-pressure");
    expect(status(house, "held").pausedBy).toEqual(["at-capacity", "under-pressure"]);
    const waiting = await rawClient(house.port("held"));
    await gone(inside);
    await house.event("connection.closed");
    expect(status(house, "held").pausedBy).toEqual(["under-pressure"]);
    house.sample(calm);
    await waiting.until("220 ");
    await gone(waiting);
  });
});

describe("pressure$", () => {
  test("replays the latest, and completes with the server", async () => {
    const house = await watched([rejecting]);
    expect(await firstValueFrom(house.gatehouse.pressure$)).toEqual({ exhausted: [], sample: null });
    house.sample(short);
    const latest = await firstValueFrom(house.gatehouse.pressure$);
    expect(latest).toEqual({ exhausted: [{ resource: "descriptors", limit: 950, current: 980 }], sample: short });
    const completed = new Promise<void>((complete) => house.gatehouse.pressure$.subscribe({ complete }));
    await house.gatehouse.stop();
    await completed;
  });

  test("goes on, and so does admission, after observers have thrown", async () => {
    const house = await watched([rejecting]);
    const failing = () => (): never => {
      throw new Error("an observer's own");
    };
    const { pressure$, lifecycle$ } = house.gatehouse;
    const observers = [pressure$.subscribe(failing()), lifecycle$.subscribe(failing())];
    house.sample(short);
    const refused = await rawClient(house.port("rejecting"));
    await refused.until("421 4.3.2 ");
    house.sample(calm);
    await gone(await greeted(house.port("rejecting")));
    for (const observer of observers) observer.unsubscribe();
    const warnings = house.events.flatMap((event) =>
      event.type === "server.warning" && event.code === "callback-failed" ? [event.text] : [],
    );
    expect(warnings).toHaveLength(2);
    expect(warnings.join()).toMatch(/pressure\$.*an observer's own.*lifecycle\$.*an observer's own/s);
  });

  test("is without pressure when the samples fail, with a warning: the door stays open", async () => {
    const samples$ = new Subject<PressureSample>();
    const house = await runGatehouse([rejecting], { backend: {}, pressure: { samples$ } });
    samples$.next(short);
    samples$.error(new Error("no such gauge"));
    const { code, text } = await house.event("server.warning");
    expect({ code, text }).toMatchObject({ code: "pressure-unknown", text: expect.stringContaining("no such gauge") });
    expect(await house.event("pressure.ended")).toMatchObject({ resource: "descriptors", current: null });
    await gone(await greeted(house.port("rejecting")));
  });

  test("never begins when it is turned off, nor is anything measured", async () => {
    const house = await runGatehouse([rejecting], { backend: {}, pressure: false });
    expect(await firstValueFrom(house.gatehouse.pressure$)).toEqual({ exhausted: [], sample: null });
    await gone(await greeted(house.port("rejecting")));
  });

  test("starts a server whose samples cannot be had at all", async () => {
    const samples$ = throwError(() => new Error("none"));
    const house = await runGatehouse([rejecting], { backend: {}, pressure: { samples$ } });
    await gone(await greeted(house.port("rejecting")));
    expect(house.gatehouse.state).toBe("running");
  });
});
