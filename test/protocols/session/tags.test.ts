import { describe, expect, it } from "vitest";
import type { AnyStateMachine } from "xstate";
import { imapEffects, imapMachine } from "../../../src/protocols/imap/machine.ts";
import { manageSieveEffects, manageSieveMachine } from "../../../src/protocols/manage-sieve/machine.ts";
import { pop3Effects, pop3Machine } from "../../../src/protocols/pop3/machine.ts";
import type { SessionTag } from "../../../src/protocols/session/chart.ts";
import { SessionChart } from "../../../src/protocols/session/chart-actor.ts";
import { smtpEffects, smtpMachine } from "../../../src/protocols/smtp/machine.ts";

type Tags = Readonly<Partial<Record<SessionTag, readonly string[]>>>;

const shared = { upgrading: ["upgrading"], authenticating: ["authenticating"] };
const closing = { over: ["closing", "closed"] };
const takenOver = { takenOver: ["takenOver"] };

const charts: readonly [machine: AnyStateMachine, tags: Tags][] = [
  [
    smtpMachine,
    { ...shared, ...closing, waiting: ["greeting", "upgrading", "verifying"], busy: ["verifying", "delivering"] },
  ],
  [
    imapMachine,
    {
      ...{ ...shared, ...takenOver, over: ["logout", "closed"] },
      waiting: ["greeting", "upgrading", "verifying", "executing", "takenOver"],
      busy: ["verifying", "executing"],
    },
  ],
  [
    pop3Machine,
    {
      ...{ ...shared, ...takenOver, ...closing },
      waiting: ["greeting", "upgrading", "verifying", "locking", "update", "takenOver"],
      busy: ["verifying", "locking", "update"],
    },
  ],
  [
    manageSieveMachine,
    {
      ...{ ...shared, ...takenOver, ...closing },
      waiting: ["greeting", "upgrading", "verifying", "working", "takenOver"],
      busy: ["verifying", "working"],
    },
  ],
];

const tagNames = ["waiting", "busy", "upgrading", "authenticating", "takenOver", "over"] as const;

describe.each(charts)("The chart of $id", (machine, expected) => {
  it.each(tagNames)("tags the right states as %s", (tag) => {
    const tagged = Object.entries(machine.states).filter(([, { tags }]) => tags.includes(tag));
    expect(tagged.map(([name]) => name)).toEqual(expected[tag] ?? []);
  });
});

const effects = [smtpEffects, imapEffects, pop3Effects, manageSieveEffects];

describe.each(["compiled", "interpreted"] as const)("A %s session", (lifecycle) => {
  it.each(charts.map(([machine], index) => [machine.id, machine, effects[index] ?? []] as const))(
    "of %s has the tags of its state, from the greeting to the end",
    (_id, machine, names) => {
      const noted = Object.fromEntries(names.map((name) => [name, () => {}]));
      const session = { ...noted, wire: { id: "1", inspect: undefined }, settings: { inspect: undefined, lifecycle } };
      const actor = new SessionChart<string, object>(machine, names as readonly never[]).start(session);
      expect(actor.getSnapshot().hasTag("waiting")).toBe(true);
      actor.send({ type: "greeting.sent" });
      expect(actor.getSnapshot().hasTag("waiting")).toBe(false);
      expect(actor.getSnapshot().hasTag("safe")).toBe(true);
      actor.send({ type: "credentials.given" });
      actor.send({ type: "connection.closed" });
      expect(actor.getSnapshot().value).toBe("closed");
      expect(actor.getSnapshot().hasTag("over")).toBe(true);
      expect(actor.getSnapshot().hasTag("waiting")).toBe(false);
    },
  );
});
