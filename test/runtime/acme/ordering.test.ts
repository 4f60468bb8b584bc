import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createGatehouse, type Gatehouse, type LifecycleEvent } from "../../../src/index.ts";
import { KeptOrders } from "../../../src/runtime/acme/kept-order.ts";
import { TestCalendar, type TestClock } from "../../../src/testing/index.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";
import { type AcmeFault, AcmeServer, provedByTls, type Resource } from "./acme-server.ts";

const domain = "mail.example.com";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface World {
  readonly gatehouse: Gatehouse;
  readonly clock: TestClock;
  readonly data: string;
  readonly events: readonly LifecycleEvent[];
  /** Resolves with the next of this type that comes. */
  next<Type extends LifecycleEvent["type"]>(type: Type): Promise<Extract<LifecycleEvent, { type: Type }>>;
  /** Resolves when the machine of the certificate is in this state. */
  reached(state: string): Promise<void>;
}

interface Wanted {
  readonly challenge?: "tls-alpn-01" | "http-01";
  readonly data?: string;
  readonly certificate?: {
    readonly eabKeyId?: string;
    readonly eabHmacKey?: { readonly "@type": "Text"; readonly secret: string };
  };
  readonly entered?: (state: string) => void;
}

async function started(
  acme: AcmeServer,
  { challenge = "tls-alpn-01", data = temporaryDirectory(), certificate, entered }: Wanted = {},
): Promise<World> {
  const clock = new TestCalendar(new Date());
  const waiting = new Map<string, () => void>();
  const gatehouse = createGatehouse({
    dataDirectory: data,
    backend: {},
    pressure: false,
    clock,
    inspect: (event) => {
      if (event.type !== "@xstate.snapshot" || !("value" in event.snapshot) || !isCertificate(event.actorRef)) return;
      const state = String(event.snapshot.value);
      entered?.(state);
      waiting.get(state)?.();
    },
    config: {
      SystemSettings: { defaultHostname: "localhost" },
      Certificate: {
        main: { "@type": "Acme", directory: acme.directory, domains: [domain], challenge, ...certificate },
      },
      NetworkListener: [
        { name: "smtps", protocol: "smtp", bind: ["127.0.0.1:0"], tlsImplicit: true },
        { name: "web", protocol: "http", bind: ["127.0.0.1:0"], useTls: false },
      ],
    },
  });
  const events: LifecycleEvent[] = [];
  gatehouse.lifecycle$.subscribe((event) => {
    events.push(event);
    if (event.type !== "listener.listening") return;
    const port = event.addresses[0]?.port ?? 0;
    if (event.listener === "smtps" && challenge === "tls-alpn-01") acme.ports.tls = port;
    if (event.listener === "web" && challenge === "http-01") acme.ports.http = port;
  });
  await gatehouse.start();
  onTestFinished(() => gatehouse.stop({ wait: false }));
  return {
    gatehouse,
    clock,
    data,
    events,
    next: (type) =>
      new Promise((resolve) => {
        const subscription = gatehouse.lifecycle$.subscribe((event) => {
          if (event.type !== type) return;
          subscription.unsubscribe();
          resolve(event as never);
        });
      }),
    reached: (state) =>
      new Promise((resolve) => {
        if (gatehouse.certificates()[0]?.acme?.state === state) resolve();
        else waiting.set(state, resolve);
      }),
  };
}

function isCertificate(actor: object): boolean {
  return "id" in actor && String(actor.id).startsWith("certificate:");
}

function servedBy({ gatehouse }: World): string {
  return gatehouse.certificates()[0]?.issuer ?? "";
}

const faults = (
  [
    ["a directory that is no JSON", "directory", "malformed", "acme-unreachable"],
    ["a directory that fails", "directory", { status: 503 }, "acme-unreachable"],
    ["an account that is refused", "newAccount", { status: 403, type: "unauthorized" }, "acme-refused"],
    ["too many orders", "newOrder", { status: 429, type: "rateLimited" }, "acme-rate-limited"],
    ["an order that is no JSON", "newOrder", "malformed", "acme-unreachable"],
    ["a proof that is not seen", "challenge", "unseen", "acme-challenge-failed"],
    ["a request that fails", "finalize", { status: 500 }, "acme-unreachable"],
    ["a certificate for another key", "finalize", "wrong key", "acme-unusable-certificate"],
    ["a certificate for another name", "finalize", "wrong name", "acme-unusable-certificate"],
    ["a certificate that is no PEM", "certificate", "malformed", "acme-unusable-certificate"],
  ] satisfies [string, Resource, AcmeFault, string][]
).map(([what, resource, fault, code]) => ({ what, resource, fault, code }));

test.each(faults)("after $what it is tried again in a minute, and issued", async ({ resource, fault, code }) => {
  const acme = await AcmeServer.start();
  acme.fail(resource, fault);
  const world = await started(acme);
  await world.reached("failing");
  expect(world.events.filter(({ type }) => type === "certificate.orderFailed")).toMatchObject([
    { certificate: "main", failures: 1, error: { code } },
  ]);
  expect(servedBy(world)).toContain("localhost");
  world.clock.leap(47_000);
  expect(world.gatehouse.certificates()[0]?.acme?.state).toBe("failing");
  const issued = world.next("certificate.issued");
  world.clock.leap(26_000);
  await issued;
  expect(servedBy(world)).toContain("Authority of the tests");
  expect(acme.accounts.size).toBe(1);
});

