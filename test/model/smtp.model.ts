/** The chart of SMTP and LMTP sessions, and how each of its events comes about over the wire. */
import type { Readable } from "node:stream";
import { type Answer, type Backend, lmtp, type SessionProtocol, type SmtpOptions, smtp } from "../../src/index.ts";
import { smtpMachine } from "../../src/protocols/smtp/machine.ts";
import type { Bench, Difference, Impossible, Model, Situation, Stimulus } from "../../src/testing/index.ts";
import {
  answers,
  arrival,
  command,
  connected,
  credentials,
  endings,
  event,
  goodbye,
  impossibleInSessions,
  is,
  once,
  pending,
  type Questions,
  unknownToChart,
  upgrade,
} from "./mail-session.ts";
import { Gate, MailWorld, short } from "./mail-world.ts";

/** Says no to `no@…`, takes its time for `slow…@…`, and keeps what it acknowledges. */
class ModelBackend implements Backend {
  /** Messages that were kept. */
  messages = 0;
  /** How many replies may say so. */
  kept = 0;
  readonly gate = new Gate();
  readonly sender: NonNullable<Backend["sender"]> | undefined;

  constructor(asksForSenders: boolean) {
    this.sender = asksForSenders ? ({ sender }) => this.#judge(sender) : undefined;
  }

  async authenticate({ username, password }: { username: string; password: string }) {
    if (username.startsWith("slow")) await this.gate.wait();
    return password === "good" ? { username, roles: [] } : null;
  }

  recipient: NonNullable<Backend["recipient"]> = (_envelope, { address }) => this.#judge(address);

  /** In LMTP it has no room for `full@…`. */
  message: NonNullable<Backend["message"]> = async ({ envelope, body }) => {
    await readAll(body);
    if (envelope.sender.startsWith("slowly")) await this.gate.wait();
    const addresses = envelope.recipients.map(({ address }) => address);
    const said = addresses.map((address) => (address.startsWith("full@") ? noRoom : undefined));
    const isLmtp = envelope.protocol === "LMTP";
    this.messages++;
    this.kept += isLmtp ? said.filter((answer) => answer === undefined).length : 1;
    return isLmtp ? said : undefined;
  };

  async #judge(address: string): Promise<Answer> {
    if (address.startsWith("slow@")) await this.gate.wait();
    return address.startsWith("no@") ? { code: 550, enhanced: "5.1.1", text: "No" } : undefined;
  }
}

const noRoom = { code: 452, enhanced: "4.2.2", text: "Full" };

async function readAll(body: Readable): Promise<void> {
  for await (const _ of body);
}

/** The words by which SMTP and LMTP differ. */
export interface ModelDialect {
  readonly protocol: (options: SmtpOptions) => SessionProtocol;
  readonly hello: "EHLO" | "LHLO";
  /** Each recipient that was accepted has a reply of its own to the message (RFC 2033 section 4.2). */
  readonly repliesToEach: boolean;
}

const dialects = {
  smtp: { protocol: smtp, hello: "EHLO", repliesToEach: false },
  lmtp: {
    protocol: (options: SmtpOptions) => lmtp({ ...options, offerAuth: true }),
    hello: "LHLO",
    repliesToEach: true,
  },
} as const satisfies Record<string, ModelDialect>;

interface Manner {
  readonly asksForSenders: boolean;
  readonly dialect: keyof typeof dialects;
}

export class SmtpWorld extends MailWorld {
  readonly backend: ModelBackend;
  /** Replies that the client has to have to its messages. */
  due = 0;
  readonly #repliesToEach: boolean;

  constructor(bench: Bench, { asksForSenders, dialect }: Manner) {
    const backend = new ModelBackend(asksForSenders);
    // A backend without `sender` must not have the property.
    const { authenticate, recipient, message, sender } = backend;
    const asked = { authenticate: authenticate.bind(backend), recipient, message, ...(sender ? { sender } : {}) };
    const { protocol, repliesToEach } = dialects[dialect];
    const { inspect } = bench.observation;
    const { login: firstCommandTimeout, silence: commandTimeout } = short;
    const limits = { firstCommandTimeout, commandTimeout, contentTimeout: commandTimeout };
    super(bench, protocol({ backend: asked, authWithoutTls: true, ...limits, inspect }));
    this.backend = backend;
    this.#repliesToEach = repliesToEach;
  }

  /** The message is complete: one reply, or in LMTP one for each recipient, has to follow. */
  expectReplies(): void {
    this.due += this.#repliesToEach ? (this.situation?.snapshot.context.recipients ?? 0) : 1;
  }
}

type SmtpStimulus = Stimulus<SmtpWorld>;

const between = ["start", "ready", "mail", "rcpt", "bdat"];
const anonymous = ({ snapshot }: Situation): boolean => !snapshot.context.authenticated;

