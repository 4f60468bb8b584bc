/** What the models of mail sessions share: how a client comes, secures its connection, and how the session ends. */
import { type AnyEventObject, type AnyMachineSnapshot, transition } from "xstate";
import type { EndCause } from "../../src/index.ts";
import type { Impossible, Situation, Stimulus } from "../../src/testing/index.ts";
import type { MailWorld } from "./mail-world.ts";

export type Condition = (at: Situation) => boolean;

export const event = (type: string): AnyEventObject => ({ type });
export const ended = (cause: EndCause): AnyEventObject => ({ type: "session.ended", cause });
export const connectionClosed = event("connection.closed");

export const is =
  (...states: string[]): Condition =>
  ({ snapshot }) =>
    states.includes(String(snapshot.value));
export const has =
  (...facts: string[]): Condition =>
  (at) =>
    facts.every((fact) => at.facts.has(fact));
export const once =
  (...facts: string[]): Condition =>
  (at) =>
    facts.every((fact) => !at.facts.has(fact));
export const all =
  (...conditions: Condition[]): Condition =>
  (at) =>
    conditions.every((condition) => condition(at));

export const draining: Condition = ({ snapshot }) => snapshot.context.draining;
/** The client's side of the connection is open. */
export const connected: Condition = (at) =>
  all(has("connected"), once("FIN waits"))(at) && at.snapshot.status === "active";

export const credentials = (username: string, password: string): string =>
  Buffer.from(`\0${username}\0${password}`).toString("base64");

/** The client has said goodbye. */
export const goodbye = ended("quit");

/** In clear, the connection of a client that has said goodbye is closed at once; TLS has a goodbye of its own. */
export function parting(events: readonly AnyEventObject[], { facts }: Situation): readonly AnyEventObject[] {
  return events.includes(goodbye) && !facts.has("secured") ? [...events, connectionClosed] : events;
}

interface Command<World extends MailWorld> {
  readonly line: string;
  readonly from: readonly string[];
  readonly events: readonly AnyEventObject[];
  readonly when?: Condition;
  readonly leaves?: readonly string[];
  /** What is done before the line is sent. */
  readonly before?: (world: World) => void;
}

/** A line that the client sends in some states. */
export function command<World extends MailWorld>(
  name: string,
  { line, from, events, when, leaves = [], before }: Command<World>,
): Stimulus<World> {
  return {
    name,
    events: (at) => parting(events, at),
    possible: (at) => connected(at) && is(...from)(at) && (when?.(at) ?? true),
    leaves,
    async apply(world) {
      before?.(world);
      await world.say(line);
    },
  };
}

/** @param greeting how it begins */
export function arrival<World extends MailWorld>(greeting: string): Stimulus<World> {
  return {
    name: "a client comes, and is greeted",
    events: [event("greeting.sent")],
    possible: once("connected"),
    leaves: ["connected"],
    async apply(world) {
      await world.connect();
      await world.client.until(greeting);
    },
  };
}

interface Upgrade {
  /** STARTTLS or STLS. */
  readonly command: string;
  readonly event: string;
  readonly from: readonly string[];
  readonly goAhead: string;
  /** A command that must not be carried out when it is sent in clear behind the other one. */
  readonly injected: string;
  /** The client's first command under TLS, and all that it hears up to its answer. */
  readonly probe: { readonly line: string; readonly end: string; readonly answer: RegExp };
}

/** TLS within the session, with and without what an attacker sends in clear behind the command. */
export function upgrade<World extends MailWorld>(how: Upgrade): readonly Stimulus<World>[] {
  const injections = {
    "": "",
    ", with a command behind it": `${how.injected}\r\n`,
    ", with a fragment behind it": how.injected.slice(0, -3),
  };
  const asked = Object.entries(injections).map(
    ([behind, injected]): Stimulus<World> => ({
      name: `${how.command}${behind}`,
      events: [event(how.event)],
      possible: all(connected, is(...how.from), once("secured")),
      leaves: behind === "" ? [] : [`injected${behind}`],
      async apply(world) {
        const heard = world.client.received.length;
        world.client.send(`${how.command}\r\n${injected}`);
        await world.client.until(how.goAhead, heard);
      },
    }),
  );
  return [...asked, handshake(how), drainInHandshake()];
}

function handshake<World extends MailWorld>({ probe }: Upgrade): Stimulus<World> {
  return {
    name: "the handshake",
    events: ({ facts }) => [event("tls.secured"), ...(facts.has("drained in the handshake") ? [event("drain")] : [])],
    possible: all(connected, is("upgrading"), once("secured")),
    leaves: ["secured"],
    async apply(world) {
      const heard = world.client.received.length;
      const isDrained = world.situation?.facts.has("drained in the handshake");
      await world.client.secure();
      if (isDrained) return;
      // The first answer under TLS is that to the first command under TLS.
      world.client.line(probe.line);
      await world.client.until(probe.end, heard);
      const answer = world.client.received.slice(heard);
      if (!probe.answer.test(answer)) throw new Error(`What was sent in clear was acted on: ${answer}`);
    },
  };
}