test("a nonce that is refused is replaced at once", async () => {
  const acme = await AcmeServer.start();
  acme.fail("newOrder", { status: 400, type: "badNonce" }, { status: 400, type: "badNonce" });
  const world = await started(acme);
  await world.reached("waiting");
  expect(world.events.some(({ type }) => type === "certificate.orderFailed")).toBe(false);
});

test("Retry-After is obeyed, also after a restart", async () => {
  const acme = await AcmeServer.start();
  acme.fail("newOrder", { status: 429, type: "rateLimited", retryAfter: "600" });
  const first = await started(acme);
  await first.reached("failing");
  first.clock.leap(540_000);
  expect(first.gatehouse.certificates()[0]?.acme?.state).toBe("failing");
  await expect.poll(() => readFileSync(join(first.data, "acme/main.json"), "utf8")).toContain('"failures":1');
  await first.gatehouse.stop({ wait: false });
  const second = await started(acme, { data: first.data });
  await second.reached("failing");
  second.clock.leap(300_000);
  expect(second.gatehouse.certificates()[0]?.acme?.state).toBe("failing");
  second.clock.leap(300_000);
  await second.reached("waiting");
  expect(acme.orders.size).toBe(1);
});

test.each(["newOrder", "challenge", "certificate"] as const)(
  "an authority that hangs at %s is given up in time",
  async (resource) => {
    const acme = await AcmeServer.start();
    acme.fail(resource, "hang");
    const hung = { newOrder: "ordering", challenge: "validating", certificate: "finalizing" }[resource];
    const world = await started(acme);
    await world.reached(hung);
    world.clock.leap(hung === "ordering" ? 60_000 : 5 * 60_000);
    await world.reached("failing");
    expect(world.events.find(({ type }) => type === "certificate.orderFailed")).toMatchObject({
      error: { code: "acme-timeout" },
    });
  },
);

test("http-01 is answered for the domain's Host alone, and only while it is proved", async () => {
  const acme = await AcmeServer.start();
  // The authority has looked, and its answer does not come: the domain is still being proved.
  const { promise: seen, resolve: look } = Promise.withResolvers<string>();
  acme.beforeLook = async (token) => {
    look(token);
    await released;
  };
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const world = await started(acme, { challenge: "http-01" });
  const token = await seen;
  const { port = 0 } = world.gatehouse.listeners()[1]?.addresses[0] ?? {};
  const statusFor = async (host: string, name = token): Promise<number | undefined> => {
    const path = `/.well-known/acme-challenge/${name}`;
    const [answer] = await once(request({ port, host: "127.0.0.1", path, headers: { Host: host } }).end(), "response");
    answer.resume();
    return answer.statusCode;
  };
  for (const host of [domain, `${domain}:80`, domain.toUpperCase(), `${domain}.`])
    expect(await statusFor(host), host).toBe(200);
  for (const host of ["other.example.com", `www.${domain}`, "example.com", "127.0.0.1", `127.0.0.1:${port}`])
    expect(await statusFor(host), host).toBe(404);
  expect(await statusFor(domain, "another-token")).toBe(404);
  release();
  await world.reached("waiting");
  expect(servedBy(world)).toContain("Authority of the tests");
  expect(await statusFor(domain)).toBe(404);
});

test("acme-tls/1 is refused when nothing is being proved", async () => {
  const acme = await AcmeServer.start();
  const world = await started(acme);
  await world.reached("waiting");
  expect(await provedByTls({ domain, port: acme.ports.tls, expected: "" })).toBe(false);
  expect(world.events.at(-1)).not.toMatchObject({ type: "connection.secured" });
});

/** The folder as it is at the moment at which a process is killed in this state. */
test.each(["ordering", "validating", "finalizing", "issued", "waiting"])(
  "a process that is killed while %s leaves nothing behind that the next one does not finish",
  async (state) => {
    const acme = await AcmeServer.start();
    const copy = temporaryDirectory();
    let isCopied = false;
    const world = await started(acme, {
      entered(now) {
        if (now !== state || isCopied) return;
        isCopied = true;
        cpSync(world0(), copy, { recursive: true, filter: (file) => !file.endsWith(".sock") });
      },
      data: dataOf(),
    });
    await world.reached("waiting");
    const before = acme.orders.size;
    await world.gatehouse.stop({ wait: false });
    const next = await started(acme, { data: copy });
    await next.reached("waiting");
    expect(servedBy(next)).toContain("Authority of the tests");
    // The key of the account was not on disk yet.
    expect(acme.accounts.size).toBe(state === "ordering" ? 2 : 1);
    expect(acme.orders.size).toBe(state === "ordering" ? before + 1 : before);
  },
);