const hello = (word: string): readonly SmtpStimulus[] => [
  command("the other protocol's hello", {
    ...{ line: word === "LHLO" ? "EHLO client" : "LHLO client", from: ["start", "ready"], events: [] },
  }),
  command(word, { line: `${word} client`, from: between, events: [event("command.ehlo")] }),
  command("RSET", { line: "RSET", from: between, events: [event("command.rset")] }),
  command("QUIT", { line: "QUIT", from: between, events: [goodbye] }),
  command("a command out of sequence", { line: "DATA", from: ["start", "ready", "mail"], events: [] }),
];

const tls = upgrade<SmtpWorld>({
  command: "STARTTLS",
  event: "command.starttls",
  from: ["ready"],
  goAhead: "220 2.0.0",
  injected: "MAIL FROM:<injected@example.org>",
  probe: { line: "NOOP", end: "\r\n", answer: /^250 / },
});

const login: readonly SmtpStimulus[] = [
  command("AUTH LOGIN", { line: "AUTH LOGIN", from: ["ready"], events: [event("command.auth")], when: anonymous }),
  {
    name: "name and password, one after the other",
    events: [event("credentials.given"), event("login.succeeded")],
    possible: (at) => connected(at) && is("authenticating")(at),
    async apply(world) {
      const heard = world.client.received.length;
      world.client.line(Buffer.from("anna").toString("base64"));
      await world.client.until("334 ", heard);
      world.client.line(Buffer.from("good").toString("base64"));
    },
  },
  command("the exchange is cancelled", { line: "*", from: ["authenticating"], events: [event("login.failed")] }),
  command("AUTH PLAIN with the right password", {
    line: `AUTH PLAIN ${credentials("anna", "good")}`,
    from: ["ready"],
    events: [event("credentials.given"), event("login.succeeded")],
    when: anonymous,
  }),
  {
    ...command("AUTH PLAIN with a wrong password, and the time until it is said", {
      line: "",
      from: ["ready"],
      events: [event("credentials.given"), event("login.failed")],
      when: (at) => anonymous(at) && once("wrong")(at),
      leaves: ["wrong"],
    }),
    async apply(world) {
      await world.guessWrong(`AUTH PLAIN ${credentials("anna", "bad")}`);
    },
  },
  command("AUTH PLAIN that the backend thinks about", {
    line: `AUTH PLAIN ${credentials("slow", "good")}`,
    from: ["ready"],
    events: [event("credentials.given")],
    when: (at) => anonymous(at) && once("asked for auth")(at),
    leaves: ["asked for auth"],
  }),
];

/** What the backend is asked. */
const questions: Questions = {
  "asked for auth": { state: "verifying", answered: [event("login.succeeded")] },
  "asked for sender": { state: "verifying", answered: [event("sender.accepted")] },
  "asked for recipient": { state: "verifying", answered: [event("recipient.accepted")] },
  "asked for message": { state: "delivering", answered: [event("message.answered")] },
};

/** Not in a path whose message is delivered slowly. */
const quick = (stimulus: SmtpStimulus): SmtpStimulus => ({
  ...stimulus,
  possible: (at) => once("slowly")(at) && (stimulus.possible?.(at) ?? true),
});

const envelope = (asksForSenders: boolean): readonly SmtpStimulus[] => {
  const accepted = [...(asksForSenders ? [event("command.mail")] : []), event("sender.accepted")];
  const slowly = { from: ["ready"], when: (at: Situation) => once("slowly")(at) };
  const asked: SmtpStimulus[] = [
    command("MAIL that the backend refuses", {
      line: "MAIL FROM:<no@example.org>",
      from: ["ready"],
      events: [event("command.mail"), event("sender.rejected")],
    }),
    command("MAIL that the backend thinks about", {
      line: "MAIL FROM:<slow@example.org>",
      from: ["ready"],
      events: [event("command.mail")],
      when: once("asked for sender"),
      leaves: ["asked for sender"],
    }),
  ];
  return [
    quick(command("MAIL", { line: "MAIL FROM:<anna@example.org>", from: ["ready"], events: accepted })),
    command("MAIL of a message that is delivered slowly", {
      ...{ line: "MAIL FROM:<slowly@example.org>", events: accepted, leaves: ["slowly"] },
      ...slowly,
    }),
    ...(asksForSenders ? asked.map(quick) : []),
    command("RCPT", {
      line: "RCPT TO:<ben@example.com>",
      from: ["mail", "rcpt"],
      events: [event("command.rcpt"), event("recipient.accepted")],
      when: ({ snapshot }) => snapshot.context.recipients < 2,
    }),
    command("RCPT that the backend refuses", {
      line: "RCPT TO:<no@example.com>",
      from: ["mail", "rcpt"],
      events: [event("command.rcpt"), event("recipient.rejected")],
    }),
    command("RCPT that the backend thinks about", {
      line: "RCPT TO:<slow@example.com>",
      from: ["mail"],
      events: [event("command.rcpt")],
      when: once("asked for recipient"),
      leaves: ["asked for recipient"],
    }),
  ];
};

