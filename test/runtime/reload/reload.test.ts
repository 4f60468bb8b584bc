/** A server that runs takes another document: on real sockets, one transaction at a time. */
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { BehaviorSubject, merge, Subject } from "rxjs";
import { expect, test } from "vitest";
import {
  createGatehouse,
  describePlan,
  fileSource,
  type GivenConfiguration,
  type LifecycleEvent,
  type NetworkListenerInput,
  parseDocument,
  ReloadError,
} from "../../../src/index.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";
import { runGatehouse } from "../../running-gatehouse.ts";
import { expectNobodyInside, openSockets } from "../ends.ts";
import { rawClient, tlsClient } from "../raw-client.ts";
import { issue } from "../tls/certificate-fixtures.ts";

const backend = { recipient: async () => undefined, message: async () => undefined };
const smtp = { name: "smtp", bind: ["127.0.0.1:0"] };
const other = { name: "other", bind: ["127.0.0.1:0"] };

type Secret = { "@type": "Text"; secret: string } | { "@type": "EnvironmentVariable"; variableName: string };

function reloadStates(events: readonly LifecycleEvent[]): string[] {
  return events.flatMap(({ type }) => (type.startsWith("reload.") ? [type.slice("reload.".length)] : []));
}

test("a reload that adds, retunes and removes listeners tells its plan, and older connections live on", async () => {
  const running = await runGatehouse([smtp, other], { backend });
  const { gatehouse } = running;
  const port = running.port("smtp");
  const old = await rawClient(port);
  const removed = await rawClient(running.port("other"));
  await Promise.all([old.until("220 "), removed.until("220 ")]);

  const report = await gatehouse.reload([
    { ...smtp, maxConnections: 1 },
    { name: "added", bind: ["127.0.0.1:0"] },
  ]);

  expect(describePlan(report.plan)).toMatch(/smtp: retuned \(maxConnections 8192 → 1\).*added: added.*other: removed/s);
  expect(report).toMatchObject({ generation: 2, draining: { other: 1 } });
  expect(reloadStates(running.events)).toEqual(["validating", "staging", "swapping", "retiring", "carriedOut"]);
  expect(running.port("smtp")).toBe(port);
  expect(await removed.until("421")).toContain("Service shutting down");
  old.socket.write("NOOP\r\n");
  await old.until("250");
  const fresh = await rawClient(running.port("added"));
  await fresh.until("220 ");
  expect(gatehouse.connections().map(({ listener, generation }) => [listener, generation])).toEqual(
    expect.arrayContaining([
      ["smtp", 1],
      ["added", 2],
    ]),
  );
  const refused = await rawClient(port);
  expect(await refused.until("421")).toContain("Too many connections");
});

test("the same document again changes nothing, not even the sockets", async () => {
  const running = await runGatehouse([smtp], { backend });
  const sockets = openSockets();
  const { plan } = await running.gatehouse.reload([smtp]);
  expect(plan.isEmpty).toBe(true);
  expect(openSockets()).toBe(sockets);
});

test("addresses are added and removed while the listener goes on", async () => {
  const running = await runGatehouse([{ name: "smtp", bind: ["127.0.0.1:0", "127.0.0.2:0"] }], { backend });
  const [kept, dropped] = running.gatehouse.listeners()[0]?.addresses ?? [];
  const sockets = openSockets();
  await running.gatehouse.reload([{ name: "smtp", bind: ["127.0.0.1:0", "127.0.0.3:0"] }]);
  const addresses = running.gatehouse.listeners()[0]?.addresses ?? [];
  expect(addresses.map(({ address }) => address).sort()).toEqual(["127.0.0.1", "127.0.0.3"]);
  expect(addresses).toContainEqual(kept);
  expect(openSockets()).toBe(sockets);
  await (await rawClient(addresses.find(({ address }) => address === "127.0.0.3")?.port ?? 0, "127.0.0.3")).until(
    "220 ",
  );
  await expect(rawClient(dropped?.port ?? 0, "127.0.0.2")).rejects.toThrow("ECONNREFUSED");
});

