/** The lines that are put together without pino. */
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
import { Lifecycle, type LifecycleEvent } from "../../../src/runtime/observe/lifecycle.ts";
import { logLifecycle } from "../../../src/runtime/observe/log.ts";
import { withPreparedLines } from "../../../src/runtime/observe/prepared-lines.ts";

const words = string({ unit: "binary" });
const name = option(words, { nil: null });
const duration = option(double({ min: 0, max: 1e9, noNaN: true }), { nil: null });
const peer = record({
  address: option(words, { nil: "192.0.2.1" }),
  port: integer({ min: 0, max: 65_535 }),
  process: option(record({ pid: integer(), uid: integer(), gid: integer() }), { nil: undefined }),
});
const client = option(record({ verified: constant(false), error: words }) as Arbitrary<object>, { nil: null });
const connection = record({
  id: words,
  listener: words,
  generation: integer({ min: 1 }),
  peer,
  local: constant({ address: "192.0.2.2", port: 25 }),
  proxy: option(record({ peer, tlvs: constant([]) }), { nil: null }),
  tls: option(record({ version: words, cipherSuite: words, serverName: name, alpn: name, group: name, client }), {
    nil: null,
  }),
});
const worker = option(integer({ min: 1, max: 64 }), { nil: undefined });
const closed = record({
  type: constant("connection.closed"),
  connection,
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
  worker,
}) as unknown as Arbitrary<LifecycleEvent>;
const accepted = record(
  {
    type: constant("session.messageAccepted"),
    connection,
    size: integer({ min: 0 }),
    recipients: integer({ min: 1 }),
    worker: integer({ min: 1, max: 64 }),
  },
  { requiredKeys: ["type", "connection", "size", "recipients"] },
) as unknown as Arbitrary<LifecycleEvent>;

/** A logger, and what was written last, without the time. */
function logged(prepared: boolean) {
  let line = "";
  const destination = {
    write: (text: string) => {
      line = text;
    },
  };
  const made = (to: DestinationStream) => pino({ level: "info" }, to);
  const logger = prepared ? withPreparedLines(made, destination) : made(destination);
  const lifecycle = new Lifecycle();
  logLifecycle(lifecycle, logger);
  const of = (event: LifecycleEvent): string => {
    line = "";
    lifecycle.emit(event);
    return line.replace(/"time":\d+/, '"time":0');
  };
  return { logger, of };
}

describe.each([
  ["of an ended connection", closed, '"msg":"connection closed"'],
  ["of an accepted message", accepted, '"msg":"message accepted"'],
])("the line %s", (_, events, text) => {
  test("is pino's own, whatever stands in it", () => {
    const [ours, pinos] = [logged(true), logged(false)];
    const same = property(events, (event) => {
      expect(ours.of(event)).toBe(pinos.of(event));
    });
    assert(same, { numRuns: 1_000 });
  });

  test("is written while the logger's level lets it through", () => {
    const { logger, of } = logged(true);
    const [event] = sample(events, 1) as [LifecycleEvent];
    logger.level = "warn";
    expect(of(event)).toBe("");
    logger.level = "info";
    expect(of(event)).toContain(text);
  });
});
