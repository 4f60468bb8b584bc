import { describe, expect, it } from "vitest";
import { imapMachine } from "../../../src/protocols/imap/machine.ts";
import { type PlainType, sessionChart } from "../session-chart.ts";

const { done, reach } = sessionChart(imapMachine, ["forgetDialogue", "giveBack", "sayShuttingDown"]);

const authenticated = ["greeting.sent", "credentials.given", "login.succeeded"] as const;
const selected = [...authenticated, "command.onAccount", "mailbox.selected", "command.completed"] as const;
const paths: Record<string, readonly PlainType<typeof imapMachine>[]> = {
  greeting: [],
  notAuthenticated: ["greeting.sent"],
  upgrading: ["greeting.sent", "command.starttls"],
  authenticating: ["greeting.sent", "command.authenticate"],
  verifying: ["greeting.sent", "credentials.given"],
  authenticated,
  selected,
  executing: [...selected, "command.onMailbox"],
  appending: [...authenticated, "command.append"],
  idling: [...selected, "command.idle"],
  takenOver: ["greeting.sent", "credentials.given", "dialogue.takenOver"],
};
const commands = ["starttls", "authenticate", "onAccount", "onMailbox", "append", "idle"] as const;

describe("the chart of an IMAP session", () => {
  it.each([
    ["greeting", []],
    ["notAuthenticated", ["starttls", "authenticate"]],
    ["upgrading", []],
    ["authenticating", []],
    ["verifying", []],
    ["authenticated", ["onAccount", "append", "idle"]],
    ["selected", ["onAccount", "onMailbox", "append", "idle"]],
    ["executing", []],
    ["appending", []],
    ["idling", []],
    ["takenOver", []],
  ])("takes in the state %s the commands %j", (state, allowed) => {
    const snapshot = reach(...(paths[state] ?? [])).getSnapshot();
    expect(snapshot.value).toBe(state);
    expect(commands.filter((command) => snapshot.can({ type: `command.${command}` }))).toEqual(allowed);
  });

  it.each(Object.entries(paths))("ends in the state %s for any cause", (_state, path) => {
    const actor = reach(...path);
    actor.send({ type: "session.ended", cause: "too-many-errors" });
    expect(actor.getSnapshot()).toMatchObject({ value: "logout", context: { cause: "too-many-errors" } });
    expect(done.at(-1)).toBe("giveBack");
    actor.send({ type: "connection.closed" });
    expect(actor.getSnapshot()).toMatchObject({ value: "closed", status: "done" });
  });

  it("drains at once in the states that are safe, and in no other", () => {
    const safe = Object.keys(paths).filter((state) =>
      reach(...(paths[state] ?? []))
        .getSnapshot()
        .hasTag("safe"),
    );
    const drained = Object.keys(paths).filter(
      (state) => reach(...(paths[state] ?? []), "drain").getSnapshot().value === "logout",
    );
    expect(safe).toEqual(["notAuthenticated", "authenticated", "selected", "idling"]);
    expect(drained).toEqual(safe);
  });

  it.each([
    [["command.completed"], paths["executing"]],
    [["content.ended", "command.completed"], paths["appending"]],
    [["login.succeeded"], paths["verifying"]],
    [["login.failed"], paths["authenticating"]],
    [["tls.secured"], paths["upgrading"]],
  ] as const)("drains at the next safe point, after %j", (next, path) => {
    const actor = reach(...(path ?? []), "drain");
    expect(actor.getSnapshot().value).not.toBe("logout");
    for (const type of next) actor.send({ type });
    expect(actor.getSnapshot()).toMatchObject({ value: "logout", context: { cause: "drained" } });
    expect(done.filter((effect) => effect === "sayShuttingDown")).toHaveLength(1);
  });

  it("comes back from a command to where the mailbox is", () => {
    const actor = reach(...selected);
    for (const type of ["command.onAccount", "command.completed"] as const) actor.send({ type });
    expect(actor.getSnapshot().value).toBe("selected");
    for (const type of ["command.onMailbox", "mailbox.closed", "command.completed"] as const) actor.send({ type });
    expect(actor.getSnapshot().value).toBe("authenticated");
    for (const type of ["command.idle", "command.completed"] as const) actor.send({ type });
    expect(actor.getSnapshot().value).toBe("authenticated");
  });
});
