/** A running server that is asked and told things over its control socket. */
import { mkdirSync, statSync } from "node:fs";
import { chmod, chown, rename, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { json, text } from "node:stream/consumers";
import { filter, firstValueFrom } from "rxjs";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConfigurationError, createGatehouse, type GatehouseOptions, StartError } from "../../src/index.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { gone, rawClient } from "../runtime/raw-client.ts";
import { issue } from "../runtime/tls/certificate-fixtures.ts";

const backend = { recipient: async () => undefined, message: async () => undefined };
const smtp = { name: "smtp", bind: ["127.0.0.1:0"], useTls: false };
const other = { ...smtp, name: "other" };

interface Answer {
  readonly status: number | undefined;
  readonly body: Record<string, unknown>;
}

interface Controlled extends RunningGatehouse {
  readonly socket: string;
  /** @param body no body when it is left out. */
  ask(method: string, path: string, body?: string): Promise<Answer>;
}

async function controlled(
  document: Parameters<typeof runGatehouse>[0],
  options: Partial<GatehouseOptions> & { readonly reads?: () => unknown } = {},
): Promise<Controlled> {
  const socket = join(temporaryDirectory(), "control.sock");
  const { reads, ...others } = options;
  const control = reads ? { path: socket, document: reads } : socket;
  const running = await runGatehouse(document, { backend, control, ...others });
  return { ...running, socket, ask: (method, path, body) => ask(socket, { method, path, body }) };
}

function ask(
  socketPath: string,
  { method = "GET", path = "/status", body }: { method?: string; path?: string; body?: string | undefined } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, agent: false }, (response) => {
      json(response).then((answer) => resolve({ status: response.statusCode, body: answer as Answer["body"] }), reject);
    });
    asked.on("error", reject);
    // Without a length that is known before, it is sent in chunks.
    if (body !== undefined) asked.write(body);
    asked.end();
  });
}

