/** The POP3 session's chart, how each of its events comes about over the wire, and what becomes of the messages. */
import { MailboxError } from "../../src/index.ts";
import { pop3Machine } from "../../src/protocols/pop3/machine.ts";
import type { Difference, Impossible, Model, Situation, Stimulus } from "../../src/testing/index.ts";
import {
  all,
  answers,
  arrival,
  type Condition,
  command,
  connected,
  connectionClosed,
  credentials,
  ended,
  endings,
  event,
  goodbye,
  has,
  impossibleInSessions,
  impossibleWhenTakenOver,
  is,
  once,
  pending,
  type Questions,
  unknownToChart,
  upgrade,
  withFin,
} from "./mail-session.ts";
import { embeddersWords } from "./mail-world.ts";
import { delivered, Pop3World } from "./pop3-world.ts";

type Pop3Stimulus = Stimulus<Pop3World>;

const inClear = ["authorization", "named"];
const between = [...inClear, "transaction"];
const named = event("command.user");
const verifying = event("credentials.given");
const locking = event("login.succeeded");
const locked = event("maildrop.locked");
const failed = event("login.failed");
const welcome = [verifying, locking, locked];
const refused = [named, verifying, failed];
const sent = event("response.sent");

const tls = upgrade<Pop3World>({
  command: "STLS",
  event: "command.stls",
  from: inClear,
  goAhead: "+OK Begin TLS",
  injected: "USER injected",
  probe: { line: "CAPA", end: "\r\n.\r\n", answer: /^\+OK Capability/ },
});

/** A name and a password at once, from where there was no name yet. */
const userAndPass = (username: string, password = "good") => ({
  line: `USER ${username}\r\nPASS ${password}`,
  from: ["authorization"],
});

const login: readonly Pop3Stimulus[] = [
  command("USER", { line: "USER anna", from: inClear, events: [named] }),
  command("PASS with the right password", { line: "PASS good", from: ["named"], events: welcome }),
  command("PASS without a name", { line: "PASS good", from: ["authorization"], events: [] }),
  command("AUTH PLAIN with an initial response", {
    line: `AUTH PLAIN ${credentials("anna", "good")}`,
    from: inClear,
    events: welcome,
  }),
  command("AUTH LOGIN", { line: "AUTH LOGIN", from: inClear, events: [event("command.auth")] }),
  {
    name: "name and password, one after the other",
    events: welcome,
    possible: all(connected, is("authenticating")),
    async apply(world) {
      await world.ask(Buffer.from("anna").toString("base64"), "+ ");
      await world.say(Buffer.from("good").toString("base64"));
    },
  },
  command("the exchange is cancelled", { line: "*", from: ["authenticating"], events: [failed] }),
  command("what is no Base64", { line: "?", from: ["authenticating"], events: [failed] }),
  {
    ...command("a wrong password, and the time until that is said", {
      ...{ ...userAndPass("anna", "bad"), events: refused, when: once("wrong") },
      leaves: ["wrong"],
    }),
    apply: (world) => world.guessWrong(userAndPass("anna", "bad").line),
  },
  {
    ...command("three wrong passwords", {
      ...userAndPass("anna", "bad"),
      events: [...refused, ...refused, named, verifying, ended("authentication-failed")],
      when: once("wrong"),
      leaves: ["wrong"],
    }),
    async apply(world) {
      for (let attempt = 0; attempt < 3; attempt++) await world.guessWrong(userAndPass("anna", "bad").line);
    },
  },
  command("a log-in that the backend thinks about", {
    ...{ ...userAndPass("slow"), events: [named, verifying], when: once("asked for an opinion of credentials") },
    leaves: ["asked for an opinion of credentials"],
  }),
  command("a log-in whose maildrop is locked slowly", {
    ...{ ...userAndPass("anna"), events: [named, verifying, locking], when: once("asked for the lock") },
    leaves: ["asked for the lock"],
    before: ({ store }) => store.hold("lockMaildrop"),
  }),
  command("a log-in while the store is out of order", {
    ...{ ...userAndPass("anna"), events: [named, verifying, locking, event("maildrop.unavailable")] },
    before: ({ store }) => store.break("open"),
  }),
  command("a log-in while another session has the maildrop", {
    ...{ ...userAndPass("anna"), events: [named, verifying, locking, event("maildrop.unavailable")] },
    before: ({ store }) => store.break("lockMaildrop", new MailboxError("maildrop-locked", "Another has it.")),
  }),
  {
    ...command("a log-in of somebody whose dialogue the embedder takes over", {
      ...{ ...userAndPass("embedder"), events: [named, verifying, event("dialogue.takenOver"), connectionClosed] },
    }),
    apply: (world) => world.ask(userAndPass("embedder").line, embeddersWords),
  },
  command("a log-in of somebody with very much mail", {
    ...{ ...userAndPass("hoarder"), events: [named, ...welcome], leaves: ["very much mail"] },
  }),
];

