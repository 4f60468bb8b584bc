import { describe, expect, it } from "vitest";
import { manageSieveMachine } from "../../../src/protocols/manage-sieve/index.ts";
import { type PlainType, sessionChart } from "../session-chart.ts";

const { done, reach } = sessionChart(manageSieveMachine, ["forgetDialogue", "closeAccount", "sayShuttingDown"]);

const authenticated = ["greeting.sent", "credentials.given", "login.succeeded"] as const;
const paths: Record<string, readonly PlainType<typeof manageSieveMachine>[]> = {
  greeting: [],
  nonAuthenticated: ["greeting.sent"],
  upgrading: ["greeting.sent", "command.starttls"],
  authenticating: ["greeting.sent", "command.authenticate"],
  verifying: ["greeting.sent", "credentials.given"],
  authenticated,
  working: [...authenticated, "command.script"],
  takenOver: ["greeting.sent", "credentials.given", "dialogue.takenOver"],
};
const commands = ["starttls", "authenticate", "script", "unauthenticate"] as const;

describe("the chart of a ManageSieve session", () => {
  it.each([
    ["greeting", []],
    ["nonAuthenticated", ["starttls", "authenticate"]],
    ["upgrading", []],
    ["authenticating", []],
    ["verifying", []],
    ["authenticated", ["script", "unauthenticate"]],
    ["working", []],
    ["takenOver", []],
  ])("takes in the state %s the commands %j", (state, allowed) => {
    const snapshot = reach(...(paths[state] ?? [])).getSnapshot();
    expect(snapshot.value).toBe(state);
    expect(commands.filter((command) => snapshot.can({ type: `command.${command}` }))).toEqual(allowed);
  });

  it.each(Object.entries(paths))("ends in the state %s for any cause, and gives the account back", (_state, path) => {
    const actor = reach(...path);
    actor.send({ type: "session.ended", cause: "too-many-errors" });
    expect(actor.getSnapshot()).toMatchObject({ value: "closing", context: { cause: "too-many-errors" } });
    expect(done.at(-1)).toBe("closeAccount");
    actor.send({ type: "connection.closed" });
    expect(actor.getSnapshot()).toMatchObject({ value: "closed", status: "done" });
  });

  it("drains at once in the states that are safe, and in no other", () => {
    const safe = Object.entries(paths).filter(([, path]) =>
      reach(...path)
        .getSnapshot()
        .hasTag("safe"),
    );
    const drained = Object.entries(paths).filter(
      ([, path]) => reach(...path, "drain").getSnapshot().value === "closing",
    );
    expect(safe.map(([state]) => state)).toEqual(["nonAuthenticated", "authenticated"]);
    expect(drained).toEqual(safe);
  });

  it.each([
    ["upgrading", "tls.secured"],
    ["authenticating", "login.failed"],
    ["verifying", "login.succeeded"],
    ["working", "mailbox.answered"],
  ] as const)("drains at the next safe point: in %s, after %s", (state, next) => {
    const actor = reach(...(paths[state] ?? []), "drain", next);
    expect(actor.getSnapshot()).toMatchObject({ value: "closing", context: { cause: "drained" } });
    expect(done.filter((effect) => effect === "sayShuttingDown")).toHaveLength(1);
  });
});