function drainInHandshake<World extends MailWorld>(): Stimulus<World> {
  return {
    name: "the server drains in mid-handshake",
    events: [],
    possible: all(connected, is("upgrading"), once("drained in the handshake")),
    leaves: ["drained in the handshake"],
    apply: (world) => world.begin(world.gatehouse.stop()),
  };
}

/** What somebody may think about for long, by what the paths call it. */
export type Questions = Readonly<
  Record<string, { readonly state: string; readonly answered: readonly AnyEventObject[] }>
>;

/** The question that has no answer yet; null when there is none. */
export function pending(questions: Questions, { facts, snapshot }: Situation): string | null {
  const asked = Object.keys(questions).filter((fact) => questions[fact]?.state === snapshot.value && facts.has(fact));
  return asked.find((fact) => !facts.has(`${fact}, answered`)) ?? null;
}

/** The answers to them; a FIN that came meanwhile is seen then. */
export function answers<World extends MailWorld>(
  questions: Questions,
  answer: (world: World) => void,
): readonly Stimulus<World>[] {
  return Object.entries(questions).map(([fact, { answered }]) => ({
    name: `the answer to what was ${fact}`,
    events: (at) => withFin(answered, at),
    possible: (at) => at.snapshot.status === "active" && pending(questions, at) === fact,
    leaves: [`${fact}, answered`],
    apply: answer,
  }));
}

/** What ends the work of the session, and the FIN that came meanwhile, unless the session ends by itself then. */
export function withFin(events: readonly AnyEventObject[], at: Situation): readonly AnyEventObject[] {
  if (!at.facts.has("FIN waits")) return parting(events, at);
  const { snapshot } = at;
  const [after] = events.reduce<[AnyMachineSnapshot, unknown]>(
    ([before], one) => transition(snapshot.machine, before, one),
    [snapshot, null],
  );
  const isOver = ["closing", "logout"].includes(String(after.value));
  return [...events, ...(isOver ? [] : [ended("peer-ended")]), connectionClosed];
}

interface Ends {
  /** The state of the last words. */
  readonly closing: string;
  /** For which limit the session ends here; null when the connection does not wait for the session. */
  readonly timeOut: (at: Situation) => EndCause | null;
  /** Something is carried out: the session does not see a FIN before that is done. */
  readonly isBusy: Condition;
}

/** The ends that are the same in every protocol. */
export function endings<World extends MailWorld>({ closing, timeOut, isBusy }: Ends): readonly Stimulus<World>[] {
  const noTurn = is("upgrading", closing);
  return [
    {
      name: "nothing happens for too long",
      events: (at) => {
        const cause = draining(at) || noTurn(at) ? null : timeOut(at);
        if (cause === null) return [connectionClosed];
        return withFin([ended(cause)], at);
      },
      possible: ({ snapshot, facts }) => facts.has("connected") && snapshot.status === "active",
      apply: (world) => world.passTime(),
    },
    {
      name: "the client sends FIN",
      events: (at) => (noTurn(at) ? [connectionClosed] : [ended("peer-ended"), connectionClosed]),
      possible: (at) => connected(at) && !isBusy(at),
      apply: (world) => world.client.finish(),
    },
    {
      name: "the client sends FIN while its command is carried out",
      events: [],
      possible: (at) => connected(at) && isBusy(at),
      leaves: ["FIN waits"],
      apply: (world) => world.client.finish(),
    },
    {
      name: "the client resets",
      events: [connectionClosed],
      possible: connected,
      apply: (world) => world.client.reset(),
    },
    {
      name: "the server drains",
      events: [event("drain")],
      possible: (at) => connected(at) && !draining(at) && !noTurn(at),
      apply: (world) => world.begin(world.gatehouse.stop()),
    },
  ];
}

/** What is impossible in every protocol. @param closing the state of the last words */
export function impossibleInSessions(closing: string): Impossible {
  const sameTurn = "the greeting is sent in the turn in which the session begins";
  const noTurn = "the session has no turn while the handshake is under way: it hears of what came when that is done";
  const said = "a session that has said its last word has no turn any more";
  return {
    "greeting: drain": sameTurn,
    "greeting: session.ended": sameTurn,
    "greeting: connection.closed": sameTurn,
    "upgrading: drain": noTurn,
    "upgrading: session.ended": noTurn,
    [`${closing}: drain`]: said,
    [`${closing}: session.ended`]: said,
  };
}

const otherSession = "the embedder's session has every turn from the one on in which the dialogue is taken over";

/** Where an embedder's session may go on after the log-in. */
export const impossibleWhenTakenOver: Impossible = {
  "takenOver: drain": otherSession,
  "takenOver: session.ended": otherSession,
};

/** What the chart does not know, and what matters for what can follow: to tell situations apart by. */
export function unknownToChart(questions: Questions, at: Situation): readonly unknown[] {
  const { snapshot, facts } = at;
  const inHandshake = (fact: string): boolean => /^injected|^drained in/.test(fact) && snapshot.value === "upgrading";
  return [pending(questions, at), [...facts].filter((fact) => inHandshake(fact) || fact === "FIN waits")];
}