describe("the control socket", () => {
  test("tells state, document, listeners and connections", async () => {
    const { ask, port, gatehouse } = await controlled([smtp, other]);
    const client = await rawClient(port("smtp"));
    await client.until("220 ");
    expect(await ask("GET", "/status")).toEqual({
      status: 200,
      body: {
        state: "running",
        generation: 1,
        rejected: null,
        pid: process.pid,
        connections: { total: 1, maxConnections: 8192, byState: { active: 1 } },
        certificates: [],
        fleet: null,
        listeners: [
          expect.objectContaining({ name: "smtp", state: "listening", addresses: [`127.0.0.1:${port("smtp")}`] }),
          expect.objectContaining({ name: "other", connections: 0, pausedBy: [] }),
        ],
      },
    });
    const peer = `127.0.0.1:${client.socket.localPort}`;
    const [known] = gatehouse.connections();
    const wanted = [expect.objectContaining({ id: known?.id, listener: "smtp", peer, state: "active", tls: null })];
    expect(await ask("GET", "/connections")).toEqual({ status: 200, body: { connections: wanted } });
    expect((await ask("GET", "/connections?listener=smtp")).body).toEqual({ connections: wanted });
    expect((await ask("GET", "/connections?listener=other")).body).toEqual({ connections: [] });
    expect(await ask("GET", "/connections?listener=none")).toMatchObject({
      status: 404,
      body: { error: { code: "unknown-listener" } },
    });
  });

  test("ends one connection at its safe point, or at once, and no other", async () => {
    const { ask, gatehouse, port, event } = await controlled([smtp]);
    const clients = await Promise.all([1, 2, 3].map(() => rawClient(port("smtp"))));
    const [polite, cut, other] = clients;
    if (!polite || !cut || !other) throw new Error("There are three.");
    for (const client of clients) await client.until("220 ");
    const idOf = ({ socket }: typeof polite) =>
      gatehouse.connections().find(({ peer }) => peer.port === socket.localPort)?.id ?? "";
    const [politeId, cutId] = [idOf(polite), idOf(cut)];

    polite.socket.write("EHLO client\r\nMAIL FROM:<a@client.example>\r\n");
    await polite.until("250 2.1.0");
    expect(await ask("POST", "/close", JSON.stringify({ connection: politeId }))).toMatchObject({ status: 200 });
    // In mid-transaction it is no safe point.
    polite.socket.write("RSET\r\n");
    await polite.until("421 ");
    expect(await ask("POST", "/close", JSON.stringify({ connection: cutId, now: true }))).toMatchObject({
      status: 200,
    });
    await gone(cut);
    const causeOf = async (id: string) =>
      (await event("connection.closed", ({ connection }) => connection.id === id)).cause;
    expect([await causeOf(politeId), await causeOf(cutId)]).toEqual(["drained", "stopped"]);

    other.socket.write("NOOP\r\n");
    await other.until("250 ");
    expect(await ask("POST", "/close", JSON.stringify({ connection: cutId }))).toMatchObject({
      status: 404,
      body: { error: { code: "not-connected" } },
    });
  });

  test("suspends and resumes one listener, or all", async () => {
    const { ask, gatehouse, port } = await controlled([smtp, other]);
    const states = () => gatehouse.listeners().map(({ state }) => state);
    const { body } = await ask("POST", "/suspend", '{"listener":"smtp"}');
    expect(body).toMatchObject({ listeners: [{ name: "smtp", state: "paused", pausedBy: ["suspended"] }] });
    expect(states()).toEqual(["paused", "listening"]);
    const waiting = await rawClient(port("smtp"));
    await ask("POST", "/suspend");
    expect(states()).toEqual(["paused", "paused"]);
    await ask("POST", "/resume");
    expect(states()).toEqual(["listening", "listening"]);
    await waiting.until("220 ");
    expect(await ask("POST", "/suspend", '{"listener":"none"}')).toMatchObject({
      status: 404,
      body: { error: { code: "unknown-listener", message: expect.stringContaining("smtp, other") } },
    });
  });

  test.each([".", "..", "", "/", "smtp/../other", "%2e", "constructor", "__proto__"])(
    "suspends nobody when it is given the name %j, which no listener has",
    async (name) => {
      const { ask, gatehouse } = await controlled([smtp, other]);
      expect(await ask("POST", "/suspend", JSON.stringify({ listener: name }))).toMatchObject({
        status: 404,
        body: { error: { code: "unknown-listener" } },
      });
      expect(gatehouse.listeners().map(({ state }) => state)).toEqual(["listening", "listening"]);
    },
  );

  test("takes names that objects have of themselves for names", async () => {
    const names = ["__proto__", "constructor", "toString"];
    const { ask, event, port } = await controlled(
      names.map((name) => ({ ...smtp, name })),
      {
        reads: () => [other],
      },
    );
    for (const name of names) {
      const busy = await rawClient(port(name));
      busy.socket.write("EHLO x\r\nMAIL FROM:<a@example.com>\r\n");
      await busy.until("250 2.1.0");
      expect((await ask("POST", "/suspend", JSON.stringify({ listener: name }))).body).toMatchObject({
        listeners: [{ name, state: "paused" }],
      });
    }
    const { body } = await ask("POST", "/reload");
    expect(Object.entries(body["draining"] ?? {})).toEqual(names.map((name) => [name, 1]));
    const { draining } = await event("reload.carriedOut");
    expect(Object.keys(draining)).toEqual(names);
  });

  test("suspends all listeners of the document, though one of an older document still drains", async () => {
    const { ask, gatehouse, port } = await controlled([smtp, other]);
    const busy = await rawClient(port("other"));
    busy.socket.write("EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
    await busy.until("354 ");
    await gatehouse.reload([smtp]);
    expect(gatehouse.listeners().map(({ state }) => state)).toEqual(["listening", "draining"]);
    expect(await ask("POST", "/suspend")).toMatchObject({ status: 200 });
  });

  test("blocks, unblocks and lists", async () => {
    const { ask } = await controlled([smtp]);
    const entry = { address: "192.0.2.0/24", expiresAt: "2999-01-31T12:00:00.000Z", reason: "guesses" };
    expect(await ask("POST", "/block", JSON.stringify(entry))).toEqual({ status: 200, body: { blocked: [entry] } });
    expect(await ask("GET", "/blocked")).toEqual({ status: 200, body: { blocked: [entry] } });
    expect(await ask("POST", "/unblock", '{"address":"192.0.2.1"}')).toMatchObject({
      status: 404,
      body: { error: { code: "not-blocked" } },
    });
    expect((await ask("POST", "/unblock", '{"address":"192.0.2.0/24"}')).body).toEqual({ blocked: [] });
    expect(await ask("POST", "/block", '{"address":"192.0.2.300"}')).toMatchObject({
      status: 400,
      body: { error: { code: "invalid-blocked-address" } },
    });
  });

  test.each([
    { what: "a body that is not JSON", method: "POST", path: "/block", body: "{", status: 400 },
    { what: "no body where one is wanted", method: "POST", path: "/block", status: 400 },
    { what: "a body of another shape", method: "POST", path: "/block", body: '{"adress":"192.0.2.1"}', status: 400 },
    { what: "a body without end", method: "POST", path: "/block", body: `"${"x".repeat(20_000)}"`, status: 400 },
    { what: "a route that is not there", method: "GET", path: "/secrets", status: 404 },
    { what: "another method", method: "GET", path: "/reload", status: 404 },
  ])("refuses $what in words", async ({ method, path, body, status }) => {
    const { ask } = await controlled([smtp]);
    const answer = await ask(method, path, body);
    expect(answer).toMatchObject({ status, body: { error: { message: expect.any(String) } } });
    expect((await ask("GET", "/status")).status).toBe(200);
  });

  test("refuses what is no HTTP, and goes on", async () => {
    const { socket, ask } = await controlled([smtp]);
    const client = connect(socket);
    client.end("EHLO x\r\n\r\n");
    expect(await text(client)).toMatch(/^HTTP\/1\.1 400 /);
    expect((await ask("GET", "/status")).status).toBe(200);
  });

  test("answers with no secret, neither of accounts nor of certificates", async () => {
    const { certificate, privateKey } = await issue({ names: ["mail.example"] });
    const document = (secret: string) => ({
      Account: { "ann@example.com": { secret: { "@type": "Text" as const, secret } } },
      Certificate: {
        main: {
          certificate: { "@type": "Text" as const, value: certificate },
          privateKey: { "@type": "Text" as const, secret: privateKey },
        },
      },
      NetworkListener: [{ ...smtp, useTls: true }],
    });
    let next: unknown = document("second-secret");
    const { ask } = await controlled(document("first-secret"), { reads: () => next });
    const answers = [await ask("POST", "/reload"), await ask("GET", "/status"), await ask("GET", "/connections")];
    next = { ...document("third-secret"), Account: { "ann@example.com": { secret: "third-secret" } } };
    answers.push(await ask("POST", "/reload"));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 422]);
    const said = JSON.stringify(answers);
    for (const secret of ["-secret", "BEGIN", privateKey.split("\n")[1] ?? ""]) expect(said).not.toContain(secret);
  });
});