let folder = "";
function dataOf(): string {
  folder = temporaryDirectory();
  return folder;
}
function world0(): string {
  return folder;
}

test("keys are readable by their owner alone, and in no event, status or log", async () => {
  const acme = await AcmeServer.start();
  const world = await started(acme);
  await world.reached("waiting");
  const files = readdirSync(join(world.data, "acme"), { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(pem|json)$/.test(file),
  );
  expect(files.toSorted()).toMatchObject([expect.stringMatching(/^accounts\/\w+\.json$/), "main.json", "main.pem"]);
  for (const file of files) expect(statSync(join(world.data, "acme", file)).mode & 0o777).toBe(0o600);
  const key = readFileSync(join(world.data, "acme/main.pem"), "utf8").split("\n")[1] ?? "";
  expect(key.length).toBeGreaterThan(40);
  expect(JSON.stringify([world.events, world.gatehouse.certificates()])).not.toContain(key);
});

test("a failure is on disk when a server that was stopped over it has stopped", async () => {
  const acme = await AcmeServer.start();
  acme.fail("newOrder", { status: 503 });
  const stopped = Promise.withResolvers<void>();
  const world = await started(acme, {
    entered: (state) => {
      if (state === "failing") setImmediate(() => stopped.resolve(world.gatehouse.stop({ wait: false })));
    },
  });
  await stopped.promise;
  expect(readdirSync(join(world.data, "acme")).toSorted()).toEqual(["accounts", "main.json"]);
  expect(JSON.parse(readFileSync(join(world.data, "acme/main.json"), "utf8"))).toMatchObject({ failures: 1 });
});

test("what is being written when the server ends is whole, and nothing is written after that", async () => {
  const data = temporaryDirectory();
  const kept = new KeptOrders(data);
  const all = Promise.all(["main", "other"].map((id) => kept.writeIssued(id, "a key and a chain")));
  await kept.close();
  expect(readdirSync(join(data, "acme")).toSorted()).toEqual(["main.pem", "other.pem"]);
  await all;
  await expect(kept.writeIssued("main", "a key and a chain")).rejects.toMatchObject({ code: "acme-files" });
});

test("another one is ordered after two thirds of the lifetime, and replaces the first without a reload", async () => {
  const acme = await AcmeServer.start();
  acme.validity = { from: -600_000, to: 1_200_000 };
  const world = await started(acme);
  await world.reached("waiting");
  const key = () => readFileSync(join(world.data, "acme/main.pem"), "utf8");
  const first = key();
  world.clock.leap(590_000);
  expect(acme.orders.size).toBe(1);
  const issued = world.next("certificate.issued");
  world.clock.leap(20_000);
  await issued;
  expect(acme.orders.size).toBe(2);
  expect(key()).not.toBe(first);
  expect(world.gatehouse.generation).toBe(1);
});

test("another one is ordered when the authority suggests it, and says what it replaces", async () => {
  const acme = await AcmeServer.start();
  const past = new Date(Date.now() - DAY).toISOString();
  acme.suggested = { start: past, end: new Date(Date.now() - HOUR).toISOString() };
  acme.validity = { from: -1_000, to: 1_800_000 };
  const world = await started(acme);
  await world.reached("waiting");
  const issued = world.next("certificate.issued");
  world.clock.leap(610_000);
  await issued;
  const [first, second] = [...acme.orders.values()];
  expect([first?.replaces, second?.replaces]).toEqual([undefined, expect.stringMatching(/^[\w-]+\.[\w-]+$/)]);
});

test("an account is bound to one that was made elsewhere, once", async () => {
  const acme = await AcmeServer.start();
  const key = randomBytes(32);
  acme.external.set("kid-1", key);
  const certificate = {
    eabKeyId: "kid-1",
    eabHmacKey: { "@type": "Text", secret: key.toString("base64url") },
  } as const;
  const world = await started(acme, { certificate });
  await world.reached("waiting");
  expect(servedBy(world)).toContain("Authority of the tests");
  await world.gatehouse.stop({ wait: false });
  // The same account, also when its certificate is not there any more.
  rmSync(join(world.data, "acme/main.pem"));
  const next = await started(acme, { data: world.data, certificate });
  await next.reached("waiting");
  expect(acme.accounts.size).toBe(1);
  expect(JSON.stringify([world.events, world.gatehouse.certificates()])).not.toContain(key.toString("base64url"));
});

test.each([
  ["without one", {}, "eabKeyId"],
  [
    "with a key that is no base64url",
    { eabKeyId: "kid-1", eabHmacKey: { "@type": "Text", secret: "no key!" } as const },
    "base64url",
  ],
])("an authority that wants an account made elsewhere is not asked %s", async (_, certificate, words) => {
  const acme = await AcmeServer.start();
  acme.external.set("kid-1", randomBytes(32));
  const world = await started(acme, { certificate });
  await world.reached("failing");
  expect(world.events.find(({ type }) => type === "certificate.orderFailed")).toMatchObject({
    error: { code: "acme-external-account", message: expect.stringContaining(words) },
  });
});