test("a listener that is renamed hands its socket over: whoever connects meanwhile is served", async () => {
  const running = await runGatehouse([smtp], { backend });
  const port = running.port("smtp");
  const clients = Array.from({ length: 20 }, () => rawClient(port));
  await running.gatehouse.reload([{ ...smtp, name: "renamed" }]);
  clients.push(...Array.from({ length: 20 }, () => rawClient(port)));
  const greeted = await Promise.all(clients.map(async (client) => (await client).until("\r\n")));
  for (const words of greeted) expect(words).toMatch(/^220 /);
  expect(running.port("renamed")).toBe(port);
});

test("an address that cannot be bound leaves everything as it was, and the error says which", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const running = await runGatehouse([smtp], { backend });
  const before = await rawClient(running.port("smtp"));
  const sockets = openSockets();
  const reload = running.gatehouse.reload([
    { ...smtp, bind: ["127.0.0.1:0", "127.0.0.2:0", `127.0.0.1:${port}`, "127.0.0.3:0"], maxConnections: 1 },
    { name: "added", bind: ["127.0.0.1:0"] },
  ]);
  await expect(reload).rejects.toThrow(new RegExp(`Listener "smtp": .*127\\.0\\.0\\.1:${port}`));
  expect(reloadStates(running.events)).toEqual(["validating", "staging", "rollingBack", "rejected"]);
  expect(running.gatehouse.listeners()).toMatchObject([{ name: "smtp", maxConnections: 8192 }]);
  expect(openSockets()).toBe(sockets);
  await before.until("220 ");
  await (await rawClient(running.port("smtp"))).until("220 ");
  taken.close();
});

test.each([
  [
    "a certificate that cannot be read",
    {
      Certificate: {
        main: {
          certificate: { "@type": "File", filePath: "/nowhere.crt" },
          privateKey: { "@type": "File", filePath: "/nowhere.key" },
        },
      },
    },
    /nowhere/,
  ],
  ["a protocol that is not spoken", { NetworkListener: [{ ...smtp, protocol: "imap" }] }, /imap/],
] as const)("%s leaves everything as it was", async (_what, change, reason) => {
  const running = await runGatehouse({ NetworkListener: [smtp] }, { backend });
  const reload = running.gatehouse.reload({ NetworkListener: [{ ...smtp, maxConnections: 1 }], ...change });
  await expect(reload).rejects.toThrow(reason);
  await expect(reload).rejects.toBeInstanceOf(ReloadError);
  expect(running.gatehouse.listeners()).toMatchObject([{ name: "smtp", maxConnections: 8192 }]);
  await (await rawClient(running.port("smtp"))).until("220 ");
});

test("accounts take effect with the document, and one whose secret cannot be read keeps the old ones", async () => {
  const account = (secret: Secret) => ({ Account: { "ann@example.com": { secret } }, NetworkListener: [smtp] });
  const running = await runGatehouse(account({ "@type": "Text", secret: "one" }));
  const rcpt = async (address: string): Promise<string> => {
    const client = await rawClient(running.port("smtp"));
    client.socket.write(`EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<${address}>\r\nQUIT\r\n`);
    return client.until("221 ");
  };
  await expect(
    running.gatehouse.reload(account({ "@type": "EnvironmentVariable", variableName: "NO_SUCH_VARIABLE" })),
  ).rejects.toThrow("NO_SUCH_VARIABLE");
  expect(await rcpt("ann@example.com")).toContain("250 2.1.5");
  expect(await rcpt("ann+x@example.com")).toContain("250 2.1.5");
  await running.gatehouse.reload({
    Account: { "bob@example.com": { secret: { "@type": "Text", secret: "two" } } },
    SystemSettings: { recipientDelimiter: "-" },
    NetworkListener: [smtp],
  });
  expect(await rcpt("ann@example.com")).toContain("550 5.1.1");
  expect(await rcpt("bob@example.com")).toContain("250 2.1.5");
  expect(await rcpt("bob-x@example.com")).toContain("250 2.1.5");
  expect(await rcpt("bob+x@example.com")).toContain("550 5.1.1");
});

