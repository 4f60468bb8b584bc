import { beforeEach, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import type { Backend } from "../../../src/index.ts";
import { type RunningGatehouse, runGatehouse } from "../../running-gatehouse.ts";
import { gone, rawClient, tlsClient } from "../raw-client.ts";

const document = {
  SystemSettings: { defaultHostname: "localhost", maxConnections: 50 },
  NetworkListener: [
    { name: "smtp", bind: ["127.0.0.1:0"], maxConnections: 1 },
    { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true },
    { name: "management", protocol: "http", bind: ["127.0.0.1:0"] },
  ],
};

interface Scrape {
  readonly contentType: string | null;
  readonly text: string;
  /** Of one sample, as it is written: `gatehouse_connections{listener="smtp",state="active"}`. */
  value(sample: string): number | undefined;
}

let clock: SimulatedClock;
beforeEach(() => {
  clock = new SimulatedClock();
});

/** A second later than the one before, so that it is not given the same. */
async function scrape(house: RunningGatehouse): Promise<Scrape> {
  clock.increment(1_000);
  const response = await fetch(`http://127.0.0.1:${house.port("management")}/metrics`, {
    headers: { connection: "close" },
  });
  const text = await response.text();
  const samples = new Map(
    text.split("\n").flatMap((line) => {
      const at = line.lastIndexOf(" ");
      return line.startsWith("#") || at < 0 ? [] : [[line.slice(0, at), Number(line.slice(at + 1))] as const];
    }),
  );
  return { contentType: response.headers.get("content-type"), text, value: (sample) => samples.get(sample) };
}

test("the metrics that are scraped over HTTP are those of what has happened", async () => {
  const house = await runGatehouse(document, { backend: {}, clock });
  const inside = await rawClient(house.port("smtp"));
  await inside.until("220 ");
  const refused = await rawClient(house.port("smtp"));
  await refused.end;

  const during = await scrape(house);
  expect(during.value('gatehouse_connections{listener="smtp",state="active"}')).toBe(1);
  expect(during.value('gatehouse_connections{listener="management",state="active"}')).toBe(1);
  expect(during.value('gatehouse_slots_taken{listener="smtp"}')).toBe(1);
  expect(during.value('gatehouse_slots_taken{listener=""}')).toBe(2);
  expect(during.value('gatehouse_slots_limit{listener="smtp"}')).toBe(1);
  expect(during.value('gatehouse_slots_limit{listener=""}')).toBe(50);

  inside.socket.write("QUIT\r\n");
  await inside.until("221 ");
  inside.socket.end();
  const quit = await house.event(
    "connection.closed",
    ({ cause, connection }) => cause === "quit" && connection.listener === "smtp",
  );
  const secured = await tlsClient({ port: house.port("submissions") });
  await secured.until("220 ");
  await gone(secured);
  const clear = await rawClient(house.port("submissions"));
  clear.socket.write("NOOP\r\n");
  await house.event("connection.closed", ({ cause }) => cause === "tls-failed");
  for (const client of [inside, refused, clear]) await gone(client);

  const after = await scrape(house);
  expect(after.value('gatehouse_connections{listener="smtp",state="active"}')).toBeUndefined();
  expect(after.value('gatehouse_slots_taken{listener="smtp"}')).toBe(0);
  expect(after.value('gatehouse_connections_accepted_total{listener="smtp"}')).toBe(1);
  expect(after.value('gatehouse_connections_refused_total{listener="smtp",rule="listener-cap"}')).toBe(1);
  expect(after.value('gatehouse_connections_closed_total{listener="smtp",cause="quit"}')).toBe(1);
  expect(after.value('gatehouse_connections_closed_total{listener="submissions",cause="tls-failed"}')).toBe(1);
  expect(after.value('gatehouse_bytes_read_total{listener="smtp"}')).toBe(quit.bytesRead);
  expect(after.value('gatehouse_bytes_written_total{listener="smtp"}')).toBe(quit.bytesWritten);
  expect(after.value('gatehouse_tls_handshake_seconds_count{listener="submissions"}')).toBe(1);
  expect(after.value('gatehouse_tls_handshake_failures_total{listener="submissions",reason="not-tls"}')).toBe(1);
});

test("messages and log-ins are counted by what came of them", async () => {
  const backend: Backend = {
    authenticate: ({ username }) => (username === "ann" ? { username, roles: [] } : null),
    recipient: () => undefined,
    wholeMessage: ({ content }) =>
      content.includes("spam") ? { code: 554, enhanced: "5.7.1", text: "No" } : undefined,
  };
  const house = await runGatehouse(document, { backend, clock });
  const client = await tlsClient({ port: house.port("submissions") });
  const message = (text: string) => `MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n${text}\r\n.\r\n`;
  const login = (name: string) => `AUTH PLAIN ${Buffer.from(`\0${name}\0x`).toString("base64")}\r\n`;
  client.socket.write(`EHLO client\r\n${message("ham")}${message("spam")}${message("ham")}${login("ann")}`);
  await client.until("235 ");
  const { value } = await scrape(house);
  expect(value('gatehouse_messages_total{listener="submissions",result="accepted"}')).toBe(2);
  expect(value('gatehouse_messages_total{listener="submissions",result="rejected"}')).toBe(1);
  expect(value('gatehouse_messages_total{listener="smtp",result="accepted"}')).toBeUndefined();
  expect(value('gatehouse_authentications_total{listener="submissions",result="accepted"}')).toBe(1);
  await gone(client);
});

test("every metric says what it is, and two servers count for themselves", async () => {
  const house = await runGatehouse(document, { backend: {}, clock });
  const other = await runGatehouse(document, { backend: {}, clock });
  const client = await rawClient(other.port("smtp"));
  await client.until("220 ");
  const { text, contentType, value } = await scrape(house);
  await gone(client);
  expect(contentType).toMatch(/^text\/plain/);
  const described = [...text.matchAll(/^# HELP (\S+) \S.+$/gm)].map(([, name]) => name);
  const typed = [...text.matchAll(/^# TYPE (\S+) (?:counter|gauge|histogram)$/gm)].map(([, name]) => name);
  expect(described).toEqual(typed);
  expect(described.length).toBeGreaterThanOrEqual(12);
  for (const name of described) expect(name).toMatch(/^gatehouse_/);
  expect(value('gatehouse_connections_accepted_total{listener="smtp"}')).toBeUndefined();
});

test("a listener that a reload has removed takes no slots, and has no cap", async () => {
  const house = await runGatehouse(document, { backend: {}, clock });
  const inside = await rawClient(house.port("smtp"));
  await inside.until("220 ");
  expect((await scrape(house)).value('gatehouse_slots_taken{listener="smtp"}')).toBe(1);
  const [, ...others] = document.NetworkListener;
  await house.gatehouse.reload({ ...document, NetworkListener: others });
  inside.socket.end();
  await house.event("listener.closed", ({ listener }) => listener === "smtp");

  const after = await scrape(house);
  expect(after.value('gatehouse_slots_taken{listener="smtp"}')).toBeUndefined();
  expect(after.value('gatehouse_slots_limit{listener="smtp"}')).toBeUndefined();
  await gone(inside);
});

test("a document that was rejected is told of until another one is in force", async () => {
  const house = await runGatehouse(document, { backend: {}, clock });
  expect((await scrape(house)).value("gatehouse_document_rejected")).toBe(0);
  await expect(house.gatehouse.reload({ ...document, NetworkListeners: [] } as never)).rejects.toThrow();
  expect((await scrape(house)).value("gatehouse_document_rejected")).toBe(1);
  await house.gatehouse.reload(document);
  expect((await scrape(house)).value("gatehouse_document_rejected")).toBe(0);
});

test("what the log has dropped is counted, and told of once it takes lines again", async () => {
  let flowing = (_lines: number): void => {};
  const output = {
    name: "log",
    dropped: 0,
    onFlowing: (listener: typeof flowing): void => {
      flowing = listener;
    },
  };
  const house = await runGatehouse(document, { backend: {}, outputs: [output] });
  output.dropped = 12;
  flowing(12);
  expect(await house.event("output.dropped")).toEqual({ type: "output.dropped", output: "log", lines: 12 });
  expect((await scrape(house)).value('gatehouse_output_lines_dropped_total{output="log"}')).toBe(12);
});
