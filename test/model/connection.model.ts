/** The connection's chart, and how each of its events comes about on a real socket. */
import type { AnyEventObject } from "xstate";
import {
  type ConnectionContext,
  type ConnectionSettings,
  connectionMachine,
  type EndCause,
} from "../../src/machines/index.ts";
import {
  type Difference,
  type Model,
  proxyHeaderLocal,
  proxyHeaderV1,
  proxyHeaderV2,
  type Situation,
} from "../../src/testing/index.ts";
import {
  blocked,
  type ConnectionKind,
  type ConnectionStimulus,
  ConnectionWorld,
  closeTimeout,
  type OpenQuestions,
  timeouts,
  writeTimeout,
} from "./connection-world.ts";

const isIn =
  (...states: string[]) =>
  ({ snapshot }: Situation): boolean =>
    states.includes(String(snapshot.value));

/** The client is there, and has done nothing that ends what it can do. */
const speaks = ({ facts }: Situation): boolean => !facts.has("silent") && !facts.has("deaf") && !facts.has("half sent");
const reputation = { rule: "reputation", limit: 0, current: 0 };
const isStream = ({ facts }: Situation): boolean => facts.has("stream");

const ended = (cause: EndCause, finished = false) => ({ type: "session.ended", cause, finished });
/** Neither side has anything to say or to wait for, unless it is the goodbye of TLS. */
const finished = ({ snapshot, facts }: Situation): boolean =>
  !snapshot.context.settings.tlsImplicit && !facts.has("secured");
/** A stream protocol's own end of its stream; a dialogue that is closing has its cause already. */
const socketClosed = (at: Situation) => ({ type: "socket.closed", cause: isIn("draining")(at) ? "drained" : "quit" });

/** The session begins, or goes on, and hears at once of a drain that was asked for meanwhile. */
const sessionBegins =
  (type: "proxy.accepted" | "connection.granted" | "tls.secured") =>
  (at: Situation): AnyEventObject[] => {
    const { drainRequested, settings } = at.snapshot.context;
    const asked = type === "proxy.accepted" && settings.asyncAdmission;
    const talksNow = type === "tls.secured" || (!settings.tlsImplicit && !asked);
    return talksNow && drainRequested && !at.facts.has("busy") && !isStream(at)
      ? [{ type }, ended("drained")]
      : [{ type }];
  };

const arrivals: readonly ConnectionStimulus[] = [
  {
    name: "a client connects",
    events: [{ type: "connection.admitted", proxied: false }],
    possible: ({ facts }) => !facts.has("connected"),
    leaves: ["connected"],
    apply: async (world) => void (await world.connect("direct")),
  },
  {
    name: "a client connects to the stream protocol",
    events: [{ type: "connection.admitted", proxied: false }],
    possible: ({ facts }) => !facts.has("connected"),
    leaves: ["connected", "stream"],
    apply: async (world) => void (await world.connect("stream")),
  },
  {
    name: "a proxy connects",
    events: [{ type: "connection.admitted", proxied: true }],
    possible: ({ facts }) => !facts.has("connected"),
    leaves: ["connected"],
    apply: async (world) => void (await world.connect("proxied")),
  },
  {
    name: "a client connects, and who hears of it stops the server at once",
    events: [{ type: "connection.stop" }],
    possible: ({ facts }) => !facts.has("connected"),
    leaves: ["connected", "leaving"],
    async apply(world) {
      world.at({ chart: "connection", state: "accepted" }, () => world.begin(world.gatehouse.stop({ wait: false })));
      await world.connect("direct");
    },
  },
];

const headers: readonly ConnectionStimulus[] = (
  [
    ["a header of version 1", proxyHeaderV1(), "proxy.accepted"],
    ["a header of version 2", proxyHeaderV2(), "proxy.accepted"],
    ["a header for itself", proxyHeaderLocal(), "proxy.accepted"],
    ["a broken header of version 1", Buffer.from("PROXY TCP4 192.0.2.1 nonsense\r\n"), "proxy.rejected"],
    ["a broken header of version 2", Buffer.from(proxyHeaderV2().fill(0x7f, 12, 13)), "proxy.rejected"],
    ["no header, but words", Buffer.from("hello, I am a client and know of no proxy\r\n"), "proxy.rejected"],
    ["an endless header", Buffer.from(`PROXY TCP4 ${"1".repeat(200)}`), "proxy.rejected"],
    ["the header of a blocked client", proxyHeaderV1({ source: blocked }), "connection.refused"],
  ] as const
).map(([what, bytes, type]) => ({
  name: `the proxy sends ${what}`,
  events: type === "proxy.accepted" ? sessionBegins(type) : [{ type }],
  possible: (at) => isIn("proxyHeader")(at) && speaks(at),
  leaves: type === "connection.refused" ? ["silent"] : [],
  apply: (world) => world.client.send(bytes),
}));