test("the block list, caps and limits of addresses hold for the next connection", async () => {
  const { gatehouse, port } = await runGatehouse({ NetworkListener: [smtp] }, { backend });
  const greeting = async (): Promise<string> => (await rawClient(port("smtp"))).until("\r\n");
  expect(await greeting()).toMatch(/^220 /);
  await gatehouse.reload({ NetworkListener: [smtp], BlockedIp: [{ address: "127.0.0.1" }] });
  expect(await greeting()).toMatch(/^421 /);
  await gatehouse.reload({ NetworkListener: [{ ...smtp, connectionRate: { count: 1, interval: "1h" } }] });
  expect(await greeting()).toMatch(/^220 /);
  expect(await greeting()).toMatch(/^421 /);
  await gatehouse.reload({ NetworkListener: [{ ...smtp, overrideProxyTrustedNetworks: ["127.0.0.1"] }] });
  const proxied = await rawClient(port("smtp"));
  proxied.socket.write("PROXY TCP4 192.0.2.9 192.0.2.1 1234 25\r\n");
  await proxied.until("220 ");
  expect(gatehouse.connections().map(({ peer }) => peer.address)).toContain("192.0.2.9");
});

test("a held listener accepts again when a reload raises its cap", async () => {
  const held = { ...smtp, atCapacity: "hold" as const };
  const running = await runGatehouse([{ ...held, maxConnections: 1 }], { backend });
  const [first, second] = [await rawClient(running.port("smtp")), await rawClient(running.port("smtp"))];
  await first.until("220 ");
  await running.event("listener.paused");
  await running.gatehouse.reload([{ ...held, maxConnections: 2 }]);
  await second.until("220 ");
});

test("documents that arrive during a reload coalesce to the newest", async () => {
  const { gatehouse } = await runGatehouse([smtp], { backend });
  const outcomes = await Promise.allSettled(
    [2, 3, 4, 5, 6].map((maxConnections) => gatehouse.reload([{ ...smtp, maxConnections }])),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "rejected", "fulfilled"]);
  expect(outcomes[1]).toMatchObject({ reason: { code: "reload-superseded" } });
  const superseded = outcomes[3]?.status === "rejected" ? (outcomes[3].reason as ReloadError) : null;
  expect(await superseded?.newer).toMatchObject({ generation: 3 });
  expect(gatehouse.listeners()).toMatchObject([{ maxConnections: 6 }]);
});

test("a server that is stopped during a reload ends in order, and takes no document afterwards", async () => {
  const { gatehouse } = await runGatehouse([smtp], { backend });
  const reload = gatehouse.reload([smtp, other]);
  const stop = gatehouse.stop();
  await Promise.allSettled([reload, stop]);
  expect(gatehouse.state).toBe("stopped");
  await expect(gatehouse.reload([smtp])).rejects.toMatchObject({ code: "reload-stopped" });
});

test("plan() tells what a reload would do, and changes nothing", async () => {
  const { gatehouse, events } = await runGatehouse([smtp], { backend });
  const documents = [[{ ...smtp, maxConnections: 3 }, other], JSON.stringify([smtp])];
  for (const document of documents) {
    const happened = events.length;
    const planned = await gatehouse.plan(document);
    expect(events.slice(happened)).toEqual([]);
    expect((await gatehouse.reload(document)).plan).toEqual(planned);
  }
  await expect(gatehouse.plan([{ ...smtp, maxConnection: 3 } as never])).rejects.toMatchObject({
    code: "invalid-configuration",
  });
  const { port } = gatehouse.listeners()[0]?.addresses[0] ?? { port: 0 };
  const { gatehouse: alone } = await runGatehouse([{ ...smtp, bind: [`127.0.0.2:${port}`], socketReusePort: false }]);
  const wider = [{ ...smtp, bind: [`0.0.0.0:${port}`], socketReusePort: false }];
  await expect(alone.plan(wider)).rejects.toMatchObject({ code: "reload-needs-restart" });
});

