/** The SMTP session's chart, and how each of its events comes about over the wire. */
import type { Readable } from "node:stream";
import type { AnyEventObject } from "xstate";
import { type Answer, type Backend, createGatehouse, type EndCause, smtp } from "../../src/index.ts";
import { smtpMachine } from "../../src/protocols/smtp/machine.ts";
import {
  type Bench,
  type Difference,
  Driver,
  type Model,
  type Situation,
  type Stimulus,
} from "../../src/testing/index.ts";
import { issue } from "../runtime/tls/certificate-fixtures.ts";

const { certificate, privateKey } = await issue({ names: ["localhost"] });

/** Says no to `no@…`, takes its time for `slow…@…`, and keeps what it acknowledges. */
class ModelBackend implements Backend {
  kept = 0;
  /** The question that waits for an answer. */
  #gate: PromiseWithResolvers<void> | null = null;
  readonly sender: NonNullable<Backend["sender"]> | undefined;

  constructor(asksForSenders: boolean) {
    this.sender = asksForSenders ? ({ sender }) => this.#judge(sender) : undefined;
  }

  answer(): void {
    this.#gate?.resolve();
    this.#gate = null;
  }

  async authenticate({ username, password }: { username: string; password: string }) {
    if (username.startsWith("slow")) await this.#wait();
    return password === "good" ? { username, roles: [] } : null;
  }

  recipient: NonNullable<Backend["recipient"]> = (_envelope, { address }) => this.#judge(address);

  message: NonNullable<Backend["message"]> = async ({ envelope, body }) => {
    await readAll(body);
    if (envelope.sender.startsWith("slowly")) await this.#wait();
    this.kept++;
    return undefined;
  };

  async #judge(address: string): Promise<Answer> {
    if (address.startsWith("slow@")) await this.#wait();
    return address.startsWith("no@") ? { code: 550, enhanced: "5.1.1", text: "No" } : undefined;
  }

  async #wait(): Promise<void> {
    this.#gate = Promise.withResolvers();
    await this.#gate.promise;
  }
}

async function readAll(body: Readable): Promise<void> {
  for await (const _ of body);
}

export class SmtpWorld extends Driver {
  readonly backend: ModelBackend;

  constructor(bench: Bench, asksForSenders: boolean) {
    const backend = new ModelBackend(asksForSenders);
    // A backend without `sender` must not have the property.
    const { authenticate, recipient, message, sender } = backend;
    const asked = { authenticate: authenticate.bind(backend), recipient, message, ...(sender ? { sender } : {}) };
    super(
      createGatehouse({
        ...bench.options,
        config: {
          SystemSettings: { defaultHostname: "localhost" },
          Certificate: {
            main: {
              certificate: { "@type": "Text", value: certificate },
              privateKey: { "@type": "Text", secret: privateKey },
            },
          },
          NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"] }],
        },
        protocols: [smtp({ backend: asked, authWithoutTls: true, inspect: bench.observation.inspect })],
        backend: {},
      }),
      bench,
    );
    this.backend = backend;
  }

  /** Sends a line; what comes of it is the oracle's to see. */
  async say(line: string): Promise<void> {
    this.client.line(line);
    await this.delivered();
  }

  /** Lets timers go off, one after the other, until the session has left the state that it is in. */
  async passTime(): Promise<void> {
    const { clock } = this.bench;
    const before = this.followed?.snapshot.value;
    for (let timer = 0; timer < 20 && this.followed?.snapshot.value === before; timer++) {
      await this.turn(5);
      // Others belong to the server: it looks for descriptors twice a second.
      const next = clock.pending.find(({ delay }) => delay > 500);
      if (!next) return;
      clock.advance(next.due - clock.now());
      await this.turn(5);
    }
  }
}

type SmtpStimulus = Stimulus<SmtpWorld>;

const is =
  (...states: string[]) =>
  ({ snapshot }: Situation): boolean =>
    states.includes(String(snapshot.value));
const event = (type: string): AnyEventObject => ({ type });
const ended = (cause: EndCause): AnyEventObject => ({ type: "session.ended", cause });
const connectionClosed = event("connection.closed");
/** The client may say something now. */
const speaks = ({ facts, snapshot }: Situation): boolean =>
  facts.has("connected") && !facts.has("half a chunk") && snapshot.status === "active";
