/** What a client does with an account and its mailboxes, and what happens to it meanwhile. */
import type { AnyEventObject } from "xstate";
import {
  between,
  command,
  completed,
  deleted,
  type ImapStimulus,
  questions,
  selected,
  speaks,
  waits,
} from "./imap-situation.ts";
import { delivered, type ImapWorld } from "./imap-world.ts";
import {
  all,
  answers,
  connected,
  connectionClosed,
  draining,
  ended,
  event,
  goodbye,
  has,
  is,
  once,
  parting,
} from "./mail-session.ts";

const rest = ["authenticated", "selected"];
const onAccount = event("command.onAccount");
const onMailbox = event("command.onMailbox");
const left = event("mailbox.closed");
const entered = event("mailbox.selected");

/** A path stays in the mailbox that it has selected first, and in the way it is open: here INBOX, not for reading only. */
const inInbox = all(once("Drafts"), once("read-only"));

const anyState: readonly ImapStimulus[] = [
  {
    name: "a command out of sequence",
    events: [],
    possible: (at) => speaks(at) && is(...between)(at) && !deleted(at),
    async apply(world) {
      const early = { notAuthenticated: "SELECT INBOX", authenticated: "FETCH 1 FLAGS", selected: "LOGIN anna good" };
      await world.ask(early[String(world.situation?.snapshot.value) as keyof typeof early]);
    },
  },
  {
    name: "commands that are wrong until the server has had enough",
    events: [ended("too-many-errors")],
    possible: (at) => speaks(at) && is(...between)(at) && !deleted(at),
    async apply(world) {
      while (!world.client.received.includes("* BYE")) await world.ask("WRONG");
    },
  },
  {
    name: "commands without a log-in until the server has had enough",
    events: [ended("too-many-errors")],
    possible: all(speaks, is("notAuthenticated")),
    apply: (world) => world.sayAll(Array.from({ length: 51 }, () => "NOOP")),
  },
  {
    name: "a line that ends with a bare line feed",
    events: [ended("protocol-error")],
    possible: all(speaks, is(...between, "authenticating", "idling"), once("Drafts")),
    async apply(world) {
      world.client.send("NOOP\n");
      await world.delivered();
    },
  },
  {
    name: "LOGOUT",
    events: (at) => parting([goodbye], at),
    possible: all(speaks, is(...between)),
    apply: (world) => world.ask("LOGOUT"),
  },
  {
    name: "LOGOUT behind a command that is carried out",
    events: [],
    possible: (at) => all(connected, waits, is("executing", "verifying"), once("behind"))(at),
    leaves: ["behind"],
    apply: (world) => world.say("LOGOUT", { behind: true }),
  },
];

const selection: readonly ImapStimulus[] = [
  command("SELECT", {
    text: "SELECT INBOX",
    from: rest,
    events: [onAccount, left, entered, completed],
    when: inInbox,
  }),
  command("EXAMINE", {
    text: "EXAMINE INBOX",
    from: ["authenticated"],
    events: [onAccount, left, entered, completed],
    when: inInbox,
    leaves: ["read-only"],
  }),
  command("SELECT of Drafts", {
    text: "SELECT Drafts",
    from: ["authenticated"],
    events: [onAccount, left, entered, completed],
    when: inInbox,
    leaves: ["Drafts"],
  }),
  command("SELECT of what is not there", {
    text: "SELECT Nowhere",
    from: rest,
    events: [onAccount, left, completed],
  }),
  command("SELECT that the store thinks about", {
    text: "SELECT INBOX",
    from: rest,
    events: [onAccount, left],
    when: all(once("asked to select"), inInbox),
    leaves: ["asked to select"],
    holds: "select",
  }),
  command("CLOSE", { text: "CLOSE", from: ["selected"], events: [onMailbox, left, completed] }),
  command("UNSELECT", { text: "UNSELECT", from: ["selected"], events: [onMailbox, left, completed] }),
  command("DELETE of the mailbox that is selected", {
    text: "DELETE Drafts",
    from: ["selected"],
    events: [onAccount, left, completed],
    when: all(has("Drafts"), once("Drafts is left")),
    leaves: ["Drafts is left"],
  }),
];

