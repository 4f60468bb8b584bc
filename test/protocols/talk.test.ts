import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import {
  close,
  defineProtocol,
  type EndCause,
  GOODBYE,
  InputEndedError,
  type InputOptions,
  type Session,
  type Talk,
  type TalkInput,
  talkSession,
  UPGRADE,
  type Verdict,
} from "../../src/index.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { MemoryWire } from "./memory-wire.ts";

/** All promises that can settle by now have done so. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A session that is given turns as a connection gives them: none after its last verdict, and no input while it waits. */
class Talking {
  readonly wire: MemoryWire;
  readonly session: Session;
  verdict: Verdict = { next: "continue" };
  failure: unknown;
  isOver = false;
  #unread: Buffer[] = [];
  #wakes = false;

  constructor(talk: Talk, options?: InputOptions) {
    const none = defineProtocol({ name: "none", open: () => ({ receive: () => undefined }) });
    this.wire = Object.assign(new MemoryWire(none), { wake: () => void queueMicrotask(() => this.#wake()) });
    this.session = talkSession(this.wire, talk, options);
  }

  get cause(): EndCause | null {
    return this.verdict.next === "close" ? this.verdict.cause : null;
  }

  async turn(take: (session: Session) => Verdict): Promise<void> {
    this.#turn(take);
    await settled();
  }

  async send(text: string): Promise<void> {
    this.#unread.push(Buffer.from(text));
    this.#deliver();
    await settled();
  }

  async pass(milliseconds: number): Promise<void> {
    this.wire.time += milliseconds;
    const due = this.wire.wakeDue;
    if (due !== null && due <= this.wire.time) {
      this.wire.wakeDue = null;
      await this.turn((session) => session.resume());
    }
  }

  async close(cause: EndCause): Promise<void> {
    this.isOver = true;
    try {
      await this.session.closed(cause);
    } catch (error) {
      this.failure = error;
    }
    await settled();
  }

  #wake(): void {
    if (this.#wakes) return;
    this.#wakes = true;
    queueMicrotask(() => {
      this.#wakes = false;
      this.#turn((session) => session.resume());
    });
  }

  #turn(take: (session: Session) => Verdict): void {
    if (this.isOver || this.verdict.next === "close") return;
    try {
      this.verdict = take(this.session);
    } catch (error) {
      this.failure = error;
      this.verdict = close("session-failed");
    }
    this.#deliver();
  }

  #deliver(): void {
    while (this.verdict.next === "continue" && !this.isOver) {
      const chunk = this.#unread.shift();
      if (!chunk) return;
      this.#turn((session) => session.receive(chunk));
    }
  }
}

/** One that has begun. */
async function talking(talk: Talk, options?: InputOptions): Promise<Talking> {
  const it = new Talking(talk, options);
  await it.turn((session) => session.greet());
  return it;
}

test("what is yielded is sent, and the dialogue ends with the generator", async () => {
  const it = await talking(async function* (_wire, input) {
    yield "hello\r\n";
    for await (const line of input) {
      if (line === "QUIT") break;
      yield `${line}!\r\n`;
    }
    yield Buffer.from("bye\r\n");
  });
  expect(it.wire.take()).toBe("hello\r\n");
  expect(it.session.state).toBe("reading");
  await it.send("on");
  await it.send("e\r\ntwo\r\nQUIT\r\nthree\r\n");
  expect(it.wire.take()).toBe("one!\r\ntwo!\r\nbye\r\n");
  expect(it.verdict).toBe(close("quit"));
});

test("replies to commands that came together leave in one write", async () => {
  const it = await talking(async function* (_wire, input) {
    for await (const line of input) yield `${line}\r\n`;
  });
  await it.send("a\r\nb\r\nc\r\n");
  expect(it.wire.output).toBe("a\r\nb\r\nc\r\n");
  expect(it.wire.writes).toBe(1);
});

test("a reply leaves although the generator goes on to wait for something else", async () => {
  const it = await talking(async function* () {
    yield "wait\r\n";
    await new Promise(() => {});
  });
  expect(it.wire.output).toBe("wait\r\n");
  expect(it.session.state).toBe("working");
});

test("the verdict that the generator returns ends the connection", async () => {
  const goodbye = await talking(async function* (_wire, input) {
    for await (const line of input) {
      if (line === "QUIT") return GOODBYE;
      yield "what?";
    }
    return undefined;
  });
  await goodbye.send("QUIT\r\n");
  expect(goodbye.verdict).toBe(GOODBYE);
});

test("a generator that throws ends its connection as a failure, after what it has said", async () => {
  const it = await talking(async function* () {
    yield "before\r\n";
    throw new Error("a fault of the embedder's");
  });
  expect(it.wire.output).toBe("before\r\n");
  expect(it.cause).toBe("session-failed");
  expect(it.failure).toEqual(new Error("a fault of the embedder's"));
});

test.each([
  [
    "something else",
    "yields",
    async function* () {
      yield 42 as never;
    },
  ],
  [
    "CONTINUE",
    "returns",
    async function* () {
      yield "";
      return { next: "continue" } as never;
    },
  ],
] satisfies [string, string, Talk][])("a generator fails when it gives %s where it %s", async (_what, _how, talk) => {
  const it = await talking(talk);
  expect(it.failure).toBeInstanceOf(TypeError);
});

test("what is reported when the generator fails after the connection's end is its error", async () => {
  const work = Promise.withResolvers<void>();
  const it = await talking(async function* () {
    await work.promise;
    yield "never";
  });
  const closed = it.close("peer-reset");
  work.reject(new Error("late"));
  await closed;
  expect(it.failure).toEqual(new Error("late"));
});

/** Takes a message with its length before it, in 2 octets. */
const framed: Talk = async function* (_wire, input) {
  for await (const head of input.blocks(2)) yield `[${await input.octets(head.readUInt16BE())}]`;
  yield "bye";
};
const frame = (text: string) => Buffer.concat([Buffer.of(0, text.length), Buffer.from(text)]).toString("latin1");

test("a protocol of blocks with a length before them is read however it is cut", async () => {
  const messages = fc.array(fc.stringMatching(/^[a-z]{0,9}$/), { maxLength: 6 });
  const property = fc.asyncProperty(messages, fc.array(fc.nat(80)), async (texts, cuts) => {
    const it = await talking(framed);
    const whole = texts.map(frame).join("");
    const places = [0, ...cuts.filter((cut) => cut < whole.length).toSorted((a, b) => a - b), whole.length];
    for (const [index, place] of places.entries()) await it.send(whole.slice(place, places[index + 1] ?? whole.length));
    await it.turn((session) => session.ended());
    expect(it.wire.output).toBe(`${texts.map((text) => `[${text}]`).join("")}bye`);
    expect(it.cause).toBe("quit");
  });
  await fc.assert(property, { numRuns: 60 });
});

test("a drain waits for the rest of a block that has begun, and for what belongs to it", async () => {
  const it = await talking(framed);
  await it.send("\0");
  await it.turn((session) => session.drain());
  expect(it.cause).toBeNull();
  await it.send("\u0003a");
  expect(it.cause).toBeNull();
  await it.send("bc\0\u0001d");
  expect(it.wire.output).toBe("[abc]bye");
  expect(it.cause).toBe("drained");
});

test.each([-1, 0.5, Number.NaN, 1_048_577])("a count of %d octets is the peer's fault", async (count) => {
  const it = await talking(async function* (_wire, input) {
    yield await input.octets(count);
  });
  expect(it.cause).toBe("protocol-error");
});

test("what a loop leaves of a literal is skipped", async () => {
  const it = await talking(async function* (_wire, input) {
    for await (const line of input) {
      let first = "";
      for await (const chunk of input.literal(Number(line))) {
        first = String(chunk);
        break;
      }
      yield `${first};`;
    }
  });
  await it.send("10\r\nabc");
  await it.send("defg");
  await it.send("hij3\r\nxyz");
  expect(it.wire.output).toBe("abc;xyz;");
});

test.each([
  ["x".repeat(9), "line-too-long", {}],
  ["x\n", "protocol-error", {}],
  ["\0\r\n", "protocol-error", {}],
  ["\xff\r\n", null, { encoding: "latin1" }],
  ["x\n", null, { bareLf: "accept" }],
] satisfies [string, EndCause | null, InputOptions][])(
  "after the line %j the cause is %s with %j",
  async (line, cause, options) => {
    const it = await talking(
      async function* (_wire, input) {
        for await (const _ of input) yield "";
        yield String(input.ended);
      },
      { longestLine: 8, ...options },
    );
    await it.send(line);
    expect(it.cause).toBe(cause);
    if (cause !== null) expect(it.wire.output).toBe(cause);
  },
);

test("input waits for a generator that does something else, once 64 KiB are there", async () => {
  const work = Promise.withResolvers<void>();
  let read = 0;
  const it = await talking(async function* (_wire, input) {
    await work.promise;
    for await (const chunk of input.chunks()) read += chunk.length;
    yield "";
  });
  await it.send("x".repeat(40_000));
  expect(it.verdict.next).toBe("continue");
  await it.send("x".repeat(40_000));
  expect(it.verdict.next).toBe("wait");
  await it.send("x".repeat(40_000));
  work.resolve();
  await settled();
  await settled();
  expect(it.verdict.next).toBe("continue");
  expect(read).toBe(120_000);
});

test("a generator waits where the peer does not read, and goes on when it does", async () => {
  let yields = 0;
  const it = new Talking(async function* () {
    for (; yields < 100; yields++) yield "x".repeat(10_000);
  });
  it.wire.reading = false;
  await it.turn((session) => session.greet());
  expect(yields).toBeLessThan(5);
  expect(it.session.state).toBe("writing");
  it.wire.reading = true;
  await it.turn((session) => session.writable());
  expect(it.wire.output.length).toBe(1_000_000);
  expect(it.cause).toBe("quit");
});

test("a second read before the first is there rejects", async () => {
  const it = await talking(async function* (_wire, input) {
    await Promise.all([input.line(), input.line()]);
    yield "";
  });
  expect(it.failure).toBeInstanceOf(TypeError);
});

test("a read that nobody awaits any more ends no process", async () => {
  const it = await talking(async function* (_wire, input) {
    void input.line();
    await new Promise(() => {});
    yield "";
  });
  const rejections: unknown[] = [];
  const note = (reason: unknown) => void rejections.push(reason);
  process.on("unhandledRejection", note);
  void it.session.closed("peer-reset");
  await settled();
  process.off("unhandledRejection", note);
  expect(rejections).toEqual([]);
});

test("what silence ends is the client's waiting; a server at work is excused once", async () => {
  const waiting = await talking(async function* (_wire, input) {
    for await (const line of input) yield line;
    yield `closing: ${input.ended}`;
  });
  await waiting.turn((session) => session.expired("idle"));
  expect(waiting.wire.output).toBe("closing: idle-timeout");
  expect(waiting.cause).toBe("idle-timeout");

  const working = await talking(async function* (_wire, input) {
    await new Promise((resolve) => input.signal.addEventListener("abort", resolve));
    yield "never";
  });
  await working.turn((session) => session.expired("idle"));
  expect(working.cause).toBeNull();
  await working.turn((session) => session.expired("idle"));
  expect(working.cause).toBe("idle-timeout");
  await working.close("idle-timeout");
  expect(working.wire.output).toBe("");
});

test("the last words after a time limit take 5 seconds at most", async () => {
  const it = await talking(async function* (_wire, input) {
    for await (const line of input) yield line;
    await new Promise(() => {});
  });
  await it.turn((session) => session.expired("session"));
  await it.pass(4_999);
  expect(it.cause).toBeNull();
  await it.pass(1);
  expect(it.cause).toBe("session-timeout");
});

test("what was sent in clear after the request for TLS is never read", async () => {
  const it = await talking(async function* (_wire, input) {
    for await (const line of input) {
      if (line === "STARTTLS") {
        yield "go ahead\r\n";
        yield UPGRADE;
      } else yield `${line}\r\n`;
    }
  });
  await it.send("STARTTLS\r\ninjected\r\n");
  expect(it.verdict).toBe(UPGRADE);
  expect(it.session.state).toBe("securing");
  await it.turn((session) => session.secured());
  await it.send("private\r\n");
  expect(it.wire.output).toBe("go ahead\r\nprivate\r\n");
});

/** A dialogue with all that may be going on when something happens to it, and what it has done. */
class Noted {
  finals = 0;
  work = Promise.withResolvers<void>();