const piecemeal: readonly ConnectionStimulus[] = [
  {
    name: "the proxy sends a header of version 2, one octet at a time",
    events: sessionBegins("proxy.accepted"),
    possible: (at) => isIn("proxyHeader")(at) && speaks(at),
    apply: (world) => world.trickle(proxyHeaderV2()),
  },
  {
    name: "the proxy sends half a header",
    events: [],
    possible: (at) => isIn("proxyHeader")(at) && speaks(at),
    leaves: ["half sent"],
    async apply(world) {
      world.client.send(proxyHeaderV1().subarray(0, 12));
      await world.delivered();
    },
  },
];

const admits = sessionBegins("connection.granted");
const refusedByRule = [{ type: "connection.refused" }];
const timeForRules = { type: "xstate.after.admissionTimeout.connection.admitting" };
const strictIsContent = ({ facts }: Situation): boolean => facts.has("the strict rule admits");

const answers: readonly ConnectionStimulus[] = (
  [
    ["both rules admit", admits, (rules) => ["strict", "lenient"].map((name) => rules.answer(name as "strict", null))],
    ["the lenient rule refuses", refusedByRule, (rules) => rules.answer("lenient", reputation)],
    ["the strict rule fails", refusedByRule, (rules) => rules.fail("strict")],
    [
      "the strict rule admits, and the lenient one fails",
      admits,
      (rules) => {
        rules.answer("strict", null);
        rules.fail("lenient");
      },
    ],
  ] as const satisfies readonly (readonly [string, ConnectionStimulus["events"], (rules: OpenQuestions) => unknown])[]
).map(([name, events, apply]) => ({
  ...{ name, events },
  possible: (at) => isIn("admitting")(at) && !strictIsContent(at),
  leaves: events === refusedByRule ? ["silent"] : [],
  apply: (world) => void apply(world.rules),
}));

const lateAnswers: readonly ConnectionStimulus[] = [
  {
    name: "the strict rule admits",
    events: [],
    possible: isIn("admitting"),
    leaves: ["the strict rule admits"],
    once: true,
    apply: (world) => world.rules.answer("strict", null),
  },
  {
    name: "the time for the rules passes",
    events: (at) => [timeForRules, ...(strictIsContent(at) ? admits(at) : refusedByRule)],
    possible: (at) => isIn("admitting")(at) && !at.facts.has("leaving"),
    leaves: ["time for the rules"],
    apply: (world) => world.bench.clock.advance(timeouts.admissionTimeout),
  },
];

const handshakes: readonly ConnectionStimulus[] = [
  {
    name: "the client does the handshake",
    events: sessionBegins("tls.secured"),
    possible: (at) => isIn("handshaking", "upgrading")(at) && speaks(at),
    leaves: ["secured"],
    apply: (world) => world.client.secure(),
  },
  {
    name: "the client sends half a ClientHello",
    events: [],
    possible: (at) => isIn("handshaking", "upgrading")(at) && speaks(at),
    leaves: ["half sent"],
    async apply(world) {
      await world.client.clientHello(0.5);
      await world.delivered();
    },
  },
  {
    name: "the client sends words in place of a ClientHello",
    events: [{ type: "tls.failed" }],
    possible: (at) => isIn("handshaking", "upgrading")(at) && speaks(at),
    apply: (world) => void world.client.socket.write("what is a handshake?\r\n"),
  },
];

const talks = (at: Situation): boolean => isIn("active", "draining")(at) && speaks(at);
const talksAsSession = (at: Situation): boolean => talks(at) && !isStream(at);

