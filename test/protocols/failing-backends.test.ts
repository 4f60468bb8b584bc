/**
 * Whatever an embedder's objects throw, reject or answer ends their own connection at most: it is reported, the process
 * never hears of it, and other connections go on.
 */
import { Observable, type Subscriber } from "rxjs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type Backend,
  imap,
  type LifecycleEvent,
  lmtp,
  MailboxError,
  type Mailboxes,
  manageSieve,
  pop3,
  smtp,
  type TakeOver,
} from "../../src/index.ts";
import { type LastingGatehouse, lastingGatehouse } from "../running-gatehouse.ts";
import { gone, type RawClient, rawClient } from "../runtime/raw-client.ts";
import { type Faults, faultyMailboxes } from "./faulty-mailboxes.ts";
import { MemoryMailboxes } from "./memory-mailbox.ts";

type Failed = Extract<LifecycleEvent, { type: "session.backendFailed" }>;
type Name = "imap" | "pop3" | "sieve" | "smtp" | "lmtp";

const throws = (): never => {
  throw new Error("mine");
};
const rejects = (): Promise<never> => Promise.reject(new Error("mine"));
const nothing = (): undefined => undefined;
const failing = [
  ["throws", throws],
  ["rejects", rejects],
] as const;

let faults: Faults = {};
let backend: Partial<Backend> = {};
let takeOver: TakeOver = () => null;
/** What a test has not given back is no other's. */
let kept: MemoryMailboxes;
let house: LastingGatehouse;
const unheard: unknown[] = [];
const hear = (reason: unknown): void => {
  unheard.push(reason);
};

beforeAll(async () => {
  const mailboxes: Mailboxes = { open: (identity) => faultyMailboxes(kept, () => faults).open(identity) };
  const asked: Backend = {
    authenticate: (attempt) => (backend.authenticate ?? (() => ({ username: "alice", roles: [] })))(attempt),
    sender: (envelope) => backend.sender?.(envelope),
    recipient: (envelope, recipient) => backend.recipient?.(envelope, recipient),
    message: (message) => (backend.message ?? ((unread) => void unread.body.resume()))(message),
  };
  const common = { backend: asked, authWithoutTls: true } as const;
  const withMail = { ...common, mailboxes, takeOver: ((...given) => takeOver(...given)) as TakeOver };
  const protocols = [imap(withMail), pop3(withMail), manageSieve(withMail), smtp(common), lmtp(common)];
  const listeners = (["imap", "pop3", "sieve", "smtp", "lmtp"] as const).map((name) => ({
    name,
    protocol: name === "sieve" ? "manageSieve" : name,
    bind: ["127.0.0.1:0"],
  }));
  house = await lastingGatehouse(listeners, { protocols });
});
afterAll(() => house.end());

beforeEach(() => {
  [faults, backend, takeOver] = [{}, {}, () => null];
  kept = new MemoryMailboxes();
  kept.deliver("alice", "Subject: first\r\n\r\nHello\r\n");
  unheard.length = 0;
  process.on("unhandledRejection", hear).on("uncaughtException", hear);
});
afterEach(() => {
  process.off("unhandledRejection", hear).off("uncaughtException", hear);
});

const plain = Buffer.from("\0alice\0right").toString("base64");
const logIns: Record<Name, string> = {
  imap: "l LOGIN alice right",
  pop3: `AUTH PLAIN ${plain}`,
  sieve: `AUTHENTICATE "PLAIN" "${plain}"`,
  smtp: `EHLO client\r\nAUTH PLAIN ${plain}`,
  lmtp: "LHLO client",
};
const loggedIn: Record<Name, RegExp> = {
  imap: /l OK .*\r\n$/,
  pop3: /\+OK \d+ messages\r\n$/,
  sieve: /OK "Logged in/,
  smtp: /235 .*\r\n$/,
  lmtp: /250 .*\r\n$/,
};
const signsOfLife: Record<Name, [command: string, answer: RegExp]> = {
  imap: ["n NOOP", /n OK/],
  pop3: ["CAPA", /PIPELINING/],
  sieve: ["NOOP", /OK .*\r\n$/],
  smtp: ["NOOP", /250 .*\r\n$/],
  lmtp: ["NOOP", /250 .*\r\n$/],
};

