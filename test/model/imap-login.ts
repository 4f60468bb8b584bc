/** How a client arrives, secures its connection and logs in. */
import { command, type ImapStimulus, speaks } from "./imap-situation.ts";
import type { ImapWorld } from "./imap-world.ts";
import { all, arrival, credentials, ended, event, has, is, once, upgrade } from "./mail-session.ts";
import { embeddersWords } from "./mail-world.ts";

const verifying = event("credentials.given");
const welcome = [verifying, event("login.succeeded")];
const failed = event("login.failed");

const tls: readonly ImapStimulus[] = upgrade<ImapWorld>({
  command: "tls STARTTLS",
  event: "command.starttls",
  from: ["notAuthenticated"],
  goAhead: "tls OK",
  injected: "injected LOGIN anna good",
  probe: { line: "probe CAPABILITY", end: "\r\nprobe ", answer: /^\* CAPABILITY [^\r]*\r\nprobe / },
}).map((stimulus) => ({ ...stimulus, possible: (at) => speaks(at) && (stimulus.possible?.(at) ?? true) }));

const login: readonly ImapStimulus[] = [
  command("LOGIN", { text: "LOGIN anna good", from: ["notAuthenticated"], events: welcome }),
  command("AUTHENTICATE PLAIN with an initial response", {
    text: `AUTHENTICATE PLAIN ${credentials("anna", "good")}`,
    from: ["notAuthenticated"],
    events: welcome,
  }),
  command("AUTHENTICATE LOGIN", {
    text: "AUTHENTICATE LOGIN",
    from: ["notAuthenticated"],
    events: [event("command.authenticate")],
  }),
  {
    name: "name and password, one after the other",
    events: welcome,
    possible: all(speaks, is("authenticating")),
    async apply(world) {
      const heard = world.client.received.length;
      world.client.line(Buffer.from("anna").toString("base64"));
      await world.client.until("+ ", heard);
      world.client.line(Buffer.from("good").toString("base64"));
    },
  },
  {
    name: "the exchange is cancelled",
    events: [failed],
    possible: all(speaks, is("authenticating")),
    apply: (world) => world.client.line("*"),
  },
  {
    ...command("LOGIN with a wrong password, and the time until that is said", {
      text: "",
      from: ["notAuthenticated"],
      events: [verifying, failed],
      when: once("wrong"),
      leaves: ["wrong"],
    }),
    apply: (world) => world.guessWrong("LOGIN anna bad"),
  },
  {
    ...command("three wrong passwords", {
      text: "",
      from: ["notAuthenticated"],
      events: [verifying, failed, verifying, failed, verifying, ended("authentication-failed")],
      when: once("wrong"),
      leaves: ["wrong"],
    }),
    async apply(world) {
      for (let attempt = 0; attempt < 3; attempt++) await world.guessWrong("LOGIN anna bad");
    },
  },
  command("LOGIN while the store is out of order", {
    text: "LOGIN anna good",
    from: ["notAuthenticated"],
    events: [verifying, failed],
    breaks: "open",
  }),
  command("LOGIN that the backend thinks about", {
    text: "LOGIN slow good",
    from: ["notAuthenticated"],
    events: [verifying],
    when: once("asked for an opinion of credentials"),
    leaves: ["asked for an opinion of credentials"],
  }),
  command("LOGIN whose account is opened slowly", {
    text: "LOGIN anna good",
    from: ["notAuthenticated"],
    events: [verifying],
    when: once("asked to open an account"),
    leaves: ["asked to open an account"],
    holds: "open",
  }),
  {
    ...command("LOGIN of somebody whose dialogue the embedder takes over", {
      text: "",
      from: ["notAuthenticated"],
      events: [verifying, event("dialogue.takenOver"), event("connection.closed")],
    }),
    async apply(world) {
      await world.ask("LOGIN embedder good");
      await world.client.until(embeddersWords);
    },
  },
];

/** RFC 7888: the client asks before it sends a literal, or it does not. */
const literals: readonly ImapStimulus[] = [
  {
    name: "LOGIN with literals that the client asks about",
    events: welcome,
    possible: all(speaks, is("notAuthenticated")),
    async apply(world) {
      await world.say("LOGIN {4}");
      await world.client.until("+ ");
      const heard = world.client.received.length;
      world.client.line("anna {4}");
      await world.client.until("+ ", heard);
      world.client.line("good");
    },
  },
  command("LOGIN with literals that the client sends unasked", {
    text: "LOGIN {4+}\r\nanna {4+}\r\ngood",
    from: ["notAuthenticated"],
    events: welcome,
  }),
  command("LOGIN with a literal that is too large", {
    text: `LOGIN anna {2000+}\r\n${"x".repeat(2000)}`,
    from: ["notAuthenticated"],
    events: [],
    when: once("too large"),
    leaves: ["too large"],
  }),
  {
    ...command("LOGIN up to the middle of a literal", {
      text: "",
      from: ["notAuthenticated"],
      events: [],
      when: once("half of a literal"),
      leaves: ["half of a literal"],
    }),
    apply: (world) => world.say("LOGIN anna {4+}\r\ngo", { isWhole: false }),
  },
  {
    name: "the rest of the literal",
    events: welcome,
    possible: all(has("connected", "half of a literal"), once("the rest of a literal"), is("notAuthenticated")),
    leaves: ["the rest of a literal"],
    async apply(world) {
      world.client.line("od");
      await world.delivered();
    },
  },
];

export const arrivalAndLogin: readonly ImapStimulus[] = [arrival("* OK "), ...tls, ...login, ...literals];