test("config$ brings documents, and tells of one that is not valid without ending", async () => {
  const documents = new Subject<GivenConfiguration>();
  const running = await runGatehouse([smtp], { backend, config$: documents });
  documents.next([{ ...smtp, maxConnection: 3 } as never]);
  const rejected = await running.event("reload.rejected");
  expect(rejected.error.message).toContain("maxConnection");
  documents.next([{ ...smtp, maxConnections: 3 }]);
  await running.event("reload.carriedOut");
  expect(running.gatehouse.listeners()).toMatchObject([{ maxConnections: 3 }]);
  await running.gatehouse.stop();
  expect(documents.observed).toBe(false);
});

test("config$ takes a source that has read its documents, and whatever another source has read among an embedder's own", async () => {
  const file = join(temporaryDirectory(), "gatehouse.json");
  await writeFile(file, JSON.stringify([{ ...smtp, maxConnections: 3 }]));
  const documents = new Subject<GivenConfiguration>();
  const running = await runGatehouse([smtp], {
    backend,
    config$: merge(fileSource(file, { settle: 10 }), documents),
  });
  await running.event("reload.carriedOut");
  expect(running.gatehouse.listeners()).toMatchObject([{ maxConnections: 3 }]);
  await writeFile(file, "[");
  expect((await running.event("reload.rejected")).error.message).toContain("is not JSON");
  documents.next(parseDocument([{ ...smtp, maxConnections: 4 }]));
  await running.event("reload.carriedOut", ({ generation }) => generation === 3);
  expect(running.gatehouse.listeners()).toMatchObject([{ maxConnections: 4 }]);
});

test("a value with a member that parsed documents have is a document like any other", async () => {
  expect(() => createGatehouse({ config: { listeners: [smtp] } as never })).toThrow(/listeners: is not a known field/);
  const { gatehouse } = await runGatehouse([smtp], { backend });
  await expect(gatehouse.reload({ listeners: [] } as never)).rejects.toMatchObject({ code: "invalid-configuration" });
  const copied = { ...gatehouse.configuration };
  expect(await gatehouse.reload(copied)).toMatchObject({ plan: { isEmpty: true } });
});

test("documents of a source come into force in their order, however long reading one takes", async () => {
  const documents = new Subject<GivenConfiguration>();
  const running = await runGatehouse([smtp], { backend, config$: documents });
  const blocked = Array.from({ length: 3_000 }, (_, index) => ({ address: `10.0.${index >> 8}.${index & 255}` }));
  const withCap = (maxConnections: number) => ({ NetworkListener: [{ ...smtp, maxConnections }] });
  documents.next(JSON.stringify({ ...withCap(5), BlockedIp: blocked }));
  documents.next(withCap(6));
  await running.event("reload.carriedOut", ({ generation }) => generation === 3);
  expect(running.gatehouse.listeners()).toMatchObject([{ maxConnections: 6 }]);
  expect(running.gatehouse.configuration.blocked).toEqual([]);
});

test("a certificate whose files change is served within a second; older connections keep running", async () => {
  const directory = temporaryDirectory();
  const [first, second] = await Promise.all([
    issue({ names: ["first.example"] }),
    issue({ names: ["second.example"] }),
  ]);
  const files = { certificate: join(directory, "tls.crt"), privateKey: join(directory, "tls.key") };
  const write = async (pair: { certificate: string; privateKey: string }): Promise<void> => {
    await writeFile(files.certificate, pair.certificate);
    await writeFile(files.privateKey, pair.privateKey);
  };
  await write(first);
  const running = await runGatehouse(
    {
      Certificate: {
        main: {
          certificate: { "@type": "File", filePath: files.certificate },
          privateKey: { "@type": "File", filePath: files.privateKey },
        },
      },
      NetworkListener: [{ ...smtp, tlsImplicit: true }],
    },
    { backend },
  );
  const port = running.port("smtp");
  const names = (client: Awaited<ReturnType<typeof tlsClient>>) => client.socket.getPeerCertificate().subjectaltname;
  const old = await tlsClient({ port });
  expect(names(old)).toContain("first.example");
  await write(second);
  const changed = performance.now();
  await running.event("reload.carriedOut", ({ certificatesChanged }) => certificatesChanged);
  expect(names(await tlsClient({ port }))).toContain("second.example");
  expect(performance.now() - changed).toBeLessThan(1_000);
  await old.until("220 ");
  old.socket.write("NOOP\r\n");
  await old.until("250");
  expect(await readFile(files.certificate, "utf8")).toBe(second.certificate);
});