describe("a reload over the control socket", () => {
  test("answers with what was carried out, when it has been", async () => {
    const { ask, gatehouse } = await controlled([smtp], { reads: () => [{ ...smtp, maxConnections: 7 }, other] });
    const { status, body } = await ask("POST", "/reload");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      generation: 2,
      certificatesChanged: false,
      warnings: [],
      draining: {},
      text: expect.stringContaining("smtp: retuned (maxConnections 8192 → 7)"),
      plan: {
        listeners: [
          { name: "smtp", kind: "retuned" },
          { name: "other", kind: "added" },
        ],
      },
    });
    expect(gatehouse.listeners()).toMatchObject([{ maxConnections: 7 }, { name: "other", state: "listening" }]);
  });

  test("answers with every mistake of a document, tells of it, and changes nothing", async () => {
    const { ask, event, gatehouse } = await controlled([smtp], {
      reads: () => [{ ...smtp, maxConnection: 7, protocol: 3 }],
    });
    const { status, body } = await ask("POST", "/reload");
    expect(status).toBe(422);
    expect(body).toMatchObject({ error: { code: "invalid-configuration", issues: [{}, {}] } });
    expect((await event("reload.rejected")).error).toBeInstanceOf(ConfigurationError);
    expect(gatehouse.generation).toBe(1);
  });

  test("answers with what could not be carried out", async () => {
    const { ask } = await controlled([smtp], { reads: () => [smtp, { ...other, bind: ["192.0.2.1:0"] }] });
    expect(await ask("POST", "/reload")).toMatchObject({
      status: 422,
      body: { error: { code: "reload-failed", message: expect.stringContaining("EADDRNOTAVAIL") } },
    });
  });

  test("is answered for each of many that come at once, with the newest document in force", async () => {
    let asked = 0;
    let maxConnections = 0;
    const all = Promise.withResolvers<void>();
    const { ask, gatehouse } = await controlled([smtp], {
      reads: async () => {
        asked += 1;
        if (asked === 12) all.resolve();
        await all.promise;
        maxConnections += 1;
        return [{ ...smtp, maxConnections }];
      },
    });
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask("POST", "/reload")));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(Math.max(...answers.map(({ body }) => Number(body["generation"])))).toBe(gatehouse.generation);
    expect(gatehouse.generation).toBe(3);
    expect(gatehouse.listeners()).toMatchObject([{ maxConnections: 12 }]);
  });

  test("that has no document to read never takes back one that is under way or waits", async () => {
    const { ask, gatehouse } = await controlled([smtp]);
    const documents = [11, 12].map((maxConnections) => gatehouse.reload([{ ...smtp, maxConnections }]));
    const answers = await Promise.all([ask("POST", "/reload"), ask("POST", "/reload")]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await Promise.all(documents);
    expect(gatehouse.listeners()).toMatchObject([{ maxConnections: 12 }]);
  });

  test("that is under way when the server stops is called off, and told so; one that comes later is refused in words", async () => {
    const reading = Promise.withResolvers<void>();
    const { ask, gatehouse, event, port } = await controlled([smtp], {
      reads: async () => {
        await reading.promise;
        return [{ ...smtp, maxConnections: 7 }];
      },
    });
    const busy = await rawClient(port("smtp"));
    busy.socket.write("EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
    await busy.until("354 ");
    const under = gatehouse.reload([{ ...smtp, maxConnections: 5 }]);
    const late = ask("POST", "/reload");
    const stopped = gatehouse.stop();
    await expect(under).rejects.toMatchObject({ code: "reload-stopped" });
    expect(gatehouse.generation).toBe(1);
    await event("server.draining");
    reading.resolve();
    expect(await late).toMatchObject({ status: 503, body: { error: { code: "reload-stopped" } } });
    expect((await ask("GET", "/status")).body).toMatchObject({ state: "draining" });
    expect(await ask("POST", "/suspend")).toMatchObject({
      status: 503,
      body: { error: { code: "not-running" } },
    });
    busy.socket.end("Subject: last\r\n\r\n.\r\n");
    await stopped;
  });
});

