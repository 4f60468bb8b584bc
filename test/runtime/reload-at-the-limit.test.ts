/** A reload that adds a listener at a moment when nobody can be let in. */
import { expect, test } from "vitest";
import { createGatehouse } from "../../src/index.ts";
import { Bench, Driver, type Instance } from "../../src/testing/index.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { gone, rawClient } from "./raw-client.ts";

const held = (name: string) => ({ name, bind: ["127.0.0.1:0"], useTls: false, atCapacity: "hold" as const });
const document = (...names: string[]) => ({
  SystemSettings: { defaultHostname: "localhost", maxConnections: 1 },
  NetworkListener: names.map(held),
});

test("a listener that holds its clients, added to a server that is full, holds them too", async () => {
  const house = await runGatehouse(document("old"), { backend: {} });
  const inside = await rawClient(house.port("old"));
  await inside.until("220 ");
  await house.gatehouse.reload(document("old", "new"));
  expect(house.gatehouse.listeners()[1]).toMatchObject({ name: "new", state: "paused", pausedBy: ["at-capacity"] });

  const waiting = await rawClient(house.port("new"));
  inside.socket.end("QUIT\r\n");
  await waiting.until("220 ");
  expect(house.events.filter(({ type }) => type === "connection.refused")).toEqual([]);
  for (const client of [inside, waiting]) await gone(client);
});

test("a listener that is added when descriptors run out does not keep the reload from its end", async () => {
  const bench = new Bench();
  const gatehouse: Instance = createGatehouse({ ...bench.options, config: document("old"), backend: {} });
  const driver = new Driver(gatehouse, bench);
  await driver.prepareScarcity();
  await gatehouse.start();
  driver.at({ chart: "listener", state: "binding.opening", id: "listener:new" }, () => {
    driver.exhaustDescriptors();
    bench.clock.advance(500);
  });
  await gatehouse.reload(document("old", "new"));
  driver.freeDescriptors();
  expect(gatehouse.listeners()[1]).toMatchObject({ name: "new", state: "paused", pausedBy: ["no-descriptors"] });
  bench.clock.advance(100);
  await driver.turn();
  expect(gatehouse.listeners()[1]).toMatchObject({ name: "new", state: "listening" });
  await driver.close();
});
