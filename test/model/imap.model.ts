/** The IMAP session's chart, how each of its events comes about over the wire, and what its client may rely on. */
import { imapMachine } from "../../src/protocols/imap/machine.ts";
import type { Difference, Impossible, Model, Situation } from "../../src/testing/index.ts";
import { appending } from "./imap-append.ts";
import { mailboxCommands } from "./imap-commands.ts";
import { arrivalAndLogin } from "./imap-login.ts";
import { deleted, halfOf, type ImapStimulus, questions, waits } from "./imap-situation.ts";
import { delivered, ImapWorld } from "./imap-world.ts";
import {
  all,
  endings,
  has,
  impossibleInSessions,
  impossibleWhenTakenOver,
  is,
  unknownToChart,
} from "./mail-session.ts";

const beforeLogin = is("notAuthenticated", "authenticating", "verifying");
const ends: readonly ImapStimulus[] = endings({
  closing: "logout",
  timeOut: (at) => (beforeLogin(at) || waits(at) ? "session-timeout" : "idle-timeout"),
  isBusy: waits,
});

/** What the client was told is so, each of its commands was answered once, and the server says why it goes. */
function compare(world: ImapWorld, situation: Situation): Difference[] {
  const [client] = world.clients;
  if (!client) return [];
  const differences = [
    ...answersCompared(world, situation),
    ...byesCompared(client.received, situation),
    ...messagesCompared(world),
    ...countsCompared(world, situation),
  ];
  return differences.filter(({ expected, actual }) => JSON.stringify(expected) !== JSON.stringify(actual));
}

/** Between commands all have been answered, while one is carried out those before it, and at the end the rest never will be. */
function answersCompared({ clients: [client], said, current }: ImapWorld, at: Situation): Difference[] {
  const answered = [...(client?.received.matchAll(/^([a-z]\w*) (?:OK|NO|BAD) /gm) ?? [])]
    .map(([, tag]) => tag)
    .filter((tag) => tag !== "tls" && tag !== "probe");
  const tags = said.map(({ tag }) => tag);
  const order = { of: "tags of the answers", expected: tags.slice(0, answered.length), actual: answered };
  if (is("logout", "closed")(at)) return [order];
  const isBusy = halfOf("a literal")(at) || !is("notAuthenticated", "upgrading", "authenticated", "selected")(at);
  return [order, { of: "commands answered", expected: isBusy ? current : tags.length, actual: answered.length }];
}

/** RFC 3501 section 3.4. In the middle of a response nothing can be said. */
function byesCompared(received: string, at: Situation): Difference[] {
  const { cause } = at.snapshot.context;
  if (!is("logout")(at)) return [];
  const actual = received.match(/^\* BYE /gm)?.length ?? 0;
  return [{ of: "BYE", expected: cause === "peer-ended" || cause === "session-failed" ? 0 : 1, actual }];
}

/** An APPEND that was acknowledged is kept, and nothing is kept by halves; what was expunged is gone, and nothing else is. */
function messagesCompared(world: ImapWorld): Difference[] {
  const received = world.clients[0]?.received ?? "";
  const kept = world.kept("INBOX");
  const isSaid = (tag: string, words: string): boolean => new RegExp(`^${tag} ${words}`, "m").test(received);
  const appended = world.said.flatMap(({ tag, message }): Difference[] => {
    const uid = new RegExp(`^${tag} OK \\[APPENDUID \\d+ (\\d+)\\]`, "m").exec(received)?.[1];
    if (uid === undefined) return [];
    return [{ of: `the message of ${tag}`, expected: message, actual: kept.get(Number(uid)) ?? null }];
  });
  const whole = new Set([...world.said.map(({ message }) => message), delivered]);
  const halves = [...kept.values()].filter((message) => !whole.has(message)).length;
  const flagged = world.said.findIndex(({ tag, text }) => text.startsWith("STORE") && isSaid(tag, "OK"));
  const removers = world.said.slice(flagged + 1).filter(({ text }) => text === "EXPUNGE" || text === "CLOSE");
  const isGone = flagged >= 0 && removers.some(({ tag }) => isSaid(tag, "OK"));
  const isThere = flagged < 0 || removers.length === 0;
  return [
    ...appended,
    { of: "messages kept by halves", expected: 0, actual: halves },
    ...(isGone || isThere ? [{ of: "the first message is there", expected: isThere, actual: kept.has(1) }] : []),
    { of: "the second message is there", expected: true, actual: kept.has(2) },
  ];
}

/** In IDLE everything is told at once. */
function countsCompared(world: ImapWorld, at: Situation): Difference[] {
  if (!is("idling")(at) || !at.snapshot.context.selected || at.facts.has("Drafts")) return [];
  let counted = 0;
  for (const [, number, what] of world.clients[0]?.received.matchAll(/^\* (\d+) (EXISTS|EXPUNGE)/gm) ?? [])
    counted = what === "EXISTS" ? Number(number) : counted - 1;
  return [{ of: "messages that the client counts", expected: world.kept("INBOX").size, actual: counted }];
}

export const imapModel: Model<ImapWorld> = {
  machine: imapMachine,
  stimuli: [...arrivalAndLogin, ...mailboxCommands, ...appending, ...ends],
  async open(bench) {
    const world = new ImapWorld(bench);
    await world.gatehouse.start();
    return world;
  },
  context: ["draining", "selected", "cause"],
  compare,
};

export const impossible: Impossible = { ...impossibleInSessions("logout"), ...impossibleWhenTakenOver };

/** What tells situations apart in which each stimulus is tried. */
export function distinguish(at: Situation): string {
  const { value, context } = at.snapshot;
  if (value === "logout") return value;
  const isDrafts = context.selected && all(has("Drafts"), is("selected", "idling", "executing"))(at);
  const halves = [halfOf("a literal")(at), halfOf("a message")(at)];
  const isFlagged = all(has("flagged"), is("selected"))(at);
  const mailbox = [context.selected, isDrafts, isDrafts && deleted(at), isFlagged];
  return JSON.stringify([value, context.draining, mailbox, halves, unknownToChart(questions, at)]);
}
