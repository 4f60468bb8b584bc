/** The line that is put together without pino. */
import {
  type Arbitrary,
  assert,
  constant,
  double,
  integer,
  option,
  property,
  record,
  sample,
  string,
} from "fast-check";
import { type DestinationStream, pino } from "pino";
import { describe, expect, test } from "vitest";
import { withClosedLines } from "../../../src/runtime/observe/closed-line.ts";
import { Lifecycle, type LifecycleEvent } from "../../../src/runtime/observe/lifecycle.ts";
import { logLifecycle } from "../../../src/runtime/observe/log.ts";

const words = string({ unit: "binary" });
const name = option(words, { nil: null });
const duration = option(double({ min: 0, max: 1e9, noNaN: true }), { nil: null });
const peer = record({
  address: option(words, { nil: "192.0.2.1" }),
  port: integer({ min: 0, max: 65_535 }),
  process: option(record({ pid: integer(), uid: integer(), gid: integer() }), { nil: undefined }),
});
const client = option(record({ verified: constant(false), error: words }) as Arbitrary<object>, { nil: null });
const closed = record({
  type: constant("connection.closed"),
  connection: record({
    id: words,
    listener: words,
    generation: integer({ min: 1 }),
    peer,
    local: constant({ address: "192.0.2.2", port: 25 }),
    proxy: option(record({ peer, tlvs: constant([]) }), { nil: null }),
    tls: option(record({ version: words, cipherSuite: words, serverName: name, alpn: name, group: name, client }), {
      nil: null,
    }),
  }),
  cause: words,
  durations: record({
    proxyHeader: duration,
    admission: duration,
    handshake: duration,
    session: duration,
    closing: duration,
    total: double({ min: 0, max: 1e9, noNaN: true }),
  }),
  bytesRead: integer({ min: 0 }),
  bytesWritten: integer({ min: 0 }),
  worker: option(integer({ min: 1, max: 64 }), { nil: undefined }),
}) as unknown as Arbitrary<LifecycleEvent>;

/** A logger, and what was written last, without the time. */
function logged(prepared: boolean) {
  let line = "";
  const destination = {
    write: (text: string) => {
      line = text;
    },
  };
  const made = (to: DestinationStream) => pino({ level: "info" }, to);
  const logger = prepared ? withClosedLines(made, destination) : made(destination);
  const lifecycle = new Lifecycle();
  logLifecycle(lifecycle, logger);
  const of = (event: LifecycleEvent): string => {
    line = "";
    lifecycle.emit(event);
    return line.replace(/"time":\d+/, '"time":0');
  };
  return { logger, of };
}

describe("the line of an ended connection", () => {
  test("is pino's own, whatever stands in it", () => {
    const [ours, pinos] = [logged(true), logged(false)];
    const same = property(closed, (event) => {
      expect(ours.of(event)).toBe(pinos.of(event));
    });
    assert(same, { numRuns: 1_000 });
  });

  test("is written while the logger's level lets it through", () => {
    const { logger, of } = logged(true);
    const [event] = sample(closed, 1) as [LifecycleEvent];
    logger.level = "warn";
    expect(of(event)).toBe("");
    logger.level = "info";
    expect(of(event)).toContain('"msg":"connection closed"');
  });
});