const isOrdinary = once("very much mail");
const marked = all(has("marked"), once("unmarked"));
const inTransaction = (
  name: string,
  how: Partial<Parameters<typeof command<Pop3World>>[1]> & { line: string },
): Pop3Stimulus =>
  command(name, { events: [], ...how, from: ["transaction"], when: all(isOrdinary, how.when ?? (() => true)) });
const retrieval = { line: "RETR 2", events: [event("command.retr"), sent] };

const maildrop: readonly Pop3Stimulus[] = [
  inTransaction("STAT", { line: "STAT" }),
  inTransaction("LIST of one message", { line: "LIST 2" }),
  inTransaction("LIST", { line: "LIST", events: [event("command.list"), sent] }),
  inTransaction("TOP", { ...retrieval, line: "TOP 2 0" }),
  {
    ...inTransaction("RETR", retrieval),
    apply: (world) => world.ask("RETR 2", `\r\n${delivered}.\r\n`),
  },
  inTransaction("RETR of what is not there", { line: "RETR 9" }),
  inTransaction("RETR that the store thinks about", {
    ...{ line: "RETR 2", events: [event("command.retr")], when: once("asked for a message") },
    leaves: ["asked for a message"],
    before: ({ store }) => store.hold("content"),
  }),
  inTransaction("RETR while the store is out of order", {
    ...retrieval,
    before: ({ store }) => store.break("content"),
  }),
  inTransaction("RETR of a message that another session has removed", {
    ...retrieval,
    before: ({ store }) => store.break("content", new MailboxError("message-missing", "It was expunged.")),
  }),
  inTransaction("RETR of a message that cannot be read to its end", {
    ...{ line: "RETR 2", events: [event("command.retr"), ended("session-failed")] },
    before: ({ store }) => store.break("read"),
  }),
  inTransaction("DELE", { line: "DELE 1", when: once("marked"), leaves: ["marked"] }),
  inTransaction("DELE of a message that is marked", { line: "DELE 1", when: marked }),
  inTransaction("RSET", { line: "RSET", when: marked, leaves: ["unmarked"] }),
];

const quit = { line: "QUIT", events: [event("command.quit"), goodbye] };
const quits: readonly Pop3Stimulus[] = [
  command("QUIT without a log-in", { line: "QUIT", from: inClear, events: [goodbye] }),
  command("QUIT", { ...quit, from: ["transaction"], leaves: ["updated"] }),
  inTransaction("QUIT, and the store takes its time to remove what is marked", {
    ...{ line: "QUIT", events: [event("command.quit")], when: marked, leaves: ["asked to remove"] },
    before: ({ store }) => store.hold("remove"),
  }),
  inTransaction("QUIT while the store is out of order", {
    ...{ ...quit, when: marked, leaves: ["not removed"] },
    before: ({ store }) => store.break("remove"),
  }),
];

const readsNothing: Condition = (at) =>
  all(has("reads nothing"), once("reads on"))(at) && is("listing", "retrieving")(at);
const slowReader = (line: string, begun: string): Pop3Stimulus =>
  command(`${line} to a client that reads nothing`, {
    ...{ line, from: ["transaction"], events: [event(begun)], leaves: ["reads nothing"] },
    when: all(has("very much mail"), once("reads nothing")),
    before: ({ client }) => client.stopReading(),
  });

const slowReaders: readonly Pop3Stimulus[] = [
  slowReader("UIDL", "command.list"),
  slowReader("RETR 1", "command.retr"),
  {
    name: "the client reads on",
    events: (at) => withFin([sent], at),
    possible: (at) => at.snapshot.status === "active" && readsNothing(at),
    leaves: ["reads on"],
    apply: ({ client }) => void client.stream.resume(),
  },
];

const questions: Questions = {
  "asked for an opinion of credentials": { state: "verifying", answered: [locking, locked] },
  "asked for the lock": { state: "locking", answered: [locked] },
  "asked for a message": { state: "retrieving", answered: [sent] },
  "asked to remove": { state: "update", answered: [goodbye] },
};

/** The store has not given the lock yet. */
const isUnanswered = all(has("asked for the lock"), once("asked for the lock, answered"));