test("what there is to know of a certificate is told when it comes, and not with each reload of the same one", async () => {
  const document = async (names: readonly string[]) => {
    const { certificate, privateKey } = await issue({ names });
    return {
      Certificate: {
        main: {
          certificate: { "@type": "Text" as const, value: certificate },
          privateKey: { "@type": "Text" as const, secret: privateKey },
        },
      },
      NetworkListener: [{ ...smtp, tlsImplicit: true }],
    };
  };
  const [good, nameless] = await Promise.all([document(["mail.example"]), document([])]);
  const running = await runGatehouse(good, { backend });
  const warnings = () =>
    running.events.flatMap((event) => (event.type === "server.warning" ? [`${event.code}: ${event.text}`] : []));
  expect(warnings()).toEqual([]);

  const wanted = expect.stringContaining('Certificate "main" has no subject alternative name');
  expect((await running.gatehouse.reload(nameless)).warnings).toEqual([wanted]);
  expect(warnings()).toEqual([wanted]);
  expect((await running.gatehouse.reload(nameless)).warnings).toEqual([]);
  expect((await running.gatehouse.reload(good)).warnings).toEqual([]);
  expect(warnings()).toHaveLength(1);
});

test("a self-signed certificate is told of when a reload first needs one", async () => {
  const clear = { ...smtp, useTls: false };
  const running = await runGatehouse([clear], { backend });
  const warned = () => running.events.filter(({ type }) => type === "server.warning");
  const { warnings } = await running.gatehouse.reload([clear, { ...other, tlsImplicit: true }]);
  expect(warnings).toEqual([expect.stringContaining("a self-signed one")]);
  await running.gatehouse.reload([clear, { ...other, tlsImplicit: true, maxConnections: 7 }]);
  expect(warned()).toMatchObject([{ code: "self-signed-certificate" }]);
});

test("clients that come and go during many reloads are never refused, reset or failed where the address stays", async () => {
  const running = await runGatehouse([smtp, other], { backend });
  const { gatehouse } = running;
  const port = running.port("smtp");
  const over = new BehaviorSubject(false);
  let served = 0;
  const visit = async (): Promise<void> => {
    while (!over.value) {
      const client = await rawClient(port);
      await client.until("220 ");
      client.socket.write("EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
      await client.until("354 ");
      client.socket.write("hello\r\n.\r\nQUIT\r\n");
      await client.until("221 ");
      expect(client.received()).toMatch(/250 2\.0\.0/);
      client.socket.end();
      await client.end;
      served += 1;
    }
  };
  const visitors = Promise.all(Array.from({ length: 20 }, visit));
  const documents: NetworkListenerInput[][] = [
    [{ ...smtp, maxConnections: 500 }, other],
    [{ ...smtp, socketTtl: 33 }],
    [{ ...smtp, bind: ["127.0.0.1:0", "127.0.0.2:0"] }, other],
    [
      { ...smtp, tlsDisableProtocols: ["tls12"] },
      { ...other, protocol: "http" },
    ],
    [{ ...smtp, socketBacklog: 64 }, other],
  ];
  for (let round = 0; round < 48; round += 1) {
    await gatehouse.reload(documents[round % documents.length] ?? []);
    if (round % 6 === 0) await expect(gatehouse.reload([{ ...smtp, bind: ["203.0.113.1:25"] }])).rejects.toThrow();
  }
  over.next(true);
  await visitors;
  expect(served).toBeGreaterThan(20);
  await running.event("listener.closed", ({ listener }) => listener === "other");
  await expect.poll(() => gatehouse.connections()).toEqual([]);
  await expectNobodyInside(running);
});
