/** What every session protocol has to do, whatever its words are: over real sockets, with time that the test moves. */
import { array, assert, asyncProperty, constantFrom, oneof, uint8Array } from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import type { Backend, EndCause } from "../../../src/index.ts";
import type { Mailboxes } from "../../../src/protocols/mailbox.ts";
import type { SessionProtocol } from "../../../src/protocols/protocol.ts";
import { type RunningGatehouse, runGatehouse } from "../../running-gatehouse.ts";
import { causes, expectNobodyInside } from "../../runtime/ends.ts";
import { gone, type RawClient, rawClient, tlsClient } from "../../runtime/raw-client.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { MemoryWire } from "../memory-wire.ts";

/** What a protocol stands on here. Log-ins are to be taken in clear. */
export interface Services {
  readonly backend: Backend;
  readonly mailboxes: Mailboxes;
  readonly authWithoutTls: true;
}

/** Something sent, and what its reply looks like. */
export interface Exchange {
  readonly send: string;
  readonly reply: RegExp;
}

/** A limit on time, and what is said when it has passed; null for nothing. */
export interface TimeLimit {
  readonly milliseconds: number;
  readonly reply: RegExp | null;
}

/** The words of one protocol. */
export interface ProtocolFixture {
  open(services: Services): SessionProtocol;
  readonly greeting: RegExp;
  /** Said by the client before anything else, where the protocol asks for it. */
  readonly hello?: Exchange;
  /** A command that does nothing, in any state. */
  readonly noop: Exchange;
  readonly unknown: Exchange;
  /** Octets without a line end that are too many. */
  readonly longLine: { readonly octets: number; readonly reply: RegExp };
  readonly bareLf: RegExp;
  /** A command with a NUL in it. */
  readonly nul: Exchange;
  readonly startTls: Exchange;
  login(username: string, password: string): string;
  readonly accepted: RegExp;
  readonly rejected: RegExp;
  readonly tooManyFailures: RegExp;
  readonly failures: number;
  readonly busy: RegExp;
  readonly shuttingDown: RegExp;
  readonly idle: TimeLimit;
  /** From the greeting on, without a log-in, whatever the client sends. */
  readonly beforeLogin: TimeLimit;
}

const backend: Backend = {
  authenticate: async ({ username, password }) =>
    username === "alice" && password === "wonderland" ? { username: "alice@example.com", roles: [] } : null,
};

const services = (): Services => ({ backend, mailboxes: new MemoryMailboxes(), authWithoutTls: true });