const between = ["start", "ready", "mail", "rcpt", "bdat"];

interface Command {
  readonly line: string;
  readonly from: readonly string[];
  readonly events: readonly AnyEventObject[];
  readonly when?: (at: Situation) => boolean;
  readonly leaves?: readonly string[];
}

const command = (name: string, { line, from, events, when, leaves = [] }: Command): SmtpStimulus => ({
  name,
  events,
  possible: (at) => speaks(at) && is(...from)(at) && (when?.(at) ?? true),
  leaves,
  apply: (world) => world.say(line),
});

const once =
  (fact: string) =>
  ({ facts }: Situation): boolean =>
    !facts.has(fact);
const anonymous = ({ snapshot }: Situation): boolean => !snapshot.context.authenticated;
const credentials = (username: string, password: string): string =>
  Buffer.from(`\0${username}\0${password}`).toString("base64");

const arrival: SmtpStimulus = {
  name: "a client comes, and is greeted",
  events: [event("greeting.sent")],
  possible: once("connected"),
  leaves: ["connected"],
  async apply(world) {
    await world.connect();
    await world.client.until("220 ");
  },
};

const hello: readonly SmtpStimulus[] = [
  command("EHLO", { line: "EHLO client", from: between, events: [event("command.ehlo")] }),
  command("RSET", { line: "RSET", from: between, events: [event("command.rset")] }),
  command("QUIT", { line: "QUIT", from: between, events: [ended("quit")] }),
  command("a command out of sequence", { line: "DATA", from: ["start", "ready", "mail"], events: [] }),
];

const tls: readonly SmtpStimulus[] = [
  ...["", ", with a command behind it", ", with a fragment behind it"].map(
    (behind, index): SmtpStimulus => ({
      name: `STARTTLS${behind}`,
      events: [event("command.starttls")],
      possible: (at) => speaks(at) && is("ready")(at) && once("secured")(at) && !at.snapshot.context.draining,
      leaves: behind === "" ? [] : [`injected${behind}`],
      async apply(world) {
        world.client.send(`STARTTLS\r\n${["", "MAIL FROM:<injected@example.org>\r\n", "MAIL FROM:<inj"][index]}`);
        await world.client.until("220 2.0.0");
      },
    }),
  ),
  {
    name: "the handshake",
    events: [event("tls.secured")],
    possible: (at) => is("upgrading")(at) && once("secured")(at),
    leaves: ["secured"],
    async apply(world) {
      const heard = world.client.received.length;
      await world.client.secure();
      // The first answer under TLS is that to the first command under TLS.
      world.client.line("NOOP");
      await world.client.until("\r\n", heard);
      const answer = world.client.received.slice(heard);
      if (!answer.startsWith("250 ")) throw new Error(`What was sent in clear was acted on: ${answer}`);
    },
  },
];

