import { expect, test } from "vitest";
import { parseAside } from "../../../src/config/document/parse-aside.ts";
import { ConfigurationError, parseDocument, planReload } from "../../../src/config/index.ts";

const address = (index: number): string => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

const certificate = {
  certificate: { "@type": "File", filePath: "a.pem" },
  privateKey: { "@type": "File", filePath: "b.pem" },
};

/** Of some hundred thousand characters: a thread reads it. */
function large(more: object = {}): string {
  return JSON.stringify(largeValue(more));
}

/** The same as a program gives it. */
function largeValue(more: object = {}): object {
  return {
    SystemSettings: { proxyTrustedNetworks: { "10.0.0.0/8": true }, defaultHostname: "mail.example.com" },
    Certificate: { main: certificate },
    Account: { "ann@example.com": { secret: { "@type": "Text", secret: "wonderland" }, roles: { admin: true } } },
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:25"], connectionRate: { count: 5, interval: "1h" } }],
    BlockedIp: Array.from({ length: 1_000 }, (_, index) => ({ address: address(index), reason: `the ${index}th` })),
    ...more,
  };
}

type Outcome = Awaited<ReturnType<typeof parseAside>> | Error;

function outcomeOf(parse: () => ReturnType<typeof parseAside>): Promise<Outcome> {
  return parse().catch((error: Error) => error);
}

/** Turns of the event loop; in one turn it would be none. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let next = setImmediate(function turn() {
    turns += 1;
    next = setImmediate(turn);
  });
  await work();
  clearImmediate(next);
  return turns;
}

test("a large document is read as a small one is, and so that no reload sees a difference", async () => {
  const options = { directory: "/etc/gatehouse" };
  const aside = await parseAside(large(), options);
  const here = parseDocument(large(), options);
  expect(aside).toStrictEqual(here);
  expect(planReload(here, aside).isEmpty).toBe(true);
  expect(await parseAside('{"NetworkListener": []}', options)).toStrictEqual(
    parseDocument('{"NetworkListener": []}', options),
  );
});

test("the mistakes of a large document are the same, each with its place", async () => {
  const wrong = large({ NetworkListenr: [], NetworkListener: [{ name: "smtp", bind: ["25"] }] });
  const options = { file: "/etc/gatehouse/gatehouse.json" };
  const errors = await Promise.all(
    [async () => parseDocument(wrong, options), () => parseAside(wrong, options)].map(outcomeOf),
  );
  expect(errors[0]).toBeInstanceOf(ConfigurationError);
  expect(errors[1]).toEqual(errors[0]);
  expect(errors[1]).toMatchObject({ issues: [{ line: 1 }, { line: 1 }], file: options.file });
});

test("what a program registered is known in the thread, too", async () => {
  const listeners = { NetworkListener: [{ name: "chat", protocol: "chat", bind: ["127.0.0.1:25"] }] };
  await expect(parseAside(large(listeners))).rejects.toThrow(/must be one of/);
  expect((await parseAside(large(listeners), { protocols: ["chat"] })).listeners).toHaveLength(1);
});

test("the event loop goes on while a large document is read, given as a text or as a value", async () => {
  expect(await turnsDuring(() => parseAside(large()))).toBeGreaterThan(10);
  expect(await turnsDuring(() => parseAside(largeValue()))).toBeGreaterThan(10);
});

test("a large value is read as a small one is, in its own order, and so are its mistakes", async () => {
  const options = { directory: "/etc/gatehouse" };
  const values = [
    largeValue(),
    largeValue({ Certificate: new Map(["2024", "2023"].map((id) => [id, certificate])) }),
    largeValue({ NetworkListener: [{ name: "smtp", bind: ["25"] }], NetworkListenr: [] }),
  ];
  for (const value of values) {
    const [aside, here] = [() => parseAside(value, options), async () => parseDocument(value, options)].map(outcomeOf);
    expect(await aside).toStrictEqual(await here);
  }
});

test.each([
  ["a function", () => ({ defaultHostname: () => "mail" })],
  ["a symbol", () => ({ defaultHostname: Symbol("mail") })],
  ["a value that contains itself", () => containingItself()],
  ["a proxy", () => new Proxy({ defaultHostname: "mail.example.com" }, {})],
  ["an accessor that throws", () => Object.defineProperty({}, "defaultHostname", { enumerable: true, get: fail })],
])("what no text can hold is read in a large value as in a small one: %s", async (_, settings) => {
  const value = largeValue({ SystemSettings: settings() });
  const [aside, here] = [() => parseAside(value), async () => parseDocument(value)].map(outcomeOf);
  expect(await aside).toStrictEqual(await here);
});

function containingItself(): object {
  const settings: Record<string, unknown> = {};
  return Object.assign(settings, { settings });
}

function fail(): never {
  throw new Error("This is nobody's business.");
}