/** Runs the suite against one protocol. */
export function describeProtocol(fixture: ProtocolFixture): void {
  const { name } = fixture.open(services());
  describe(`${name}, as every protocol`, () => {
    let clock: SimulatedClock;
    let house: RunningGatehouse;

    beforeEach(async () => {
      clock = new SimulatedClock();
      house = await runGatehouse(
        {
          SystemSettings: { defaultHostname: "localhost", drainTimeout: "30s" },
          NetworkListener: [
            { name: "open", protocol: name, bind: ["127.0.0.1:0"] },
            { name: "narrow", protocol: name, bind: ["127.0.0.1:0"], maxConnections: 1 },
          ],
        },
        { protocols: [fixture.open(services())], clock },
      );
    });

    afterEach(async () => {
      expect(house.events.filter(({ type }) => type === "connection.sessionFailed")).toEqual([]);
      await expectNobodyInside(house);
    });

    /** A client that has been greeted, and has said hello. */
    async function visit(listener = "open"): Promise<RawClient> {
      const client = await rawClient(house.port(listener));
      await client.until(fixture.greeting);
      if (fixture.hello) await ask(client, fixture.hello);
      return client;
    }

    /** The client sends this and waits for its reply. @returns what came from there on. */
    async function ask(client: RawClient, { send, reply }: Exchange): Promise<string> {
      const before = client.received().length;
      client.socket.write(send);
      const news = new RegExp(`^[^]{${before}}[^]*?(?:${reply.source})`, reply.flags);
      return (await client.until(news)).slice(before);
    }

    /** The server has ended the session, for this cause; the client goes. */
    async function endedBy(client: RawClient, cause: EndCause): Promise<void> {
      expect(await client.end).toBe("fin");
      client.socket.end();
      await house.event("connection.closed", (event) => event.cause === cause);
      await gone(client);
    }

    async function leave(client: RawClient): Promise<void> {
      const before = causes(house.events).length;
      client.socket.end();
      await gone(client);
      await expect.poll(() => causes(house.events).length).toBeGreaterThan(before);
    }

    async function failedLogins(count: number): Promise<void> {
      const failed = () => house.events.filter(({ type }) => type === "session.authenticationFailed").length;
      await expect.poll(failed).toBe(count);
    }

    test("greets, and answers what it knows and what it does not know", async () => {
      const client = await visit();
      await ask(client, fixture.noop);
      await ask(client, fixture.unknown);
      await ask(client, fixture.noop);
      await leave(client);
    });

    test("answers commands in their order, however they are cut", async () => {
      const client = await visit();
      const before = client.received().length;
      client.socket.setNoDelay(true);
      for (const octet of Buffer.from(`${fixture.noop.send}${fixture.unknown.send}`))
        client.socket.write(Buffer.of(octet));
      await client.until(new RegExp(`${fixture.noop.reply.source}[^]*${fixture.unknown.reply.source}`, "m"));
      expect(client.received().length).toBeGreaterThan(before);
      await leave(client);
    });

    test("takes the client's end for the end", async () => {
      const client = await visit();
      client.socket.write(fixture.noop.send.slice(0, 3));
      client.socket.end();
      await house.event("connection.closed");
      expect(causes(house.events)).toEqual(["peer-ended"]);
      await gone(client);
    });

    test("has enough of clients that make errors only", async () => {
      const client = await visit();
      client.socket.write(fixture.unknown.send.repeat(200));
      await endedBy(client, "too-many-errors");
      expect(client.received().length).toBeLessThan(20_000);
    });

    test("refuses a line that is too long before it has come to its end", async () => {
      const client = await visit();
      const { octets, reply } = fixture.longLine;
      await ask(client, { send: "x".repeat(octets), reply });
      await endedBy(client, "line-too-long");
    });

    test("refuses a bare LF, and carries nothing out behind it", async () => {
      const client = await visit();
      const line = fixture.noop.send.replace("\r\n", "\n");
      const said = await ask(client, { send: `${line}${fixture.unknown.send}`, reply: fixture.bareLf });
      expect(said).not.toMatch(fixture.unknown.reply);
      await endedBy(client, "protocol-error");
    });

    test("hangs up on a request of HTTP, whatever it asks for, and says nothing of it again", async () => {
      const fetching = ["GET /marked HTTP/1.1", "POST /marked HTTP/1.0", "MARKED / HTTP/1.1", "PRI * HTTP/2.0"];
      const proxying = [
        "CONNECT marked:25 HTTP/1.1",
        "GET http://marked/ HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "GET /marked",
      ];
      for (const line of [...fetching, ...proxying]) {
        const client = await rawClient(house.port("open"));
        await client.until(fixture.greeting);
        const before = client.received().length;
        client.socket.write(`${line}\r\nHost: marked\r\n\r\n${fixture.hello?.send ?? ""}${fixture.noop.send}`);
        await endedBy(client, "protocol-error");
        const said = client.received().slice(before);
        expect(said).toMatch(/not HTTP/);
        expect(said).not.toMatch(/marked/i);
        expect(said.split("\r\n")).toHaveLength(2);
      }
      await expect.poll(() => causes(house.events)).toHaveLength(fetching.length + proxying.length);
    });

    test("refuses a NUL", async () => {
      const client = await visit();
      await ask(client, fixture.nul);
      await leave(client);
    });

    test("stands any octets, and says little about them", async () => {
      const commands = [fixture.hello?.send ?? "", fixture.noop.send, fixture.unknown.send, fixture.nul.send];
      const words = [
        ...commands,
        "\r\n",
        "\n",
        "\0",
        "{5+}\r\n",
        "{99999999999}\r\n",
        '"',
        "(",
        ")",
        "*",
        " ",
        "+",
        "\\",
      ];
      const pieces = oneof(
        constantFrom(...words).map((word) => Buffer.from(word)),
        uint8Array({ maxLength: 60 }),
      );
      await assert(
        asyncProperty(array(pieces, { maxLength: 12 }), async (chunks) => {
          const wire = new MemoryWire(fixture.open(services()));
          await wire.greet();
          for (const chunk of chunks) await wire.send(chunk);
          const octets = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
          expect(wire.output.length).toBeLessThan(2000 + 200 * (octets + 10));
          wire.close("peer-reset");
        }),
        { numRuns: 200 },
      );
    });

    describe("TLS in mid-dialogue", () => {
      test.each([
        ["a whole command", (command: string) => command],
        ["a fragment without a line end", (command: string) => command.slice(0, 3)],
        ["one octet", (command: string) => command.slice(0, 1)],
      ])("does not carry out what was sent behind it in clear: %s", async (_what, injected) => {
        const clear = await visit();
        const { send, reply } = fixture.startTls;
        const before = clear.received().length;
        await ask(clear, { send: `${send}${injected(fixture.unknown.send)}`, reply });
        expect(clear.received().slice(before)).not.toMatch(fixture.unknown.reply);
        clear.socket.removeAllListeners("data");
        const client = await tlsClient({ socket: clear.socket });
        if (fixture.hello) await ask(client, fixture.hello);
        await ask(client, fixture.noop);
        expect(client.received()).not.toMatch(fixture.unknown.reply);
        client.socket.end();
        await house.event("connection.closed");
        await gone(client);
      });

      test("comes once", async () => {
        const clear = await visit();
        await ask(clear, fixture.startTls);
        clear.socket.removeAllListeners("data");
        const client = await tlsClient({ socket: clear.socket });
        if (fixture.hello) await ask(client, fixture.hello);
        const said = await ask(client, {
          send: `${fixture.startTls.send}${fixture.noop.send}`,
          reply: fixture.noop.reply,
        });
        expect(said).not.toMatch(fixture.startTls.reply);
        client.socket.end();
        await house.event("connection.closed");
        await gone(client);
      });
    });

    test("tells a client that does not fit why, in its own words, and greets it not", async () => {
      const first = await visit("narrow");
      const second = await rawClient(house.port("narrow"));
      const said = await second.until(fixture.busy);
      expect(said.match(/\r\n/g)).toHaveLength(1);
      expect(await second.end).toBe("fin");
      expect(house.events).toContainEqual(
        expect.objectContaining({
          type: "connection.refused",
          refusal: { rule: "listener-cap", limit: 1, current: 1 },
        }),
      );
      second.socket.end();
      await gone(second);
      await leave(first);
    });

    test("says goodbye when the server drains", async () => {
      const client = await visit();
      const stopped = house.gatehouse.stop();
      await client.until(fixture.shuttingDown);
      await endedBy(client, "drained");
      await stopped;
    });

    test("ends a client that is silent for too long, and not before", async () => {
      const client = await visit();
      await ask(client, { send: fixture.login("alice", "wonderland"), reply: fixture.accepted });
      clock.increment(fixture.idle.milliseconds - 1);
      expect(causes(house.events)).toEqual([]);
      const before = client.received().length;
      clock.increment(1);
      await endedBy(client, "idle-timeout");
      const last = client.received().slice(before);
      if (fixture.idle.reply) expect(last).toMatch(fixture.idle.reply);
      else expect(last).toBe("");
    });

    test("ends a client that does not log in, whatever it sends meanwhile", async () => {
      const { milliseconds, reply } = fixture.beforeLogin;
      const client = await visit();
      const step = milliseconds / 5;
      for (let steps = 1; steps < 5; steps++) {
        clock.increment(step);
        await ask(client, fixture.noop);
      }
      clock.increment(step - 1);
      await ask(client, fixture.noop);
      const before = client.received().length;
      clock.increment(1);
      await endedBy(client, "session-timeout");
      if (reply) expect(client.received().slice(before)).toMatch(reply);
    });

    describe("a log-in with a wrong password", () => {
      const wrong = { send: fixture.login("alice", "guess"), reply: fixture.rejected };

      test("is answered later each time, holds what follows, and ends the session in the end", async () => {
        const client = await visit();
        for (let failure = 1; failure <= fixture.failures; failure++) {
          const before = client.received().length;
          client.socket.write(wrong.send);
          if (failure < fixture.failures) client.socket.write(fixture.noop.send);
          await failedLogins(failure);
          clock.increment(1000 * 2 ** (failure - 1) - 1);
          await new Promise<void>((resolve) => setImmediate(resolve));
          // A name may have been acknowledged, nothing more.
          expect(client.received().slice(before)).not.toMatch(fixture.rejected);
          expect(client.received().slice(before)).not.toMatch(fixture.noop.reply);
          clock.increment(1);
          if (failure < fixture.failures) {
            const said = new RegExp(
              `^[^]{${before}}[^]*(?:${fixture.rejected.source})[^]*(?:${fixture.noop.reply.source})`,
              "m",
            );
            await client.until(said);
          }
        }
        await client.until(fixture.tooManyFailures);
        await endedBy(client, "authentication-failed");
        const [failed] = house.events.filter(({ type }) => type === "session.authenticationFailed");
        expect(failed).toMatchObject({ username: "alice", connection: { peer: { address: "127.0.0.1" } } });
        expect(JSON.stringify(house.events)).not.toContain("guess");
      });

      test("is not hurried by another connection", async () => {
        const first = await visit();
        first.socket.write(wrong.send);
        await failedLogins(1);
        first.socket.resetAndDestroy();
        await house.event("connection.closed");
        const second = await visit();
        second.socket.write(fixture.login("alice", "wonderland"));
        await expect
          .poll(() => house.gatehouse.connections()[0]?.bytesRead)
          .toBeGreaterThanOrEqual(second.socket.bytesWritten);
        clock.increment(998);
        await new Promise<void>((resolve) => setImmediate(resolve));
        expect(house.events.some(({ type }) => type === "session.authenticated")).toBe(false);
        clock.increment(2);
        await second.until(fixture.accepted);
        await leave(second);
      });

      test("does not keep a draining server from its end", async () => {
        const client = await visit();
        client.socket.write(wrong.send);
        await failedLogins(1);
        const stopped = house.gatehouse.stop();
        await house.event("connection.draining");
        clock.increment(1000);
        await client.until(fixture.shuttingDown);
        expect(client.received()).toMatch(fixture.rejected);
        await endedBy(client, "drained");
        await stopped;
      });
    });
  });
}
