/** The ManageSieve session's chart, how each of its events comes about over the wire, and what becomes of the scripts. */
import { isDeepStrictEqual } from "node:util";
import { MailboxError } from "../../src/index.ts";
import { manageSieveMachine } from "../../src/protocols/manage-sieve/machine.ts";
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
} from "./mail-session.ts";
import { embeddersWords } from "./mail-world.ts";
import { ManageSieveWorld } from "./manage-sieve-world.ts";

type SieveStimulus = Stimulus<ManageSieveWorld>;

const between = ["nonAuthenticated", "authenticated"];
const verifying = event("credentials.given");
const welcome = [verifying, event("login.succeeded")];
const failed = event("login.failed");
const work = [event("command.script"), event("mailbox.answered")];

const tls = upgrade<ManageSieveWorld>({
  command: "STARTTLS",
  event: "command.starttls",
  from: ["nonAuthenticated"],
  goAhead: 'OK "Begin TLS',
  injected: 'NOOP "injected"',
  probe: {
    line: 'NOOP "probe"',
    end: '(TAG "probe") "Done"\r\n',
    answer: /^(?:"[A-Z]+"(?: ".*")?\r\n)+OK "Gatehouse is ready"\r\nOK \(TAG "probe"\) "Done"\r\n$/,
  },
});

/** A literal was begun, and its rest has not come yet. */
const half: Condition = (at) => all(has("half a script"), once("the rest of it"))(at) && is("authenticated")(at);

/** A command from where one can begin. */
const say = (name: string, how: Parameters<typeof command<ManageSieveWorld>>[1]): SieveStimulus =>
  command(name, { ...how, when: (at) => !half(at) && (how.when?.(at) ?? true) });
const plain = (username: string, password = "good") => ({
  line: `AUTHENTICATE "PLAIN" "${credentials(username, password)}"`,
  from: ["nonAuthenticated"],
});
const response = (name: string, line: string, events = [failed]): SieveStimulus => ({
  name,
  events,
  possible: all(connected, is("authenticating")),
  apply: (world) => world.sayMore(line),
});

const login: readonly SieveStimulus[] = [
  say("AUTHENTICATE with an initial response", { ...plain("anna"), events: welcome }),
  say("AUTHENTICATE", {
    ...{ line: 'AUTHENTICATE "PLAIN"', from: ["nonAuthenticated"], events: [event("command.authenticate")] },
  }),
  response("the response", `"${credentials("anna", "good")}"`, welcome),
  response("the response as a literal", `{16+}\r\n${credentials("anna", "good")}`, welcome),
  response("the exchange is cancelled", '"*"'),
  response("what is no Base64", '"?"'),
  response("a command in place of the response", "NOOP"),
  say("AUTHENTICATE by a mechanism that is not there", {
    ...{ line: 'AUTHENTICATE "CRAM-MD5"', from: ["nonAuthenticated"], events: [] },
  }),
  {
    ...say("a wrong password, and the time until that is said", {
      ...{ ...plain("anna", "bad"), events: [verifying, failed], when: once("wrong"), leaves: ["wrong"] },
    }),
    apply: (world) => world.guessWrong(plain("anna", "bad").line),
  },
  {
    ...say("three wrong passwords", {
      ...plain("anna", "bad"),
      events: [verifying, failed, verifying, failed, verifying, ended("authentication-failed")],
      when: once("wrong"),
      leaves: ["wrong"],
    }),
    async apply(world) {
      for (let attempt = 0; attempt < 3; attempt++) await world.guessWrong(plain("anna", "bad").line);
    },
  },
  say("a log-in that the backend thinks about", {
    ...{ ...plain("slow"), events: [verifying], when: once("asked for an opinion of credentials") },
    leaves: ["asked for an opinion of credentials"],
  }),
  say("a log-in whose account is opened slowly", {
    ...{ ...plain("anna"), events: [verifying], when: once("asked to open an account") },
    leaves: ["asked to open an account"],
    before: ({ store }) => store.hold("open"),
  }),
  say("a log-in while the store is out of order", {
    ...{ ...plain("anna"), events: [verifying, failed] },
    before: ({ store }) => store.break("open"),
  }),
  {
    ...say("a log-in of somebody whose dialogue the embedder takes over", {
      ...{ ...plain("embedder"), events: [verifying, event("dialogue.takenOver"), connectionClosed] },
    }),
    async apply(world) {
      await world.say(plain("embedder").line);
      await world.client.until(embeddersWords);
    },
  },
  say("UNAUTHENTICATE", {
    ...{ line: "UNAUTHENTICATE", from: ["authenticated"], events: [event("command.unauthenticate")] },
  }),
];