  readonly talk: Talk = async function* (this: Noted, _wire: unknown, input: TalkInput) {
    try {
      for await (const line of input) {
        if (line === "quit") return close("quit");
        if (line === "work") {
          await this.work.promise;
          this.work = Promise.withResolvers();
        }
        yield line === "body" ? `<${await input.octets(3)}>` : `${line};`;
      }
      yield `end ${input.ended}`;
      return undefined;
    } finally {
      this.finals++;
    }
  }.bind(this);
}

/** The same, foretold. */
class Foretold {
  output = "";
  cause: EndCause | null = null;
  finals = 0;
  isWorking = false;
  isFailed = false;
  #isInBody = false;
  #input = "";
  #ended: EndCause | null = null;
  #isDraining = false;
  #hasFin = false;
  #excused = 0;
  #isGone = false;

  step(step: Step): void {
    if (this.cause !== null && step.kind === "work" && this.isWorking) {
      this.isWorking = false;
      // It is reported, too, when nobody waits for it any more.
      this.isFailed = step.fails;
      this.finals = 1;
    }
    if (this.cause !== null && step.kind !== "gone") return;
    switch (step.kind) {
      case "send":
        if (this.#hasFin) return;
        this.#excused = 0;
        if (this.#ended === null) this.#input += step.text;
        break;
      case "fin":
        this.#hasFin = true;
        break;
      case "drain":
        this.#isDraining = true;
        break;
      case "idle":
        if (this.isWorking) {
          this.#excused++;
          if (this.#excused > 1) this.cause = this.#ended ?? "idle-timeout";
          if (this.#excused > 1) return;
        } else this.#ended ??= "idle-timeout";
        break;
      case "session":
        this.#ended ??= "session-timeout";
        break;
      case "work":
        if (this.isWorking && !step.fails) this.output += "work;";
        if (this.isWorking && step.fails) {
          this.isFailed = true;
          this.#finish("session-failed");
        }
        this.isWorking = false;
        break;
      case "gone":
        this.#isGone = true;
        if (!this.isWorking) this.finals = 1;
        this.cause ??= "peer-reset";
        return;
    }
    while (this.cause === null && !this.isWorking && this.#goOn());
  }

  /** @returns false when something has to come first. */
  #goOn(): boolean {
    if (this.#isInBody) {
      if (this.#ended !== null) return this.#finish(this.#ended);
      if (this.#input.length < 3) return this.#hasFin ? this.#finish("peer-ended") : false;
      this.output += `<${this.#input.slice(0, 3)}>`;
      this.#input = this.#input.slice(3);
      this.#isInBody = false;
      return true;
    }
    if (this.#isDraining) this.#ended ??= "drained";
    // A body of three octets may end between CR and LF.
    if (this.#input.startsWith("\n")) this.#ended ??= "protocol-error";
    const end = this.#input.indexOf("\r\n");
    if (this.#ended === null && end === -1 && this.#hasFin) this.#ended = this.#input === "" ? "quit" : "peer-ended";
    if (this.#ended !== null) {
      this.output += `end ${this.#ended}`;
      return this.#finish(this.#ended);
    }
    if (end === -1) return false;
    const line = this.#input.slice(0, end);
    this.#input = this.#input.slice(end + 2);
    if (line === "quit") return this.#finish("quit");
    if (line === "work") this.isWorking = true;
    else if (line === "body") this.#isInBody = true;
    else this.output += `${line};`;
    return true;
  }

  #finish(cause: EndCause): false {
    this.cause = cause;
    this.finals = 1;
    return false;
  }

  get isGone(): boolean {
    return this.#isGone;
  }
}

type Step =
  | { readonly kind: "send"; readonly text: string }
  | { readonly kind: "fin" | "drain" | "idle" | "session" | "gone" }
  | { readonly kind: "work"; readonly fails: boolean };

const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom(
          "a\r\n",
          "work\r\n",
          "body\r\n",
          "abc",
          "q",
          "uit\r\n",
          "quit\r\n",
          "x\r\nbody\r\nde",
        ),
      },
      { weight: 4, arbitrary: fc.constantFrom("fin", "drain", "idle", "session", "gone") },
      { weight: 2, arbitrary: fc.boolean() },
    ),
    { maxLength: 12 },
  )
  .map((list) =>
    list.map((one): Step => {
      if (typeof one === "boolean") return { kind: "work", fails: one };
      const kinds: readonly string[] = ["fin", "drain", "idle", "session", "gone"];
      return kinds.includes(one) ? { kind: one as "fin" } : { kind: "send", text: one };
    }),
  );

test("whatever happens in whatever order, the dialogue says and ends as foretold, and its finally block runs once", async () => {
  const property = fc.asyncProperty(steps, async (list) => {
    const noted = new Noted();
    const foretold = new Foretold();
    const it = await talking(noted.talk);
    let hasFin = false;
    for (const step of list) {
      if (foretold.isGone) break;
      const { isWorking } = foretold;
      foretold.step(step);
      if (step.kind === "send" && !hasFin) await it.send(step.text);
      else if (step.kind === "fin") await it.turn((session) => session.ended());
      else if (step.kind === "drain") await it.turn((session) => session.drain());
      else if (step.kind === "idle" || step.kind === "session")
        await it.turn((session) => session.expired(step.kind as "idle"));
      else if (step.kind === "work" && isWorking) await settle(noted, step.fails);
      else if (step.kind === "gone") void it.close("peer-reset");
      hasFin ||= step.kind === "fin";
      await settled();
      expect(it.wire.output).toBe(foretold.output);
      if (!foretold.isGone) expect(it.cause).toBe(foretold.cause);
      expect(noted.finals).toBe(foretold.finals);
    }
    if (!foretold.isGone) void it.close(foretold.cause ?? "stopped");
    noted.work.resolve();
    await settled();
    expect(noted.finals).toBe(1);
    expect(it.failure !== undefined).toBe(foretold.isFailed);
  });
  await fc.assert(property, { numRuns: 500 });
});

async function settle(noted: Noted, fails: boolean): Promise<void> {
  const { work } = noted;
  if (fails) {
    work.promise.catch(() => {});
    work.reject(new Error("the database is away"));
  } else work.resolve();
  await settled();
}

async function serve(talk: Talk) {
  const running = await runGatehouse([{ name: "own", protocol: "own", bind: ["127.0.0.1:0"] }], {
    protocols: [defineProtocol({ name: "own", talk })],
  });
  const client = async () => {
    const socket = connect(running.port("own"), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    return socket;
  };
  return { ...running, client };
}

test("a dialogue that rejects ends its own connection alone", async () => {
  const { gatehouse, event, client } = await serve(async function* (_wire, input) {
    for await (const line of input) {
      if (line === "bad") await Promise.reject(new Error("a fault of the embedder's"));
      yield `${line}\r\n`;
    }
  });
  const [one, other] = [await client(), await client()];
  one.resume().write("bad\r\n");
  expect((await event("connection.sessionFailed")).error).toEqual(new Error("a fault of the embedder's"));
  expect((await event("connection.closed")).cause).toBe("session-failed");
  other.write("good\r\n");
  expect(String((await once(other, "data"))[0])).toBe("good\r\n");
  expect(gatehouse.state).toBe("running");
});

test("a stop waits for a dialogue in the midst of its work, which then takes its leave", async () => {
  const asked = Promise.withResolvers<void>();
  const work = Promise.withResolvers<void>();
  const { gatehouse, event, client } = await serve(async function* (_wire, input) {
    for await (const line of input) {
      asked.resolve();
      await work.promise;
      yield `done ${line}\r\n`;
    }
    yield `bye ${input.ended}\r\n`;
  });
  const socket = await client();
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.write("one\r\ntwo\r\n");
  await asked.promise;
  const stopped = gatehouse.stop();
  await event("connection.draining");
  work.resolve();
  await once(socket, "end");
  socket.end();
  await stopped;
  expect(text).toBe("done one\r\nbye drained\r\n");
  expect((await event("connection.closed")).cause).toBe("drained");
});

test("a client that goes aborts the signal and rejects what is awaited of it", async () => {
  const ends: unknown[] = [];
  const ended = Promise.withResolvers<void>();
  const { client } = await serve(async function* (_wire, input) {
    input.signal.addEventListener("abort", () => void ends.push("aborted"));
    try {
      yield "?";
      await input.line();
    } catch (error) {
      ends.push(error);
      throw error;
    } finally {
      ended.resolve();
    }
  });
  const socket = await client();
  await once(socket, "data");
  socket.resetAndDestroy();
  await ended.promise;
  expect(ends).toEqual(["aborted", new InputEndedError("peer-reset")]);
});

test("a client that does not read holds its own dialogue, and no more memory than the buffers have", async () => {
  let yields = 0;
  const { gatehouse, event, client } = await serve(async function* () {
    for (; yields < 2_000; yields++) yield Buffer.alloc(10_000);
  });
  const socket = await client();
  socket.pause();
  await expect.poll(() => gatehouse.connections()[0]?.session).toBe("writing");
  expect(yields).toBeLessThan(2_000);
  socket.resume();
  await event("connection.closed", ({ cause }) => cause === "quit");
  expect(yields).toBe(2_000);
});