const work: readonly ImapStimulus[] = [
  command("STATUS", { text: "STATUS INBOX (MESSAGES)", from: rest, events: [onAccount, completed] }),
  command("STATUS that the store thinks about", {
    text: "STATUS INBOX (MESSAGES)",
    from: rest,
    events: [onAccount],
    when: once("asked for a status"),
    leaves: ["asked for a status"],
    holds: "status",
  }),
  command("LIST while the store is out of order", {
    text: 'LIST "" *',
    from: rest,
    events: [onAccount, completed],
    breaks: "list",
  }),
  command("FETCH of a message", {
    text: "FETCH 1 BODY[]",
    from: ["selected"],
    events: [onMailbox, completed],
    when: all(inInbox, once("flagged")),
  }),
  command("FETCH of a message that cannot be read to its end", {
    text: "FETCH 1 BODY.PEEK[]",
    from: ["selected"],
    events: [onMailbox, ended("session-failed")],
    when: all(inInbox, once("flagged")),
    breaks: "read",
  }),
  command("STORE of \\Deleted at the first message", {
    text: "STORE 1 +FLAGS (\\Deleted)",
    from: ["selected"],
    events: [onMailbox, completed],
    when: all(inInbox, once("flagged")),
    leaves: ["flagged"],
  }),
  command("EXPUNGE", { text: "EXPUNGE", from: ["selected"], events: [onMailbox, completed], when: inInbox }),
  command("EXPUNGE that the store thinks about", {
    text: "EXPUNGE",
    from: ["selected"],
    events: [onMailbox],
    when: all(once("asked to expunge"), once("read-only")),
    leaves: ["asked to expunge"],
    holds: "expunge",
  }),
  command("EXPUNGE while the store is out of order", {
    text: "EXPUNGE",
    from: ["selected"],
    events: [onMailbox, completed],
    when: inInbox,
    breaks: "expunge",
  }),
];

/** Ends with the selected mailbox, whatever was asked for. */
const bereft = (name: string, text: string, begun: AnyEventObject): ImapStimulus => ({
  ...command(name, { text, from: ["selected"], events: [begun, ended("quit")], when: deleted, anywhere: true }),
});

const others: readonly ImapStimulus[] = [
  {
    name: "another session deletes the selected mailbox",
    events: (at) => (is("idling")(at) ? [ended("quit")] : []),
    possible: (at) =>
      all(connected, has("Drafts"), selected, is("selected", "idling", "executing"))(at) &&
      !deleted(at) &&
      once("Drafts is left")(at),
    leaves: ["Drafts was deleted"],
    async apply(world) {
      const account = await world.store.memory.open({ username: "anna" });
      await account.delete("Drafts");
    },
  },
  bereft("NOOP finds that the mailbox is no more", "NOOP", onMailbox),
  bereft("STATUS finds that the mailbox is no more", "STATUS INBOX (MESSAGES)", onAccount),
  bereft("IDLE finds that the mailbox is no more", "IDLE", event("command.idle")),
  {
    name: "a message arrives",
    events: [],
    possible: (at) => connected(at) && is("selected", "executing", "idling")(at) && once("arrived")(at),
    leaves: ["arrived"],
    apply: ({ store }) => void store.memory.deliver("anna", delivered),
  },
  command("NOOP", { text: "NOOP", from: ["selected"], events: [onMailbox, completed] }),
];

const idle: readonly ImapStimulus[] = [
  {
    ...command("IDLE", { text: "", from: rest, events: [event("command.idle")] }),
    async apply(world) {
      const heard = world.client.received.length;
      await world.say("IDLE");
      await world.client.until("+ Idling", heard);
    },
  },
  ...["DONE", "done", "STATUS INBOX (MESSAGES)"].map(
    (line): ImapStimulus => ({
      name: `${line} in IDLE`,
      events: [completed],
      possible: all(speaks, is("idling")),
      async apply(world) {
        world.client.line(line);
        await world.delivered();
      },
    }),
  ),
  {
    name: "much of the time passes in IDLE",
    events: [],
    possible: (at) => speaks(at) && is("idling")(at) && once("still here")(at),
    leaves: ["still here"],
    async apply(world) {
      world.bench.clock.advance(60_000);
      await world.client.until("* OK Still here");
    },
  },
];

/** What was found or sent while the command was carried out comes after it. */
const answered: readonly ImapStimulus[] = answers<ImapWorld>(questions, ({ store }) => store.gate.answer()).map(
  ({ events: _, ...stimulus }, place) => {
    const events = Object.values(questions)[place]?.answered ?? [];
    return {
      ...stimulus,
      events: (at) => {
        const known = events.map((one) => (one === completed && deleted(at) ? ended("quit") : one));
        const isOver = events.length > 0 && (draining(at) || deleted(at));
        const next = at.facts.has("behind") ? [goodbye] : at.facts.has("FIN waits") ? [ended("peer-ended")] : [];
        const told = [...known, ...(isOver ? [] : next)];
        return at.facts.has("FIN waits") ? [...told, connectionClosed] : parting(told, at);
      },
    };
  },
);

export const mailboxCommands: readonly ImapStimulus[] = [
  ...anyState,
  ...selection,
  ...work,
  ...others,
  ...idle,
  ...answered,
];