const scripted = (
  name: string,
  how: Partial<Parameters<typeof command<ManageSieveWorld>>[1]> & { line: string },
): SieveStimulus => say(name, { events: work, ...how, from: ["authenticated"] });
const put = (name: string, script: string): string => `PUTSCRIPT "${name}" {${script.length}+}\r\n${script}`;
const valid = "keep;\r\n";
const put1st = put("first", valid);

const scripts: readonly SieveStimulus[] = [
  scripted("PUTSCRIPT", { line: put1st, leaves: ["first"] }),
  scripted("PUTSCRIPT of another text", { line: put("first", "discard;\r\n"), leaves: ["first"] }),
  scripted("PUTSCRIPT of a second one", { line: put("second", valid), leaves: ["second"] }),
  scripted("PUTSCRIPT of a third one", { line: put("third", valid) }),
  scripted("PUTSCRIPT that is not valid", { line: put("first", "nonsense;\r\n"), events: [] }),
  scripted("PUTSCRIPT that is too large", { line: put("first", `# ${"x".repeat(140_000)}\r\n`), events: [] }),
  scripted("PUTSCRIPT that the store thinks about", {
    ...{ line: put("first", "stop;\r\n"), events: [event("command.script")], when: once("asked to keep a script") },
    leaves: ["asked to keep a script"],
    before: ({ store }) => store.hold("put"),
  }),
  scripted("PUTSCRIPT while the store is out of order", {
    line: put("first", "stop;\r\n"),
    before: ({ store }) => store.break("put"),
  }),
  scripted("PUTSCRIPT without room in the account", {
    line: put("first", "stop;\r\n"),
    before: ({ store }) => store.break("put", new MailboxError("over-quota", "There is no room left.")),
  }),
  scripted("CHECKSCRIPT", { line: `CHECKSCRIPT "${valid.trim()}"`, events: [] }),
  scripted("HAVESPACE", { line: 'HAVESPACE "first" 100' }),
  scripted("LISTSCRIPTS", { line: "LISTSCRIPTS" }),
  scripted("GETSCRIPT", { line: 'GETSCRIPT "first"' }),
  scripted("SETACTIVE", { line: 'SETACTIVE "first"', when: has("first"), leaves: ["active"] }),
  scripted("SETACTIVE of none", { line: 'SETACTIVE ""' }),
  scripted("DELETESCRIPT", { line: 'DELETESCRIPT "first"' }),
  scripted("RENAMESCRIPT", { line: 'RENAMESCRIPT "first" "second"' }),
  {
    ...scripted("PUTSCRIPT up to the middle of a literal", {
      ...{ line: "", events: [], when: once("half a script"), leaves: ["half a script"] },
    }),
    async apply(world) {
      world.said.push(put1st);
      world.client.send(put1st.slice(0, -4));
      await world.delivered();
    },
  },
  {
    name: "the rest of the literal",
    events: work,
    possible: all(connected, half),
    leaves: ["the rest of it", "first"],
    apply: (world) => world.sayMore(put1st.slice(-4)),
  },
];

const anyTime: readonly SieveStimulus[] = [
  say("CAPABILITY", { line: "CAPABILITY", from: between, events: [] }),
  say("NOOP", { line: 'NOOP "a tag"', from: between, events: [] }),
  say("LISTSCRIPTS without a log-in", { line: "LISTSCRIPTS", from: ["nonAuthenticated"], events: [] }),
  say("AUTHENTICATE after a log-in", { ...plain("anna"), from: ["authenticated"], events: [] }),
  say("LOGOUT", { line: "LOGOUT", from: between, events: [goodbye] }),
  {
    ...say("commands that are wrong until the server has had enough", {
      ...{ line: "", from: between, events: [ended("too-many-errors")] },
    }),
    async apply(world) {
      while (!world.client.received.includes("BYE")) {
        const heard = world.client.received.length;
        await world.say("WRONG");
        await world.client.until("\r\n", heard);
      }
    },
  },
  {
    ...say("commands without a log-in until the server has had enough", {
      ...{ line: "", from: ["nonAuthenticated"], events: [ended("too-many-errors")] },
    }),
    async apply(world) {
      const commands = Array.from({ length: 51 }, () => "NOOP");
      world.said.push(...commands);
      await world.sayMore(commands.join("\r\n"));
    },
  },
  ...Object.entries({
    "a line that ends with a bare line feed": { line: "NOOP\n", cause: "protocol-error" },
    "a literal that waits": { line: "NOOP {5}", cause: "protocol-error" },
    "a request of HTTP": { line: "GET / HTTP/1.1", cause: "protocol-error" },
    "a line that is too long": { line: "x".repeat(5_000), cause: "line-too-long" },
    "a literal that is far too long": { line: "NOOP {99999999+}", cause: "line-too-long" },
  } as const).map(([name, { line, cause }]) => say(name, { line, from: between, events: [ended(cause)] })),
];