const login: readonly SmtpStimulus[] = [
  command("AUTH LOGIN", { line: "AUTH LOGIN", from: ["ready"], events: [event("command.auth")], when: anonymous }),
  {
    name: "name and password, one after the other",
    events: [event("credentials.given"), event("auth.succeeded")],
    possible: (at) => speaks(at) && is("authenticating")(at),
    async apply(world) {
      const heard = world.client.received.length;
      world.client.line(Buffer.from("anna").toString("base64"));
      await world.client.until("334 ", heard);
      world.client.line(Buffer.from("good").toString("base64"));
    },
  },
  command("the exchange is cancelled", { line: "*", from: ["authenticating"], events: [event("auth.failed")] }),
  command("AUTH PLAIN with the right password", {
    line: `AUTH PLAIN ${credentials("anna", "good")}`,
    from: ["ready"],
    events: [event("credentials.given"), event("auth.succeeded")],
    when: anonymous,
  }),
  {
    ...command("AUTH PLAIN with a wrong password, and the time until it is said", {
      line: "",
      from: ["ready"],
      events: [event("credentials.given"), event("auth.failed")],
      when: (at) => anonymous(at) && once("wrong")(at),
      leaves: ["wrong"],
    }),
    async apply(world) {
      await world.say(`AUTH PLAIN ${credentials("anna", "bad")}`);
      await world.until(() => world.followed?.snapshot.value === "verifying");
      await world.passTime();
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

/** What the backend is asked, with the event of its yes. */
const questions = {
  "asked for auth": event("auth.succeeded"),
  "asked for sender": event("sender.accepted"),
  "asked for recipient": event("recipient.accepted"),
  "asked for message": event("message.answered"),
} as const;

function pending({ facts, snapshot }: Situation): AnyEventObject | null {
  if (!["verifying", "delivering"].includes(String(snapshot.value))) return null;
  const asked = Object.entries(questions).filter(([fact]) => facts.has(fact) && !facts.has(`${fact}, answered`));
  return asked.find(([fact]) => (snapshot.value === "delivering") === (fact === "asked for message"))?.[1] ?? null;
}

const answers: readonly SmtpStimulus[] = Object.entries(questions).map(([fact, answered]) => ({
  name: `the backend answers what it was ${fact}`,
  events: [answered],
  possible: (at) => speaks(at) && pending(at) === answered,
  leaves: [`${fact}, answered`],
  apply: (world) => world.backend.answer(),
}));

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

const slow = ({ facts }: Situation): boolean => facts.has("slowly") && !facts.has("asked for message");
const content = (name: string, line: string, from: string): readonly SmtpStimulus[] => [
  command(name, {
    line,
    from: [from],
    events: [event("content.ended"), event("message.answered")],
    when: ({ facts }) => !facts.has("slowly"),
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
  }),
  command("BDAT, a first chunk", { line: "BDAT 12\r\nSubject: a", from: ["rcpt"], events: [event("command.bdat")] }),
  ...content("BDAT, the last chunk", "BDAT 9 LAST\r\nbc\r\n\r\nd", "bdat"),
  command("BDAT, a last chunk that cannot be", {
    line: "BDAT 5 LAST\r\nb\nc",
    from: ["bdat"],
    events: [event("message.answered")],
  }),
];

const endings: readonly SmtpStimulus[] = [
  {
    name: "the client says nothing for too long",
    events: (at) => [ended(is("verifying", "delivering")(at) ? "session-timeout" : "idle-timeout")],
    possible: (at) => speaks(at) && !is("upgrading", "closing")(at) && !at.snapshot.context.draining,
    apply: (world) => world.passTime(),
  },
  {
    name: "the client sends FIN",
    events: (at) => (is("closing", "upgrading")(at) ? [connectionClosed] : [ended("peer-ended"), connectionClosed]),
    possible: (at) => speaks(at) && !is("verifying", "delivering")(at),
    apply: (world) => world.client.finish(),
  },
  {
    name: "the client resets",
    events: [connectionClosed],
    possible: speaks,
    apply: (world) => world.client.reset(),
  },
  {
    name: "the server drains",
    events: [event("drain")],
    possible: (at) => speaks(at) && !at.snapshot.context.draining && !is("upgrading", "closing")(at),
    apply: (world) => world.begin(world.gatehouse.stop()),
  },
];

/** What the client was told is kept, and what it was not told of was not counted. */
function compare({ backend, bench, clients }: SmtpWorld): Difference[] {
  const acknowledged = (clients.at(-1)?.received.match(/^250 2\.0\.0 (?:Message|Queued|Accepted|Delivered)/gm) ?? [])
    .length;
  const counted = bench.events.filter(({ type }) => type === "session.messageAccepted").length;
  const lost = { of: "messages acknowledged and lost", expected: 0, actual: Math.max(0, acknowledged - backend.kept) };
  const early = {
    of: "messages told of before they were kept",
    expected: 0,
    actual: Math.max(0, counted - backend.kept),
  };
  return [lost, early].filter(({ expected, actual }) => expected !== actual);
}

export function smtpModel({ asksForSenders = true } = {}): Model<SmtpWorld> {
  return {
    machine: smtpMachine,
    stimuli: asksForSenders
      ? [arrival, ...hello, ...tls, ...login, ...envelope(true), ...answers, ...contents, ...endings]
      : [arrival, ...hello, ...envelope(false)],
    async open(bench) {
      const world = new SmtpWorld(bench, asksForSenders);
      await world.gatehouse.start();
      return world;
    },
    context: ["draining", "authenticated", "recipients"],
    compare,
  };
}
