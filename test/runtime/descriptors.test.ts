/** A server that runs out of file descriptors, under a limit that is really reached. */
import { describe, expect, test } from "vitest";
import { DescriptorReserve, lacksDescriptors } from "../../src/runtime/sockets/descriptor-reserve.ts";
import { asPackage } from "../bundled-command.ts";
import { installed } from "../real/programs.ts";
import { gone, type RawClient, rawClient } from "./raw-client.ts";
import { type TalkingChild, talkingChild } from "./talking-child.ts";
import { visitors } from "./visitors.ts";

const program = new URL("children/scarce-descriptors.ts", import.meta.url).pathname;
const limit = 128;

interface ScarceServer extends TalkingChild {
  readonly smtp: number;
  readonly http: number;
}

async function scarceServer(...options: string[]): Promise<ScarceServer> {
  const child = talkingChild("prlimit", [
    `--nofile=${limit}:${limit}`,
    process.execPath,
    ...asPackage,
    program,
    ...options,
  ]);
  const [smtp = 0, http = 0] = (await child.until("ready"))["ports"] as number[];
  return { ...child, smtp, http };
}

async function speaks(client: RawClient): Promise<void> {
  client.socket.write("HELP\r\n");
  await client.until("214 ");
}

describe.skipIf(!installed("prlimit"))("a server under a limit of 128 open files", () => {
  test("that has none left pauses, goes on with its connections, and accepts again when there are some", async () => {
    const server = await scarceServer("--simulated");
    const smtp = (type: string) => server.said(type).filter(({ listener }) => listener === "smtp");
    const established = await rawClient(server.smtp);
    await established.until("220 ");
    await server.tell("hog", "hogged");
    await server.tell("tick 500", "ticked");
    expect(server.said("listener.paused")).toMatchObject([
      { listener: "smtp", reason: "no-descriptors" },
      { listener: "http", reason: "no-descriptors" },
    ]);
    const waiting = await Promise.all([1, 2, 3].map(() => rawClient(server.smtp)));
    for (const milliseconds of [100, 200, 400, 800])
      expect(await server.tell(`tick ${milliseconds}`, "ticked")).toMatchObject({ listener: "paused" });
    await speaks(established);
    // It opens with what the pause itself has freed.
    expect(server.said("listener.resumed")).toMatchObject([{ listener: "http" }]);
    expect(waiting.map((client) => client.received())).toEqual(["", "", ""]);

    await server.tell("free", "freed");
    await server.tell("tick 1599", "ticked");
    expect(smtp("listener.resumed")).toEqual([]);
    await server.tell("tick 1", "ticked");
    await server.until("listener.resumed", 2);
    expect(smtp("listener.resumed")).toHaveLength(1);
    for (const client of waiting) await client.until("220 ");
    expect(smtp("listener.paused")).toHaveLength(1);
    expect(server.said("listener.warning")).toEqual([]);
    expect(server.said("listener.failed")).toEqual([]);
    for (const client of [established, ...waiting]) await gone(client);
  });

  test("that is about to run out pauses before it does: of 400 clients none is lost, and the management endpoint answers", async () => {
    const server = await scarceServer();
    const crowd = visitors(server.smtp, 400, 100);
    expect(await server.until("listener.paused")).toMatchObject({ listener: "smtp", reason: "no-descriptors" });
    const management = await rawClient(server.http);
    management.socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await management.until('gatehouse_listener_pauses_total{listener="smtp",reason="no-descriptors"} ');
    expect(await crowd.heard).toEqual({ "220 221": 400 });
    await server.until("listener.resumed", server.said("listener.paused").length);
    await gone(management);
  });
});

test("descriptors are not looked for while connections take less than half of the limit", () => {
  const reserve = new DescriptorReserve({ limit: 100 });
  expect(Array.from({ length: 20 }, () => reserve.runsOut(49))).not.toContain(true);
  expect(reserve.spare()).toBe(24);
});

test("a shortage of descriptors is told from other errors, alone and among several", () => {
  const error = (code: string) => Object.assign(new Error("no"), { code });
  expect(["EMFILE", "ENFILE", "ECONNABORTED"].map((code) => lacksDescriptors(error(code)))).toEqual([
    true,
    true,
    false,
  ]);
  expect(lacksDescriptors(new AggregateError([error("EACCES"), new AggregateError([error("EMFILE")])]))).toBe(true);
  expect([null, "EMFILE", new Error("EMFILE")].map(lacksDescriptors)).toEqual([false, false, false]);
});