const answered: readonly Pop3Stimulus[] = [
  ...answers<Pop3World>(questions, ({ store }) => store.gate.answer()),
  {
    name: "the lock is there when the session is over",
    events: [],
    possible: all(is("closing", "closed"), isUnanswered),
    leaves: ["asked for the lock, answered"],
    apply: ({ store }) => store.gate.answer(),
  },
];

const mistakes: readonly Pop3Stimulus[] = [
  {
    name: "commands that are wrong until the server has had enough",
    events: [ended("too-many-errors")],
    possible: all(connected, is(...between), isOrdinary),
    async apply(world) {
      for (let error = 0; error < 10 && !world.client.received.includes("Too many"); error++)
        await world.ask("WRONG", "-ERR");
    },
  },
  ...Object.entries({
    "a line that ends with a bare line feed": { line: "NOOP\n", cause: "protocol-error" },
    "a request of HTTP": { line: "GET / HTTP/1.1", cause: "protocol-error" },
    "a line that is too long": { line: "x".repeat(3_000), cause: "line-too-long" },
  } as const).map(([name, { line, cause }]) =>
    command<Pop3World>(name, { line, from: between, events: [ended(cause)], when: isOrdinary }),
  ),
];

const isBusy: Condition = (at) => pending(questions, at) !== null || readsNothing(at);
const ends = endings<Pop3World>({
  closing: "closing",
  timeOut(at) {
    if (readsNothing(at)) return null;
    return is("transaction")(at) ? "idle-timeout" : "session-timeout";
  },
  isBusy,
});

/** What was marked is removed by QUIT and by nothing else, the lock lasts as long as the log-in, and each command is answered. */
function compare(world: Pop3World, at: Situation): Difference[] {
  const isUpdated = has("updated")(at) || has("asked to remove, answered")(at);
  const isLoggedIn = is("transaction", "listing", "retrieving", "update")(at) && isOrdinary(at);
  const differences = [
    { of: "the first message is there", expected: !(isUpdated && marked(at)), actual: world.kept.includes(1) },
    { of: "the second message is there", expected: true, actual: world.kept.includes(2) },
    { of: "the maildrop is locked", expected: isLoggedIn, actual: world.isLocked },
    ...repliesCompared(world, at),
  ];
  if (!isUnanswered(at)) {
    const expected = is("transaction", "listing", "retrieving", "update")(at) ? 1 : 0;
    differences.push({ of: "accounts that are open", expected, actual: world.store.opened });
  }
  return differences.filter(({ expected, actual }) => expected !== actual);
}

function repliesCompared({ clients: [client], said }: Pop3World, at: Situation): Difference[] {
  if (!client || isBusy(at)) return [];
  if (is("closing")(at)) {
    const { cause } = at.snapshot.context;
    const words = cause === "drained" ? "-ERR [SYS/TEMP] localhost Server shutting down" : "+OK Bye";
    if (cause !== "drained" && (cause !== "quit" || has("not removed")(at))) return [];
    return [{ of: "the last words", expected: words, actual: client.received.split("\r\n").at(-2) }];
  }
  if (!is(...between, "authenticating")(at)) return [];
  // Those to STLS and to the command behind the handshake are looked at there.
  const replies = client.received.match(/^(?:\+OK(?! Begin TLS| Capability)|-ERR|\+ )/gm)?.length ?? 0;
  return [{ of: "replies", expected: 1 + said, actual: replies }];
}

export const pop3Model: Model<Pop3World> = {
  machine: pop3Machine,
  stimuli: [
    ...[arrival<Pop3World>("+OK "), ...tls, ...login, ...maildrop, ...quits],
    ...[...slowReaders, ...answered, ...mistakes, ...ends],
  ],
  async open(bench) {
    const world = new Pop3World(bench);
    await world.gatehouse.start();
    return world;
  },
  context: ["draining", "cause"],
  compare,
};

export const impossible: Impossible = {
  ...impossibleInSessions("closing"),
  ...impossibleWhenTakenOver,
  "listing: session.ended":
    "a listing waits for nothing but its reader, and the connection ends one that reads nothing",
};

/** What tells situations apart in which each stimulus is tried. */
export function distinguish(at: Situation): string {
  const { draining, cause } = at.snapshot.context;
  const state = String(at.snapshot.value);
  const isLate = state.startsWith("clos") && isUnanswered(at);
  const marks = is("transaction")(at) && at.facts.has("unmarked") ? "reset" : marked(at);
  const last = state === "closing" ? cause : null;
  const unknown = unknownToChart(questions, at);
  return JSON.stringify([state, draining, last, isLate, marks, isOrdinary(at), readsNothing(at), unknown]);
}
