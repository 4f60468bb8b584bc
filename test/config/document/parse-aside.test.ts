import { expect, test } from "vitest";
import { parseAside } from "../../../src/config/document/parse-aside.ts";
import { ConfigurationError, parseDocument, planReload } from "../../../src/config/index.ts";

const address = (index: number): string => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

/** Of some hundred thousand characters: a thread reads it. */
function large(more: object = {}): string {
  return JSON.stringify({
    SystemSettings: { proxyTrustedNetworks: { "10.0.0.0/8": true }, defaultHostname: "mail.example.com" },
    Certificate: {
      main: { certificate: { "@type": "File", filePath: "a.pem" }, privateKey: { "@type": "File", filePath: "b.pem" } },
    },
    Account: { "ann@example.com": { secret: { "@type": "Text", secret: "wonderland" }, roles: { admin: true } } },
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:25"], connectionRate: { count: 5, interval: "1h" } }],
    BlockedIp: Array.from({ length: 1_000 }, (_, index) => ({ address: address(index), reason: `the ${index}th` })),
    ...more,
  });
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
    [async () => parseDocument(wrong, options), () => parseAside(wrong, options)].map((parse) =>
      parse().then(
        () => null,
        (error: unknown) => error,
      ),
    ),
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

test("the event loop goes on while a large document is read", async () => {
  let turns = 0;
  let next = setImmediate(function turn() {
    turns += 1;
    next = setImmediate(turn);
  });
  await parseAside(large());
  clearImmediate(next);
  // In one turn it would be none.
  expect(turns).toBeGreaterThan(10);
});