describe("the socket itself", () => {
  const house = (socket: string) => runGatehouse([smtp], { backend, control: socket });
  const newSocket = () => join(temporaryDirectory(), "control.sock");

  test("is for the owner only, and gone with the server", async () => {
    const socket = newSocket();
    const { gatehouse } = await house(socket);
    const { mode } = await stat(socket);
    expect((mode & 0o777).toString(8)).toBe("600");
    await gatehouse.stop();
    await expect(stat(socket)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test.skipIf(process.getuid?.() !== 0)("belongs to the owner of its folder when root starts the server", async () => {
    const folder = join(temporaryDirectory(), "data");
    mkdirSync(folder, { mode: 0o700 });
    await chown(folder, 65_534, 65_534);
    const { gatehouse } = await house(join(folder, "control.sock"));
    expect(await stat(join(folder, "control.sock"))).toMatchObject({ uid: 65_534, gid: 65_534 });
    await gatehouse.stop();
    await rm(folder, { recursive: true });
  });

  test("of a dead process is replaced", async () => {
    const socket = newSocket();
    const dead = createServer().listen(`${socket}.dead`);
    await new Promise((resolve) => dead.once("listening", resolve));
    // What a killed process leaves: the name stays when its descriptor is closed.
    await rename(`${socket}.dead`, socket);
    dead.close();
    await house(socket);
    expect((await ask(socket)).status).toBe(200);
  });

  test("of another server that lives fails the start, and goes on to be that server's", async () => {
    const socket = newSocket();
    await house(socket);
    const second = createGatehouse({ config: [smtp], backend, control: socket });
    const error: unknown = await second.start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({ errors: [{ code: "control-in-use" }] });
    expect((await ask(socket)).status).toBe(200);
  });

  test("of another server that lives fails the start before a mailbox is opened or an address bound", async () => {
    const socket = newSocket();
    await house(socket);
    const dataDirectory = join(temporaryDirectory(), "data");
    const second = createGatehouse({ config: [smtp], dataDirectory, control: socket });
    const states: string[] = [];
    second.lifecycle$.subscribe(({ type }) => states.push(type));
    await expect(second.start()).rejects.toBeInstanceOf(StartError);
    expect(states).toEqual(["server.starting", "server.failed"]);
    await expect(stat(dataDirectory)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is there until all else of the server has ended, and then is removed", async () => {
    const socket = newSocket();
    const { gatehouse } = await house(socket);
    const whenStopped = firstValueFrom(gatehouse.lifecycle$.pipe(filter(({ type }) => type === "server.stopped"))).then(
      () => statSync(socket).isSocket(),
    );
    await gatehouse.stop();
    expect(await whenStopped).toBe(true);
    await expect(stat(socket)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is removed, too, when a stop calls the start off", async () => {
    const socket = newSocket();
    const gatehouse = createGatehouse({ config: [smtp], backend, control: socket });
    const started = gatehouse.start();
    const stopped = gatehouse.stop();
    await expect(started).rejects.toBeInstanceOf(StartError);
    await stopped;
    expect(gatehouse.state).toBe("stopped");
    await expect(stat(socket)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is removed when the start fails", async () => {
    const socket = newSocket();
    const gatehouse = createGatehouse({ config: [{ ...smtp, bind: ["192.0.2.1:0"] }], backend, control: socket });
    await expect(gatehouse.start()).rejects.toBeInstanceOf(StartError);
    await expect(stat(socket)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("that cannot be had leaves the server without one, and a warning says why", async () => {
    const folder = temporaryDirectory();
    const open = join(folder, "open");
    mkdirSync(open);
    await chmod(open, 0o777);
    await writeFile(join(folder, "file"), "");
    const cases = [
      [join(folder, "x".repeat(120)), /more than the 107 octets.*shorter path/],
      [join(open, "control.sock"), /others may write to the folder.*chmod go-w/],
      [join(folder, "file"), /something else has this name/],
      [join(folder, "file", "control.sock"), /ENOTDIR|EEXIST/],
    ] as const;
    for (const [socket, wanted] of cases) {
      const { event, gatehouse } = await house(socket);
      expect(await event("server.warning")).toMatchObject({
        code: "control-unavailable",
        text: expect.stringMatching(wanted),
      });
      expect(gatehouse.state).toBe("running");
    }
  });

  test("whose path is too long is bound from the working directory where that is shorter", async () => {
    const folder = join(temporaryDirectory(), "y".repeat(100));
    mkdirSync(folder);
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(folder);
    await house(join(folder, "control.sock"));
    expect((await ask("control.sock")).status).toBe(200);
  });
});
