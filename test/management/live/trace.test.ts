import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { type RecordingLine, replayRecording } from "../../../src/inspect/index.ts";
import { type Managed, managed } from "../managed.ts";
import { type OpenStream, openStream } from "./streams.ts";

const smtp = { name: "smtp", protocol: "smtp", bind: ["127.0.0.1:0"] };

async function client(house: Managed) {
  const socket = connect(house.port("smtp"), "127.0.0.1");
  socket.setEncoding("latin1");
  await once(socket, "data");
  return socket;
}

/** All lines up to the end of what is traced. */
async function linesOf(stream: OpenStream): Promise<RecordingLine[]> {
  const lines: RecordingLine[] = [];
  for (;;) {
    const event = await stream.next("trace");
    if (event === null) return lines;
    lines.push(...(event.data as RecordingLine[]));
  }
}

async function replayed(lines: readonly RecordingLine[]) {
  const header: RecordingLine = { type: "recording", version: 1 };
  return replayRecording([header, ...lines].map((line) => JSON.stringify(line)));
}

test("the next connection of a listener is traced to its end, as a recording that replays", async () => {
  const house = await managed({ NetworkListener: [smtp] });
  const stream = await openStream(house, "trace=next&listener=smtp");
  const socket = await client(house);
  // The one after it is not traced.
  const other = await client(house);
  socket.write("EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nQUIT\r\n");
  const lines = await linesOf(stream);
  other.destroy();
  const { actors, differences } = await replayed(lines);
  expect(actors.map(({ chart }) => chart)).toEqual(["connection", "smtp"]);
  expect(differences).toBe(0);
  expect(actors[0]?.steps.map(({ state }) => state)).toEqual(["accepted", "active", "closed"]);
  const octets = lines.flatMap((line) => ("bytesRead" in line ? [line.bytesRead ?? 0] : []));
  expect(octets).toEqual(octets.toSorted((a, b) => a - b));
  expect(octets.at(-1)).toBe(57);
});

test("a connection that is there already is traced from where it is", async () => {
  const house = await managed({ NetworkListener: [smtp] });
  const socket = await client(house);
  socket.write("EHLO client.example\r\n");
  await once(socket, "data");
  const [{ id = "" } = {}] = house.gatehouse.connections().filter(({ listener }) => listener === "smtp");
  const stream = await openStream(house, `trace=connection&id=${id}`);
  const second = await openStream(house, `trace=connection&id=${id}`);
  socket.write("MAIL FROM:<a@client.example>\r\nQUIT\r\n");
  const lines = await linesOf(stream);
  // Another who watches it as well gets the same.
  expect(await linesOf(second)).toHaveLength(lines.length);
  const { actors, differences } = await replayed(lines);
  expect(differences).toBe(0);
  expect(actors.map(({ chart, steps }) => [chart, steps.at(-1)?.status])).toEqual([
    ["connection", "done"],
    ["smtp", "done"],
  ]);
  expect((await openStream(house, `trace=connection&id=${id}`).then((gone) => gone.next("traced")))?.data).toEqual({
    reason: "gone",
  });
});

test("the next that fails is shown from its beginning, and those that end as they should are not", async () => {
  const house = await managed({ NetworkListener: [smtp] });
  const stream = await openStream(house, "trace=failing");
  const regular = await client(house);
  regular.write("QUIT\r\n");
  await once(regular, "close");
  const failing = await client(house);
  failing.end();
  await once(failing, "close");
  const { actors, differences } = await replayed(await linesOf(stream));
  expect(differences).toBe(0);
  const [{ steps = [] } = {}] = actors;
  expect(steps[0]?.state).toBe("accepted");
  expect(JSON.stringify(steps.at(-1)?.event)).toContain("peer-ended");
});

test("a sample goes on, and what passes by holds no secret", async () => {
  const house = await managed({ NetworkListener: [{ ...smtp, tlsImplicit: false }] });
  const stream = await openStream(house, "trace=sample&listener=smtp&oneIn=2");
  for (let count = 0; count < 4; count += 1) {
    const socket = await client(house);
    socket.write(`EHLO client.example\r\nAUTH PLAIN ${Buffer.from("\0ann\0hunter2").toString("base64")}\r\nQUIT\r\n`);
    await once(socket, "close");
  }
  const lines: RecordingLine[] = [];
  const isEnd = (line: RecordingLine) => line.type === "snapshot" && line.snapshot.status === "done";
  while (lines.filter(isEnd).length < 4) lines.push(...(((await stream.next("trace"))?.data ?? []) as RecordingLine[]));
  expect(lines.filter(({ type }) => type === "actor")).toHaveLength(4);
  expect(JSON.stringify(lines)).not.toMatch(/hunter2|client\.example|AGFubg/);
});

test("connections of several workers are traced as those of one are: by id, the next one, the next that fails", async () => {
  const house = await managed({ NetworkListener: [smtp], SystemSettings: { workers: 2 } });
  const first = await client(house);
  const [{ id = "" } = {}] = house.gatehouse.connections().filter(({ listener }) => listener === "smtp");
  const open = await openStream(house, `trace=connection&id=${id}`);
  const next = await openStream(house, "trace=next&listener=smtp");
  const failing = await openStream(house, "trace=failing");
  const second = await client(house);
  second.end();
  const failed = await replayed(await linesOf(failing));
  expect(JSON.stringify(failed.actors[0]?.steps.at(-1)?.event)).toContain("peer-ended");
  const nextOne = await replayed(await linesOf(next));
  expect(nextOne.actors.map(({ chart }) => chart)).toEqual(["connection", "smtp"]);
  expect(nextOne.actors[0]?.steps[0]?.state).toBe("accepted");
  first.write("EHLO client.example\r\nQUIT\r\n");
  const lines = await linesOf(open);
  expect(lines).toContainEqual(expect.objectContaining({ name: `smtp:${id}`, late: true, worker: expect.any(Number) }));
  const { actors, differences } = await replayed(lines);
  expect(actors.map(({ chart, steps }) => [chart, steps.at(-1)?.status])).toEqual([
    ["connection", "done"],
    ["smtp", "done"],
  ]);
  expect([differences, nextOne.differences, failed.differences]).toEqual([0, 0, 0]);
  for (const unknown of [id, "nobody"]) {
    const gone = await openStream(house, `trace=connection&id=${unknown}`);
    expect((await gone.next("traced"))?.data).toEqual({ reason: "gone" });
  }
});
