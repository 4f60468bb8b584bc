/** What programs in JavaScript, or with a cast, give by mistake: each is refused at once, and by its name. */
import { expect, test } from "vitest";
import {
  createGatehouse,
  defineProtocol,
  type GatehouseOptions,
  http,
  imap,
  type ProtocolDefinition,
  smtp,
} from "../../src/index.ts";

const own = defineProtocol({ name: "own", open: () => ({ receive: () => undefined }) });
const config = [{ name: "own", protocol: "own", bind: ["127.0.0.1:0"], useTls: false }];
const made = (options: object) => () => createGatehouse({ config, protocols: [own], ...options } as GatehouseOptions);

test.each([
  ["a misspelt option", { protocol: [own] }, /The option protocol of createGatehouse\(\) must be spelt "protocols"\./],
  [
    "an option of another library",
    { onConnect: () => {} },
    /onConnect .*must be left out; there are config, protocols/,
  ],
  ["a document that was not awaited", { config: Promise.resolve(config) }, /config .*await it/],
  ["inherited sockets that were not awaited", { inheritedSockets: Promise.resolve() }, /inheritedSockets .*await it/],
  ["one protocol in place of an array", { protocols: own }, /protocols .*an array/],
  ["a protocol that nothing has made", { protocols: [{ name: "own" }] }, /protocols .*defineProtocol/],
  ["a backend that is a function", { backend: { recipient: 550 } }, /backend .*recipient/],
  ["one rule in place of an array", { admission: () => null }, /admission .*an array/],
  ["the console for a logger", { logger: console }, /logger .*a pino logger/],
  ["a number for onBound", { onBound: 5 }, /onBound .*a function/],
  ["half a clock", { clock: { now: () => 0 } }, /clock .*clearTimeout/],
  ["a number of workers", { protocols: undefined, workers: 4 }, /workers .*\{ count: 4 \}/],
  ["less than one worker", { workers: { count: -1 } }, /workers\.count .*integer of at least 1/],
])("createGatehouse() refuses %s", (_what, options, message) => {
  expect(made(options)).toThrow(
    expect.objectContaining({ code: "gatehouse-option-invalid", message: expect.stringMatching(message) }),
  );
});

test.each([
  ["no name", { name: undefined }, /The option name of defineProtocol\(\) must be a word/],
  ["a name of two words", { name: "a b" }, /name of a b\(\) must be a word without spaces/],
  ["neither form", { open: undefined }, /open or talk .*one of the two alone/],
  ["both forms", { talk: async function* () {} }, /open or talk .*one of the two alone/],
  ["a time in words", { idleTimeout: "5m" }, /idleTimeout of own\(\) must be a number of milliseconds/],
  ["a time that never comes", { sessionTimeout: Number.POSITIVE_INFINITY }, /sessionTimeout .*null for no limit/],
  ["a misspelt option", { idleTimout: 5 }, /idleTimout of own\(\) must be spelt "idleTimeout"/],
  ["a misspelt option of its input", { input: { longestLines: 5 } }, /input\.longestLines .*spelt "longestLine"/],
])("defineProtocol() refuses %s", (_what, parts, message) => {
  const definition = { name: "own", open: () => ({ receive: () => undefined }), ...parts };
  expect(() => defineProtocol(definition as unknown as ProtocolDefinition)).toThrow(
    expect.objectContaining({ code: "protocol-option-invalid", message: expect.stringMatching(message) }),
  );
});

test("a definition may be an object of a class, with members of its own", () => {
  class Counting {
    name = "counting";
    connections = 0;
    open() {
      this.connections += 1;
      return { receive: () => undefined };
    }
  }
  expect(defineProtocol(new Counting()).name).toBe("counting");
});

test.each([
  [
    "a misspelt option of http()",
    () => http({ fetch: () => new Response(), headerTimeout: 5 } as never),
    /spelt "headersTimeout"/,
  ],
  [
    "a negative time of http()",
    () => http({ fetch: () => new Response(), headersTimeout: -5 }),
    /integer of at least 0/,
  ],
  ["smtp() without a backend", () => smtp({} as never), /backend of smtp\(\) must be an object/],
  ["a misspelt option of smtp()", () => smtp({ backend: {}, messagesize: 5 } as never), /spelt "messageSize"/],
  ["imap() without mailboxes", () => imap({ backend: {} } as never), /mailboxes of imap\(\) must be an object/],
])("%s is refused", (_what, make, message) => {
  expect(make).toThrow(
    expect.objectContaining({ code: "protocol-option-invalid", message: expect.stringMatching(message) }),
  );
});