const words: readonly ConnectionStimulus[] = [
  {
    name: "the client quits",
    events: (at) => (isStream(at) ? [socketClosed(at)] : [ended("quit", finished(at))]),
    possible: talks,
    leaves: ["silent"],
    apply: (world) => world.client.line("QUIT"),
  },
  {
    name: "the client begins what must not be broken off",
    events: [],
    possible: (at) => isIn("active")(at) && talks(at),
    leaves: ["busy"],
    once: true,
    async apply(world) {
      world.client.line("BUSY");
      await world.client.until("BUSY ok");
    },
  },
  {
    name: "the client completes what must not be broken off",
    events: (at) => (isStream(at) ? [socketClosed(at)] : [ended("drained")]),
    possible: (at) => isIn("draining")(at) && talks(at),
    leaves: ["silent"],
    apply: (world) => world.client.line("DONE"),
  },
  {
    name: "the session throws",
    events: [ended("session-failed")],
    possible: talksAsSession,
    leaves: ["silent"],
    apply: (world) => world.client.line("THROW"),
  },
  ...["", "INJECTED\r\n", "INJECT"].map((injected): ConnectionStimulus => {
    const behind = injected === "" ? "" : `, with ${injected.endsWith("\n") ? "a line" : "a fragment"} behind it`;
    return {
      name: `the client asks for STARTTLS${behind}`,
      leaves: injected === "" ? [] : [`injected${behind}`],
      events: [{ type: "session.upgrade" }],
      possible: (at) => talksAsSession(at) && !at.facts.has("secured") && !at.snapshot.context.settings.tlsImplicit,
      async apply(world) {
        world.client.send(`STARTTLS\r\n${injected}`);
        await world.client.until("go ahead");
      },
    };
  }),
  {
    name: "the client asks for more than it reads",
    events: [],
    possible: (at) => isIn("active")(at) && talksAsSession(at),
    leaves: ["deaf"],
    async apply(world) {
      world.client.stopReading();
      world.client.line("MUCH");
      await world.delivered();
    },
  },
  {
    name: "the client has not read for five minutes",
    events: [ended("write-timeout")],
    possible: (at) => isIn("active")(at) && at.facts.has("deaf"),
    apply: (world) => world.bench.clock.leap(writeTimeout),
  },
];

const ends: readonly ConnectionStimulus[] = [
  {
    name: "the client sends FIN",
    events(at) {
      if (isIn("closing")(at)) return [socketClosed(at)];
      if (isIn("active", "draining")(at))
        return isStream(at)
          ? [socketClosed(at)]
          : [ended("peer-ended", finished(at)), ...(finished(at) ? [] : [socketClosed(at)])];
      return [{ type: "peer.ended" }];
    },
    possible: (at) => at.facts.has("connected") && at.snapshot.status === "active" && !at.facts.has("deaf"),
    apply: (world) => world.client.finish(),
  },
  {
    name: "the client resets",
    events: [{ type: "socket.failed", cause: "peer-reset" }],
    possible: (at) => at.facts.has("connected") && at.snapshot.status === "active",
    leaves: ["reset"],
    apply: (world) => world.client.reset(),
  },
];

/** A session that can finish at once, and a stream that is not talked to, end with the drain. */
function drained(at: Situation) {
  const drain = { type: "connection.drain" };
  return isIn("active")(at) && !at.facts.has("busy") && !isStream(at) ? [drain, ended("drained")] : [drain];
}

const here = (at: Situation): boolean => at.facts.has("connected") && at.snapshot.status === "active";
const mayDrain = (at: Situation): boolean => here(at) && !at.facts.has("leaving");

const server: readonly ConnectionStimulus[] = [
  {
    name: "a reload removes the listener",
    events: drained,
    possible: mayDrain,
    leaves: ["leaving"],
    apply: async (world) => void (await world.gatehouse.reload(world.document(["other"]))),
  },
  {
    name: "the server drains",
    events: drained,
    possible: mayDrain,
    leaves: ["leaving", "server leaves"],
    apply: (world) => world.begin(world.gatehouse.stop()),
  },
  {
    name: "the server stops at once",
    events: [{ type: "connection.stop" }],
    possible: here,
    leaves: ["leaving", "server leaves", "stopped"],
    apply: (world) => world.begin(world.gatehouse.stop({ wait: false })),
  },
  {
    name: "a reload leaves the listeners as they are",
    events: [],
    possible: mayDrain,
    once: true,
    apply: async (world) =>
      void (await world.gatehouse.reload(world.document(["direct", "proxied", "stream", "other"]))),
  },
  {
    name: "a reload shortens the drain",
    events: [],
    possible: (at) => isIn("handshaking", "upgrading")(at) && at.facts.has("leaving") && !at.facts.has("server leaves"),
    once: true,
    apply: async (world) => void (await world.gatehouse.reload(world.document(["other"], timeouts.drainTimeout / 2))),
  },
  {
    name: "the time for the whole drain passes",
    events: [{ type: "drain.expired" }],
    possible: (at) =>
      isIn("proxyHeader", "admitting", "handshaking", "upgrading", "draining")(at) &&
      at.facts.has("leaving") &&
      !at.facts.has("a reload shortens the drain"),
    async apply(world) {
      const { clock, observation } = world.bench;
      const [id] = world.gatehouse.connections();
      const listener = observation.actors.find((actor) => actor.id === `listener:${id?.listener}`);
      const begun = listener?.enteredAt.get("draining") ?? Number.NaN;
      const remaining = begun + timeouts.drainTimeout - clock.now();
      const before = observation.transitions.length;
      clock.advance(remaining - 1);
      await world.turn();
      const early = observation.transitions.slice(before).find(({ chart }) => chart === "connection");
      if (early) throw new Error(`${early.event} came before drainTimeout had passed.`);
      clock.advance(1);
    },
  },
];