/** In LMTP: one of them is refused after the final dot, and the other one is not. */
const twoRecipients: SmtpStimulus = command("RCPT of two, and one of the mailboxes is full", {
  line: "RCPT TO:<ben@example.com>\r\nRCPT TO:<full@example.com>",
  from: ["mail"],
  events: [1, 2].flatMap(() => [event("command.rcpt"), event("recipient.accepted")]),
  leaves: ["two recipients"],
});

const slow = ({ facts }: Situation): boolean => facts.has("slowly") && !facts.has("asked for message");
const expectReplies = (world: SmtpWorld): void => world.expectReplies();
const content = (name: string, line: string, from: string): readonly SmtpStimulus[] => [
  command(name, {
    line,
    from: [from],
    events: [event("content.ended"), event("message.answered")],
    when: once("slowly"),
    before: expectReplies,
  }),
  command(`${name}, and the backend thinks about it`, {
    ...{ line, from: [from], events: [event("content.ended")], when: slow },
    leaves: ["asked for message"],
  }),
];

const contents: readonly SmtpStimulus[] = [
  command("DATA", { line: "DATA", from: ["rcpt"], events: [event("command.data")] }),
  ...content("the message and its final dot", "Subject: Hello\r\n\r\nHello\r\n.", "data"),
  command("a message with a bare line feed", {
    ...{ line: "Subject: Hello\n\r\nHello\r\n.", from: ["data"], events: [event("message.answered")] },
    before: expectReplies,
  }),
  command("BDAT, a first chunk", { line: "BDAT 12\r\nSubject: a", from: ["rcpt"], events: [event("command.bdat")] }),
  ...content("BDAT, the last chunk", "BDAT 9 LAST\r\nbc\r\n\r\nd", "bdat"),
  command("BDAT, a last chunk that cannot be", {
    line: "BDAT 5 LAST\r\nb\nc",
    from: ["bdat"],
    events: [event("message.answered")],
    before: expectReplies,
  }),
];

const isBusy = (at: Situation): boolean => pending(questions, at) !== null;
const ends = endings<SmtpWorld>({
  closing: "closing",
  timeOut: (at) => (isBusy(at) ? "session-timeout" : "idle-timeout"),
  isBusy,
});

const answered = answers<SmtpWorld>(questions, (world) => {
  if (world.situation?.snapshot.value === "delivering") world.expectReplies();
  world.backend.gate.answer();
});

/** What the client was told is kept, what it was not told of was not counted, and it hears as much as it has to. */
function compare({ backend, bench, clients, due }: SmtpWorld, { snapshot }: Situation): Difference[] {
  const received = clients.at(-1)?.received ?? "";
  const acknowledged = received.match(/^250 2\.0\.0 Ok: queued/gm)?.length ?? 0;
  const refused = received.match(/^(?:452 4\.2\.2|550 5\.6\.11) /gm)?.length ?? 0;
  const accepted = bench.events.filter(({ type }) => type === "session.messageAccepted");
  const differences = [
    {
      of: "messages told of before they were kept",
      expected: 0,
      actual: Math.max(0, accepted.length - backend.messages),
    },
    { of: "acknowledged and lost", expected: 0, actual: Math.max(0, acknowledged - backend.kept) },
  ];
  if (snapshot.status === "active")
    differences.push({ of: "replies to messages", expected: due, actual: acknowledged + refused });
  return differences.filter(({ expected, actual }) => expected !== actual);
}

export function smtpModel({ asksForSenders = true, dialect = "smtp" }: Partial<Manner> = {}): Model<SmtpWorld> {
  const greeting = [arrival<SmtpWorld>("220 "), ...hello(dialects[dialect].hello)];
  const onlyLmtp = dialects[dialect].repliesToEach ? [twoRecipients] : [];
  return {
    machine: smtpMachine,
    stimuli: asksForSenders
      ? [...greeting, ...tls, ...login, ...envelope(true), ...onlyLmtp, ...answered, ...contents, ...ends]
      : [...greeting, ...envelope(false)],
    async open(bench) {
      const world = new SmtpWorld(bench, { asksForSenders, dialect });
      await world.gatehouse.start();
      return world;
    },
    context: ["draining", "cause", "authenticated", "recipients"],
    compare,
  };
}

export const impossible: Impossible = {
  ...impossibleInSessions("closing"),
  "bdat: command.bdat": "the chart is told of the first chunk only, and asked whether others may come",
};

/** What tells situations apart in which each stimulus is tried. */
export function distinguish(at: Situation): string {
  const { draining, recipients, authenticated } = at.snapshot.context;
  const state = String(at.snapshot.value);
  const inTransaction = is("mail", "rcpt", "data", "bdat", "delivering")(at);
  const slowly = inTransaction && at.facts.has("slowly");
  const several = inTransaction && recipients > 1 && at.facts.has("two recipients");
  const isLoggedIn = authenticated && state === "ready";
  return JSON.stringify([
    state,
    draining,
    recipients > 0,
    several,
    isLoggedIn,
    slowly,
    ...unknownToChart(questions, at),
  ]);
}
