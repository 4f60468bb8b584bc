/** APPEND: its message comes by and by, breaks off, is refused, or is kept after a while. */
import { command, completed, halfOf, type ImapStimulus, speaks, waits } from "./imap-situation.ts";
import type { ImapWorld } from "./imap-world.ts";
import { all, type Condition, event, has, is, once } from "./mail-session.ts";

const rest = ["authenticated", "selected"];
const begun = event("command.append");
const contentEnded = event("content.ended");
const message = "Subject: Appended\r\n\r\nNever by halves.\r\n";
const half = message.slice(0, 20);
/** The message of an APPEND is due. */
const due: Condition = (at) => all(speaks, is("appending"))(at) && !waits(at);

/** The store has what it needs to be asked: it has been told of the command. */
async function begin(world: ImapWorld): Promise<void> {
  const heard = world.client.received.length;
  await world.say(`APPEND INBOX {${message.length}}`);
  await world.client.until("+ Ready for the message", heard);
}

const beginnings: readonly ImapStimulus[] = [
  { ...command("APPEND", { text: "", from: rest, events: [begun] }), apply: begin },
  {
    ...command("APPEND with a message that the client sends unasked", {
      text: "",
      from: rest,
      events: [begun, contentEnded, completed],
    }),
    apply: (world) => world.say(`APPEND INBOX (\\Seen) {${message.length}+}\r\n${message}`, { message }),
  },
  command("APPEND to what is not there", {
    text: `APPEND Nowhere {${message.length}+}\r\n${message}`,
    from: rest,
    events: [begun, completed],
  }),
  command("APPEND of more than may be", {
    text: `APPEND INBOX {${60_000_000}}`,
    from: rest,
    events: [],
    when: once("too much"),
    leaves: ["too much"],
  }),
  command("APPEND without a log-in", {
    text: `APPEND INBOX {${message.length}+}\r\n${message}`,
    from: ["notAuthenticated"],
    events: [],
    when: once("too early"),
    leaves: ["too early"],
  }),
  command("APPEND while the store thinks about the mailbox", {
    text: `APPEND INBOX {${message.length}}`,
    from: rest,
    events: [begun],
    when: once("asked for room"),
    leaves: ["asked for room"],
    holds: "status",
  }),
  command("APPEND while the store is out of order", {
    text: `APPEND INBOX {${message.length}+}\r\n${message}`,
    from: rest,
    events: [begun, contentEnded, completed],
    when: once("refused"),
    leaves: ["refused"],
    breaks: "append",
  }),
  {
    ...command("APPEND of a message that the store keeps slowly", {
      text: "",
      from: rest,
      events: [begun, contentEnded],
      when: once("asked to append"),
      leaves: ["asked to append"],
    }),
    async apply(world) {
      world.store.hold("append");
      await world.say(`APPEND INBOX {${message.length}+}\r\n${message}`, { message });
    },
  },
];

const messages: readonly ImapStimulus[] = [
  {
    name: "the message",
    events: [contentEnded, completed],
    possible: due,
    async apply(world) {
      world.completes(message);
      world.client.line(message);
      await world.delivered();
    },
  },
  {
    name: "the message, with something behind it",
    events: [completed],
    possible: due,
    async apply(world) {
      world.client.line(`${message}junk`);
      await world.delivered();
    },
  },
  {
    name: "half of the message",
    events: [],
    possible: all(due, once("half of a message")),
    leaves: ["half of a message"],
    async apply(world) {
      world.client.send(half);
      await world.delivered();
    },
  },
  {
    name: "the rest of the message",
    events: [contentEnded, completed],
    possible: all(halfOf("a message"), is("appending"), has("connected")),
    leaves: ["the rest of a message"],
    async apply(world) {
      world.completes(message);
      world.client.line(message.slice(half.length));
      await world.delivered();
    },
  },
];

export const appending: readonly ImapStimulus[] = [...beginnings, ...messages];