const untilAdmission = [...arrivals, ...headers, ...piecemeal];
/** What comes after is the same with such rules and without. */
const meanwhile = [...ends, ...server].map(
  (stimulus): ConnectionStimulus => ({
    ...stimulus,
    possible: (at) => isIn("proxyHeader", "admitting")(at) && (stimulus.possible?.(at) ?? true),
  }),
);
const untilAdmitted = [...arrivals, ...headers.slice(0, 1), ...answers, ...lateAnswers, ...meanwhile];

/** What the peer and the session saw of it. */
function compare(world: ConnectionWorld, { snapshot, facts }: Situation): Difference[] {
  const { talk } = world;
  const client = world.clients.at(-1);
  const over = snapshot.value === "closed";
  const closing = snapshot.value === "closing";
  const differences: Difference[] = [];
  const check = (of: string, expected: unknown, actual: unknown): void => {
    if (expected !== actual) differences.push({ of, expected, actual });
  };
  check(
    "injected commands acted on",
    false,
    talk.lines.some((line) => line.startsWith("INJECT")),
  );
  if (client && !facts.has("reset") && !facts.has("deaf")) {
    if (over) check("the client sees an end", true, client.view !== "open");
    else check("the client sees", closing ? "fin" : "open", client.view);
  }
  check("active although told to leave", false, facts.has("leaving") && snapshot.value === "active");
  const told = talk.closed.length;
  if (over && talk.opened > 0 && !isStream({ snapshot, facts })) {
    check("times that the session was told of the end", 1, told);
    check("cause that the session was told", snapshot.context.cause, talk.closed[0]);
  }
  if (!over) check("times that the session was told of the end", 0, told);
  const { withdrawn } = world.rules;
  if (snapshot.value !== "admitting") check("open questions", 0, world.rules.asked - withdrawn);
  if (over) check("end event's cause", snapshot.context.cause, endCause(world));
  if (over) check("connections inside", 0, world.gatehouse.connections().length);
  return differences;
}

function endCause({ bench }: ConnectionWorld): string | undefined {
  return bench.events.flatMap((event) => (event.type === "connection.closed" ? [event.cause] : []))[0];
}

export function connectionModel(kind: ConnectionKind): Model<ConnectionWorld> {
  const settings: ConnectionSettings = { ...kind, ...timeouts, closeTimeout };
  return {
    machine: connectionMachine,
    input: { settings, cause: null, drainRequested: false } satisfies ConnectionContext,
    stimuli: kind.asyncAdmission ? untilAdmitted : [...untilAdmission, ...handshakes, ...words, ...ends, ...server],
    async open(bench) {
      const world = new ConnectionWorld(bench, kind);
      await world.gatehouse.start();
      return world;
    },
    context: ["cause", "drainRequested"],
    compare,
    milliseconds: ({ delay }, { facts }) =>
      delay === "drainTimeout" && facts.has("a reload shortens the drain") ? timeouts.drainTimeout / 2 : undefined,
    mayPass({ delay }, { facts }) {
      // Two events come of it: a stimulus lets it pass.
      if (delay === "admissionTimeout") return false;
      if (delay === "closeTimeout") return true;
      // The listener's own limit comes first, unless a shorter one was put into force.
      if (delay === "drainTimeout") return true;
      return !facts.has("leaving");
    },
  };
}