const questions: Questions = {
  "asked for an opinion of credentials": { state: "verifying", answered: [event("login.succeeded")] },
  "asked to open an account": { state: "verifying", answered: [event("login.succeeded")] },
  "asked to keep a script": { state: "working", answered: [event("mailbox.answered")] },
};

/** What the store was asked, and has not answered yet. */
const unanswered = ({ facts }: Situation): string | null =>
  Object.keys(questions).find((fact) => facts.has(fact) && !facts.has(`${fact}, answered`)) ?? null;

const answered: readonly SieveStimulus[] = [
  ...answers<ManageSieveWorld>(questions, ({ store }) => store.gate.answer()),
  ...Object.keys(questions).map(
    (fact): SieveStimulus => ({
      name: `when the session is over, the answer to what was ${fact}`,
      events: [],
      possible: (at) => is("closing", "closed")(at) && unanswered(at) === fact,
      leaves: [`${fact}, answered`],
      apply: ({ store }) => store.gate.answer(),
    }),
  ),
];

const isBusy: Condition = (at) => pending(questions, at) !== null;
const ends = endings<ManageSieveWorld>({
  closing: "closing",
  timeOut: (at) => (is("authenticated")(at) ? "idle-timeout" : "session-timeout"),
  isBusy,
});

/** A script that was acknowledged is kept, one that was refused is not, and each command has its reply. */
function compare(world: ManageSieveWorld, at: Situation): Difference[] {
  const { acknowledged, possible, kept, replies, said, store } = world;
  const isSaid = !isBusy(at) && !half(at) && is(...between)(at);
  const isOpen = is("authenticated", "working")(at);
  const differences: Difference[] = [
    { of: "scripts", expected: acknowledged, actual: isDeepStrictEqual(kept, possible) ? acknowledged : kept },
    { of: "accounts that are open", expected: isOpen ? 1 : 0, actual: store.opened },
    {
      of: "replies, or fewer",
      expected: isSaid ? said.length : Math.min(said.length, replies.length),
      actual: replies.length,
    },
    ...lastWordsCompared(world, at),
  ];
  return differences.filter(({ expected, actual }) => !isDeepStrictEqual(expected, actual));
}

/** RFC 5804 section 1.3: BYE tells why the server goes. */
function lastWordsCompared({ clients: [client] }: ManageSieveWorld, at: Situation): Difference[] {
  if (!client || !is("closing")(at)) return [];
  const { cause } = at.snapshot.context;
  const byes = client.received.match(/^BYE /gm)?.length ?? 0;
  const last = client.received.split("\r\n").at(-2) ?? "";
  if (cause === "quit") return [{ of: "the last words", expected: 'OK "Logged out"', actual: last }];
  const isTold = cause !== "peer-ended" && cause !== "session-failed";
  return [
    { of: "BYE", expected: isTold ? 1 : 0, actual: byes },
    { of: "BYE comes last", expected: isTold, actual: last.startsWith("BYE ") },
  ];
}

export const manageSieveModel: Model<ManageSieveWorld> = {
  machine: manageSieveMachine,
  stimuli: [
    ...[arrival<ManageSieveWorld>('OK "Gatehouse is ready"'), ...tls, ...login],
    ...[...scripts, ...anyTime, ...answered, ...ends],
  ],
  async open(bench) {
    const world = new ManageSieveWorld(bench);
    await world.gatehouse.start();
    return world;
  },
  context: ["draining", "cause"],
  compare,
};

export const impossible: Impossible = {
  ...impossibleInSessions("closing"),
  ...impossibleWhenTakenOver,
};

/** What tells situations apart in which each stimulus is tried. */
export function distinguish(at: Situation): string {
  const { draining, cause } = at.snapshot.context;
  const state = String(at.snapshot.value);
  const late = state.startsWith("clos") ? unanswered(at) : null;
  const known = state === "authenticated" ? ["first", "second", "active"].filter((fact) => at.facts.has(fact)) : [];
  const last = state === "closing" ? cause : null;
  return JSON.stringify([state, draining, last, late, known, half(at), unknownToChart(questions, at)]);
}