interface Client extends RawClient {
  /** Its own, also when it has gone. */
  readonly port: number | undefined;
}

async function client(name: Name): Promise<Client> {
  const made = await rawClient(house.port(name));
  await made.until("\r\n");
  return { ...made, port: made.socket.localPort };
}

/** Sends each line once the server has answered the one before, with anything at all. */
async function say(to: Client, lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    const { length } = to.received();
    to.socket.write(`${line}\r\n`);
    await to.until(new RegExp(`^[^]{${length}}[^]*\r\n$`)).catch(nothing);
  }
}

/** Closes the connection of a client, whose session waits and would not see it leave. */
async function closed(late: Client): Promise<void> {
  const { gatehouse } = house;
  const { id } = gatehouse.connections().find(({ peer }) => peer.port === late.port) ?? { id: "" };
  expect(gatehouse.close(id, { now: true })).toBe(true);
  await gone(late);
  await house.event("connection.closed", ({ connection }) => connection.id === id);
}

async function turnsPass(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until this was reported of a client's connection. */
function failedAt(port: number | undefined, operation: string): Promise<Failed> {
  return house.event(
    "session.backendFailed",
    (event) => event.connection.peer.port === port && event.operation === operation,
  );
}

async function expectOthersServed(name: Name, steady: Client): Promise<void> {
  await turnsPass();
  expect(unheard).toEqual([]);
  const [command, answer] = signsOfLife[name];
  for (const other of [steady, await client(name)]) {
    const { length } = other.received();
    other.socket.write(`${command}\r\n`);
    await other.until(new RegExp(`^[^]{${length}}[^]*${answer.source}`));
    await gone(other);
  }
}

/** Has a client say all this, with these faults, and leave. */
async function failsAs(operation: string, name: Name, lines: readonly string[]): Promise<void> {
  const steady = await client(name);
  const troubled = await client(name);
  await say(troubled, lines);
  await gone(troubled);
  await failedAt(troubled.port, operation);
  await expectOthersServed(name, steady);
}

const select = "s SELECT INBOX";
const fetch = "f FETCH 1 BODY.PEEK[]";
const append = "a APPEND INBOX {5+}\r\nabcde";

/** Members that are asked for an answer: the operation that is reported, and what a client says until they are called. */
const asked: [member: string, name: Name, operation: string, lines: readonly string[]][] = [
  ["mailboxes.open", "imap", "mailboxes", []],
  ["mailboxes.open", "pop3", "maildrop.lock", []],
  ["mailboxes.open", "sieve", "mailboxes", []],
  ["account.list", "imap", "mailbox", ['c LIST "" "*"']],
  ["account.create", "imap", "mailbox", ["c CREATE x"]],
  ["account.delete", "imap", "mailbox", ["c DELETE x"]],
  ["account.rename", "imap", "mailbox", ["c RENAME x y"]],
  ["account.subscribe", "imap", "mailbox", ["c SUBSCRIBE x"]],
  ["account.unsubscribe", "imap", "mailbox", ["c UNSUBSCRIBE x"]],
  ["account.status", "imap", "mailbox", ["c STATUS INBOX (MESSAGES)"]],
  ["account.status", "imap", "mailbox", [append]],
  ["account.append", "imap", "mailbox", [append]],
  ["account.select", "imap", "mailbox", [select]],
  ["mailbox.refresh", "imap", "mailbox", [select, "c NOOP"]],
  ["mailbox.describe", "imap", "mailbox", [select, "c FETCH 1 BODYSTRUCTURE"]],
  ["mailbox.headers", "imap", "mailbox", [select, "c FETCH 1 BODY.PEEK[HEADER.FIELDS (Subject)]"]],
  ["mailbox.contents", "imap", "mailbox", [select, fetch]],
  ["mailbox.content", "imap", "mailbox", [select, fetch]],
  ["mailbox.matching", "imap", "mailbox", [select, "c SEARCH BODY x"]],
  ["mailbox.store", "imap", "mailbox", [select, "c STORE 1 FLAGS (\\Seen)"]],
  ["mailbox.copy", "imap", "mailbox", [select, "c COPY 1 INBOX"]],
  ["mailbox.move", "imap", "mailbox", [select, "c MOVE 1 INBOX"]],
  ["mailbox.expunge", "imap", "mailbox", [select, "c EXPUNGE"]],
  ["content.read", "imap", "content", [select, fetch]],
  ["account.lockMaildrop", "pop3", "maildrop.lock", []],
  ["maildrop.content", "pop3", "maildrop.content", ["RETR 1"]],
  ["content.read", "pop3", "maildrop.content", ["RETR 1"]],
  ["maildrop.remove", "pop3", "maildrop.remove", ["DELE 1", "QUIT"]],
  ["scripts.list", "sieve", "scripts", ["LISTSCRIPTS"]],
  ["scripts.get", "sieve", "scripts", ['GETSCRIPT "x"']],
  ["scripts.haveSpace", "sieve", "scripts", ['HAVESPACE "x" 9']],
  ["scripts.put", "sieve", "scripts", ['PUTSCRIPT "x" "keep;"']],
  ["scripts.delete", "sieve", "scripts", ['DELETESCRIPT "x"']],
  ["scripts.rename", "sieve", "scripts", ['RENAMESCRIPT "x" "y"']],
  ["scripts.activate", "sieve", "scripts", ['SETACTIVE "x"']],
];

for (const [how, fault] of failing)
  test.each(asked)(`a %s() that ${how} under %s is reported as %s`, async (...[member, name, operation, lines]) => {
    faults = { [member]: fault };
    await failsAs(operation, name, [logIns[name], ...lines]);
  });

/** Members whose answer is an object: nothing is done without it. */
test.each([
  ["mailboxes.open", "imap", "mailboxes", []],
  ["mailboxes.open", "pop3", "maildrop.lock", []],
  ["mailboxes.open", "sieve", "mailboxes", []],
  ["account.append", "imap", "mailbox", [append]],
  ["account.select", "imap", "mailbox", [select]],
  ["mailbox.content", "imap", "mailbox", [select, fetch]],
  ["content.read", "imap", "content", [select, fetch]],
  ["account.lockMaildrop", "pop3", "maildrop.lock", []],
  ["maildrop.content", "pop3", "maildrop.content", ["RETR 1"]],
  ["content.read", "pop3", "maildrop.content", ["RETR 1"]],
  ["scripts.get", "sieve", "scripts", ['GETSCRIPT "x"']],
] as [string, Name, string, string[]][])(
  "a %s() that answers with nothing under %s is reported as %s",
  async (...[member, name, operation, lines]) => {
    for (const fault of [nothing, () => true]) {
      faults = { [member]: fault };
      await failsAs(operation, name, [logIns[name], ...lines]);
    }
  },
);

for (const [how, fault] of failing) {
  test.each([
    ["account.close", "imap", "mailboxes", []],
    ["account.close", "pop3", "mailboxes", []],
    ["account.close", "sieve", "mailboxes", []],
    ["mailbox.close", "imap", "mailbox", [select]],
    ["mailbox.close", "imap", "mailbox", [select, "u UNSELECT"]],
    ["content.close", "imap", "mailbox.content", [select, fetch]],
    ["content.close", "pop3", "maildrop.content", ["RETR 1"]],
  ] as [string, Name, string, string[]][])(
    `a %s() that ${how} under %s is reported as %s`,
    async (...[member, name, operation, lines]) => {
      faults = { [member]: fault };
      await failsAs(operation, name, [logIns[name], ...lines]);
    },
  );

  test.each(["imap", "pop3"] as const)(
    `a close() of a message's content that ${how} takes nothing from a client of %s`,
    async (name) => {
      faults = { "content.close": fault };
      const troubled = await client(name);
      await say(troubled, [logIns[name], ...(name === "imap" ? [select] : [])]);
      troubled.socket.write(name === "imap" ? `${fetch}\r\nn NOOP\r\n` : "RETR 1\r\nNOOP\r\n");
      expect(await troubled.until(name === "imap" ? /n OK/ : /\r\n\.\r\n\+OK\r\n$/)).toMatch(/Hello/);
      if (name === "imap") expect(troubled.received()).toMatch(/f OK/);
      await gone(troubled);
    },
  );

  test(`a maildrop that is in use is said to be, when the close() after it ${how}`, async () => {
    faults = {
      "account.lockMaildrop": () => Promise.reject(new MailboxError("maildrop-locked", "Taken.")),
      "account.close": fault,
    };
    const troubled = await client("pop3");
    troubled.socket.write(`${logIns.pop3}\r\n`);
    await troubled.until("[IN-USE]");
    await failedAt(troubled.port, "mailboxes");
    await turnsPass();
    expect(unheard).toEqual([]);
    await gone(troubled);
  });

  test.each([
    ["mailboxes.open", "imap", "mailboxes", [], { close: fault }],
    [
      "mailboxes.open",
      "pop3",
      "mailboxes",
      [],
      { close: fault, lockMaildrop: async () => ({ messages: [], content() {} }) },
    ],
    ["mailboxes.open", "sieve", "mailboxes", [], { close: fault }],
    [
      "account.select",
      "imap",
      "mailbox",
      [select],
      { close: fault, messages: [], keywords: [], changes$: new Observable() },
    ],
    [
      "maildrop.content",
      "pop3",
      "maildrop.content",
      ["RETR 1"],
      { close: fault, size: 1, read: async () => Buffer.alloc(1) },
    ],
  ] as [string, Name, string, string[], object][])(
    `what a late %s() of %s has opened may have a close() that ${how}: it is reported as %s`,
    async (...[member, name, operation, lines, opened]) => {
      const steady = await client(name);
      const called = Promise.withResolvers<void>();
      const answer = Promise.withResolvers<unknown>();
      faults = {
        [member]: () => {
          called.resolve();
          return answer.promise;
        },
      };
      const late = await client(name);
      const [last = logIns[name]] = lines.slice(-1);
      if (lines.length > 0) {
        late.socket.write(`${logIns[name]}\r\n`);
        await late.until(loggedIn[name]);
      }
      late.socket.write(`${last}\r\n`);
      await called.promise;
      const { port } = late;
      await closed(late);
      answer.resolve(opened);
      await failedAt(port, operation);
      await expectOthersServed(name, steady);
    },
  );

  test.each(["imap", "pop3", "sieve"] as const)(
    `a session in place of %s's whose client has gone may have a closed() that ${how}`,
    async (name) => {
      const steady = await client(name);
      const called = Promise.withResolvers<void>();
      const answer = Promise.withResolvers<never>();
      takeOver = () => {
        called.resolve();
        return answer.promise;
      };
      const late = await client(name);
      late.socket.write(`${logIns[name]}\r\n`);
      await called.promise;
      const { port } = late;
      await closed(late);
      answer.resolve({ receive() {}, greet() {}, closed: fault } as never);
      await failedAt(port, "takeOver");
      await expectOthersServed(name, steady);
    },
  );
}

test.each([...failing, ["answers with true", (() => true) as never]] as [string, TakeOver][])(
  "a takeOver() that %s is reported, and the client told",
  async (_how, given) => {
    for (const name of ["imap", "pop3", "sieve"] as const) {
      takeOver = given;
      await failsAs("takeOver", name, [logIns[name]]);
    }
  },
);

test.each(failing)("an authenticate() that %s is reported in every protocol", async (_how, fault) => {
  backend = { authenticate: fault };
  for (const name of ["imap", "pop3", "sieve", "smtp"] as const) await failsAs("authenticate", name, [logIns[name]]);
});

/** Changes of a mailbox that are none, end in an error, or cannot be given up. */
const changes: [what: string, subscribed: (subscriber: Subscriber<unknown>) => unknown, operation: string][] = [
  ["that are nothing", (subscriber) => subscriber.next(undefined), "changes"],
  ["without messages", (subscriber) => subscriber.next({ type: "mailbox.appended" }), "changes"],
  ["that come later, and are nothing", (subscriber) => void setImmediate(() => subscriber.next(null)), "changes"],
  ["that end in an error", (subscriber) => subscriber.error(new Error("mine")), "changes"],
  ["that throw", throws, "changes"],
  ["that throw when they are given up", () => throws, "mailbox"],
];

test.each(changes)("changes$ %s end one session at most", async (_what, subscribed, operation) => {
  const closed: string[] = [];
  faults = {
    "mailbox.changes$": new Observable<unknown>((subscriber) => {
      const end = subscribed(subscriber);
      return typeof end === "function" ? (end as () => void) : undefined;
    }),
    "mailbox.close": () => closed.push("mailbox"),
  };
  await failsAs(operation, "imap", [logIns.imap, select, "i IDLE"]);
  expect(closed).toEqual(["mailbox"]);
});

const envelope = ["MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>"];

for (const [how, fault] of failing)
  test.each([
    ["sender", envelope.slice(0, 1)],
    ["recipient", envelope],
    ["message", [...envelope, "DATA", "Hello\r\n."]],
  ] as const)(`a %s() that ${how} is reported, and answered for now`, async (member, lines) => {
    for (const name of ["smtp", "lmtp"] as const) {
      backend = { [member]: fault };
      await failsAs(member, name, [logIns[name], ...lines]);
    }
  });

/** Listeners of a message's body. */
const listening: [event: string, leaves: boolean][] = [
  ["data", false],
  ["readable", false],
  ["end", false],
  ["error", true],
  ["close", true],
];

for (const [how, fault] of failing)
  test.each(listening)(
    `a listener for "%s" of a body that ${how} costs its own message alone`,
    async (event, leaves) => {
      for (const name of ["smtp", "lmtp"] as const) {
        const steady = await client(name);
        const troubled = await client(name);
        backend = {
          message: ({ body }) => {
            body.on(event, fault);
            if (event !== "data" && event !== "readable") body.resume();
            return new Promise(() => {});
          },
        };
        await say(troubled, [logIns[name], ...envelope, "DATA"]);
        if (leaves) {
          troubled.socket.write("Hello\r\n");
          await gone(troubled);
        } else {
          troubled.socket.write("Hello\r\n.\r\n");
          await troubled.until(/451 .*\r\n$/);
          await gone(troubled);
        }
        await failedAt(troubled.port, "message");
        await expectOthersServed(name, steady);
      }
    },
  );

test.each(failing)("a listener of APPEND's body that %s costs its own command alone", async (_how, fault) => {
  const steady = await client("imap");
  const troubled = await client("imap");
  faults = {
    "account.append": (_name: string, { body }: { body: NodeJS.ReadableStream }) => {
      body.on("data", fault);
      return new Promise(() => {});
    },
  };
  troubled.socket.write(`${logIns.imap}\r\n${append}\r\n`);
  await troubled.until("a NO [UNAVAILABLE]");
  await failedAt(troubled.port, "mailbox");
  await gone(troubled);
  await expectOthersServed("imap", steady);
});
