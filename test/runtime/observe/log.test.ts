import { Writable } from "node:stream";
import { pino } from "pino";
import { Subject } from "rxjs";
import { describe, expect, test } from "vitest";
import type { PressureSample } from "../../../src/index.ts";
import { runGatehouse } from "../../running-gatehouse.ts";
import { sample } from "../pressure/samples.ts";
import { gone, rawClient, tlsClient } from "../raw-client.ts";

const secret = "correct horse battery staple";

interface Line {
  readonly level: number;
  readonly event: string;
  readonly [field: string]: unknown;
}

function memoryLog(level = "info") {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return {
    logger: pino({ level }, sink),
    text: () => lines.join(""),
    of: (event: string) => lines.map((line) => JSON.parse(line) as Line).filter((line) => line.event === event),
  };
}

const document = {
  SystemSettings: { defaultHostname: "localhost" },
  NetworkListener: [
    { name: "smtp", bind: ["127.0.0.1:0"] },
    { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true },
  ],
};

describe("the log", () => {
  test("has the steps of a connection from the moment that its level is debug, and no longer than that", async () => {
    const log = memoryLog();
    const house = await runGatehouse(document, { backend: {}, logger: log.logger });
    const visit = async () => {
      const client = await rawClient(house.port("smtp"));
      await client.until("220 ");
      client.socket.write("QUIT\r\n");
      await client.until("221 ");
      await gone(client);
    };
    await visit();
    expect(log.of("connection.active")).toHaveLength(0);
    log.logger.level = "debug";
    await visit();
    expect(log.of("connection.active")).toHaveLength(1);
    log.logger.level = "warn";
    const closed = log.of("connection.closed").length;
    await visit();
    expect(log.of("connection.active")).toHaveLength(1);
    expect(log.of("connection.closed").length).toBeLessThanOrEqual(closed + 1);
  });

  test("has one line for a connection, at its end: cause, durations, octets, TLS, client", async () => {
    const log = memoryLog();
    const house = await runGatehouse(document, { backend: {}, logger: log.logger });
    const client = await tlsClient({ port: house.port("submissions"), servername: "localhost" });
    const { localPort } = client.socket;
    client.socket.write("QUIT\r\n");
    await client.until("221 ");
    client.socket.end();
    const end = await house.event("connection.closed");
    await gone(client);
    const lines = log.text().split("\n");
    expect(lines.filter((line) => line.includes(end.connection.id))).toHaveLength(1);
    expect(log.of("connection.closed")).toEqual([
      expect.objectContaining({
        level: 30,
        connection: end.connection.id,
        listener: "submissions",
        peer: `127.0.0.1:${localPort}`,
        cause: "quit",
        durations: {
          handshake: expect.any(Number),
          session: expect.any(Number),
          closing: expect.any(Number),
          total: expect.any(Number),
        },
        bytesRead: end.bytesRead,
        bytesWritten: end.bytesWritten,
        tls: "TLSv1.3",
        cipherSuite: "TLS_AES_256_GCM_SHA384",
        serverName: "localhost",
      }),
    ]);
    const { handshake, session, closing, total } = end.durations;
    for (const phase of [handshake, session, closing]) expect(phase).toBeGreaterThan(0);
    expect((handshake ?? 0) + (session ?? 0) + (closing ?? 0)).toBeLessThanOrEqual(total);
  });

  test("names no phase that was not reached, and no TLS where there was none", async () => {
    const log = memoryLog();
    const house = await runGatehouse(document, { backend: {}, logger: log.logger });
    await gone(await rawClient(house.port("smtp")));
    await house.event("connection.closed");
    const [line] = log.of("connection.closed");
    expect(Object.keys(line?.["durations"] ?? {})).toEqual(["session", "total"]);
    expect(line).not.toHaveProperty("tls");
  });

  test("tells the steps in between at debug", async () => {
    const log = memoryLog("debug");
    const house = await runGatehouse(document, { backend: {}, logger: log.logger });
    const client = await rawClient(house.port("submissions"));
    client.socket.write("EHLO client\r\n");
    await house.event("connection.closed");
    await gone(client);
    expect(log.of("connection.handshaking")).toHaveLength(1);
    expect(log.of("connection.handshakeFailed")).toEqual([expect.objectContaining({ level: 20, reason: "not-tls" })]);
  });

  test("never has a password, a log-in that failed included", async () => {
    const log = memoryLog("trace");
    const house = await runGatehouse(
      { ...document, Account: { "a@localhost": { secret: { "@type": "Text", secret } } } },
      { logger: log.logger },
    );
    const client = await tlsClient({ port: house.port("submissions") });
    const initial = (password: string) => Buffer.from(`\0a@localhost\0${password}`).toString("base64");
    const tries = [initial(`${secret}!`), initial(secret)];
    client.socket.write(`EHLO client\r\nAUTH PLAIN ${tries[0]}\r\n`);
    await client.until("535 ");
    client.socket.write(`AUTH PLAIN ${tries[1]}\r\n`);
    await client.until("235 ");
    client.socket.end();
    await house.event("connection.closed");
    await gone(client);
    expect(log.of("session.authenticationFailed")).toEqual([
      expect.objectContaining({ level: 40, mechanism: "PLAIN", username: "a@localhost" }),
    ]);
    expect(log.of("session.authenticated")).toHaveLength(1);
    for (const unsaid of [secret, ...tries]) expect(log.text()).not.toContain(unsaid);
    expect(log.text()).not.toContain("PRIVATE KEY");
  });

  test("warns when pressure begins, with the figures, and says when it ends", async () => {
    const log = memoryLog();
    const samples$ = new Subject<PressureSample>();
    const house = await runGatehouse(document, { backend: {}, logger: log.logger, pressure: { samples$ } });
    samples$.next(sample({ descriptors: 980 }));
    const refused = await rawClient(house.port("smtp"));
    await refused.until("421 ");
    samples$.next(sample());
    const figures = { resource: "descriptors", limit: 950 };
    expect(log.of("pressure.began")).toMatchObject([{ level: 40, ...figures, current: 980, msg: "pressure began" }]);
    expect(log.of("connection.refused")).toMatchObject([{ level: 30, rule: "pressure", ...figures, current: 980 }]);
    expect(log.of("pressure.ended")).toMatchObject([{ level: 30, ...figures, current: 20, msg: "pressure ended" }]);
  });

  test("says why a client was refused", async () => {
    const log = memoryLog();
    const house = await runGatehouse([{ name: "smtp", bind: ["127.0.0.1:0"], useTls: false, maxConnections: 1 }], {
      backend: {},
      logger: log.logger,
    });
    const inside = await rawClient(house.port("smtp"));
    await inside.until("220 ");
    const refused = await rawClient(house.port("smtp"));
    await refused.end;
    expect(log.of("connection.refused")).toEqual([
      expect.objectContaining({ listener: "smtp", rule: "listener-cap", limit: 1, current: 1 }),
    ]);
    for (const client of [inside, refused]) await gone(client);
  });
});
