import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { permissionsNamed } from "../../../src/management/access/permissions.ts";
import { Tokens } from "../../../src/management/access/tokens.ts";
import { accounts, administrator, basic, type Managed, managed, observer } from "../managed.ts";
import { openStream } from "./streams.ts";

const management = { name: "management", protocol: "http", bind: ["127.0.0.1:0"], ignoreServerCap: true };
const document = { SystemSettings: { defaultHostname: "mail.example.com" }, Account: accounts };
const smtp = { name: "smtp", protocol: "smtp", bind: ["127.0.0.1:0"] };

async function client(house: Managed) {
  const socket = connect(house.port("smtp"), "127.0.0.1");
  await once(socket, "data");
  return socket;
}

test("a change of an object is reported with the state that /get answers with, and with nothing else", async () => {
  const house = await managed();
  const query = "types=x:NetworkListener,x:Account,x:Unknown&closeafter=no&ping=0";
  const stream = await openStream(house, query);
  await house.gatehouse.reload({ ...document, NetworkListener: [management, smtp] });
  const change = await stream.next("state");
  const { state } = await house.one("x:NetworkListener/get");
  expect(change?.data).toEqual({ "@type": "StateChange", changed: { server: { "x:NetworkListener": state } } });

  // A client that comes back gets at once what it has missed.
  await house.gatehouse.reload({ ...document, NetworkListener: [management] });
  const again = await openStream(house, query.replace("=no", "=state"), {
    Authorization: basic(administrator),
    "Last-Event-ID": change?.id ?? "",
  });
  expect((await again.next("state"))?.data).toMatchObject({ "@type": "StateChange" });
  expect(await again.next("state")).toBeNull();
});

test("what is asked for wrongly is said", async () => {
  const house = await managed();
  for (const query of ["closeafter=never", "ping=-1", "ping=x", "trace=all", "trace=connection", "oneIn=0"]) {
    const { status } = await openStream(house, query);
    expect([query, status]).toEqual([query, 400]);
  }
  expect((await openStream(house, "", {})).status).toBe(401);
});

test("the live feed begins with the whole state, then has what differs: counts, and what flows along transitions", async () => {
  const house = await managed({ NetworkListener: [smtp] });
  const stream = await openStream(house, "types=&closeafter=no&ping=0&live=true");
  const whole = await stream.frame("whole");
  expect(whole["listeners"]?.["smtp"]).toMatchObject({ state: "listening", connections: 0 });
  expect(whole["listenerOrder"]).toEqual(["management", "smtp"]);

  const socket = await client(house);
  const patch = await stream.frame("patch");
  expect(patch["listeners"]).toEqual({ smtp: { connections: 1, accepted: 1 } });
  expect(patch["nodes"]?.["local"]?.["states"]).toMatchObject({ smtp: { start: 1 } });
  expect(patch["flows"]).toMatchObject({ connection: { "accepted>active": 1 }, smtp: { "greeting>start": 1 } });
  expect(patch["failingFlows"]).toBeUndefined();

  socket.destroy();
  const next = await stream.frame("patch");
  expect(next["failingFlows"]?.["connection"]).toEqual({ "active>closed": 1 });
  // Once nobody watches nothing is counted, and whoever comes then counts from nothing.
  stream.close();
  const flows = async () => {
    const fresh = await openStream(house, "types=&live=true");
    const { flows } = await fresh.frame("whole");
    fresh.close();
    return flows;
  };
  await expect.poll(flows).toEqual({});
});

test("a stream ends with the role that it was granted by", async () => {
  const account = { secret: { "@type": "Text" as const, secret: observer.password }, roles: ["observer" as const] };
  const withRoles = (roles: object) => ({ Account: { ...accounts, [observer.username]: { ...account, ...roles } } });
  const house = await managed(withRoles({}));
  const stream = await openStream(house, "live=true", { Authorization: basic(observer) });
  await stream.next("live");
  const other = await openStream(house, "live=true");
  await other.next("live");
  await house.gatehouse.reload({ ...document, NetworkListener: [management], ...withRoles({ roles: [] }) });
  expect(await stream.next("none")).toBeNull();
  expect(await other.next("live")).not.toBeNull();
});

test("a drain ends streams in order, without waiting for their clients", async () => {
  const house = await managed({ SystemSettings: { defaultHostname: "mail.example.com", drainTimeout: 60_000 } });
  const stream = await openStream(house, "live=true");
  await stream.next("live");
  const stopped = house.gatehouse.stop();
  expect(await stream.next("none")).toBeNull();
  await stopped;
  expect(house.events).toContainEqual(expect.objectContaining({ type: "connection.closed", cause: "drained" }));
});

test("streams are capped, and a thousand that come and go leave nothing behind", async () => {
  const house = await managed({ NetworkListener: [smtp] });
  const request = `GET /jmap/eventsource/?live=true&trace=sample HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${basic(administrator)}\r\n\r\n`;
  const comeAndGo = async () => {
    const socket = connect(house.port("management"), "127.0.0.1");
    socket.write(request);
    const [answer] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    await once(socket, "close");
    return answer.toString("latin1").slice(9, 12);
  };
  const statuses = new Set<string>();
  const one = async () => {
    for (let count = 0; count < 125; count += 1) statuses.add(await comeAndGo());
  };
  await Promise.all(Array.from({ length: 8 }, one));
  expect(statuses).toEqual(new Set(["200"]));
  const open = () => openStream(house, "live=true");
  await expect.poll(() => house.gatehouse.connections().length).toBe(0);
  const held = await Promise.all(Array.from({ length: 32 }, open));
  expect(held.map(({ status }) => status)).toEqual(held.map(() => 200));
  expect((await open()).status).toBe(429);
});

test("a stream ends when its token is revoked", async () => {
  const house = await managed();
  const tokens = new Tokens(house.data);
  const permissions = permissionsNamed(["observer"]);
  const token = await tokens.create({ name: "ci", permissions, expiresAt: null }, new Date());
  const stream = await openStream(house, "live=true", { Authorization: `Bearer ${token}` });
  await stream.frame("whole");
  await tokens.revoke("ci");
  expect(await stream.next("none")).toBeNull();
});

test("the live feed has what flows in all workers, also in one that has ended meanwhile, and counts nothing in them unwatched", async () => {
  const house = await managed({ NetworkListener: [smtp], SystemSettings: { workers: 2 } });
  type Stream = Awaited<ReturnType<typeof openStream>>;
  /** Clients come until one more is counted than before: a worker begins to count when it hears that somebody watches. */
  const counted = async (stream: Stream, before: number): Promise<number> => {
    for (;;) {
      const socket = await client(house);
      const { flows } = await stream.frame("patch");
      socket.destroy();
      const count = Number(flows?.["smtp"]?.["greeting>start"] ?? 0);
      if (count > before) return count;
    }
  };
  for (let round = 0; round < 2; round += 1) {
    const stream = await openStream(house, "types=&live=true");
    expect((await stream.frame("whole"))["flows"]?.["smtp"]).toBeUndefined();
    const first = await counted(stream, 0);
    // One is left; what the others have counted stays.
    const SystemSettings = { ...document.SystemSettings, workers: round === 0 ? 1 : 2 };
    await house.gatehouse.reload({ ...document, NetworkListener: [management, smtp], SystemSettings });
    await counted(stream, first);
    stream.close();
  }
});
