import { describe, expect, it } from "vitest";
import { pop3Machine } from "../../../src/protocols/pop3/machine.ts";
import { type PlainType, sessionChart } from "../session-chart.ts";

const { done, reach } = sessionChart(pop3Machine, ["forgetDialogue", "releaseMaildrop", "sayShuttingDown"]);

const transaction = ["greeting.sent", "credentials.given", "login.succeeded", "maildrop.locked"] as const;

/** One way into each state that a session can be in. */
const paths: Readonly<Record<string, readonly PlainType<typeof pop3Machine>[]>> = {
  greeting: [],
  authorization: ["greeting.sent"],
  named: ["greeting.sent", "command.user"],
  authenticating: ["greeting.sent", "command.auth"],
  upgrading: ["greeting.sent", "command.stls"],
  verifying: ["greeting.sent", "command.user", "credentials.given"],
  locking: ["greeting.sent", "credentials.given", "login.succeeded"],
  transaction,
  listing: [...transaction, "command.list"],
  retrieving: [...transaction, "command.retr"],
  update: [...transaction, "command.quit"],
  takenOver: ["greeting.sent", "credentials.given", "dialogue.takenOver"],
};

describe("the chart of a POP3 session", () => {
  it.each(Object.entries(paths))("reaches %s, and from there any end gives the lock back", (state, path) => {
    expect(reach(...path).getSnapshot().value).toBe(state);
    for (const end of [{ type: "session.ended", cause: "too-many-errors" }, { type: "connection.closed" }] as const) {
      const actor = reach(...path);
      actor.send(end);
      expect(done).toContain("releaseMaildrop");
    }
  });

  it("drains at once between commands, and nowhere else", () => {
    const drained = Object.entries(paths).filter(
      ([, path]) => reach(...path, "drain").getSnapshot().value === "closing",
    );
    expect(drained.map(([state]) => state)).toEqual(["authorization", "named", "transaction"]);
  });

  it.each([
    ["listing", "response.sent"],
    ["retrieving", "response.sent"],
    ["verifying", "login.failed"],
    ["locking", "maildrop.locked"],
    ["authenticating", "login.failed"],
    ["upgrading", "tls.secured"],
  ] as const)("drains after what it is busy with: %s", (state, next) => {
    const actor = reach(...(paths[state] ?? []), "drain");
    expect(actor.getSnapshot().value).toBe(state);
    actor.send({ type: next });
    expect(actor.getSnapshot()).toMatchObject({ value: "closing", context: { cause: "drained" } });
    expect(done.filter((effect) => effect === "sayShuttingDown")).toHaveLength(1);
  });

  it("lets nobody log in twice, or start TLS after a log-in", () => {
    const actor = reach(...transaction);
    for (const type of ["command.user", "command.auth", "credentials.given", "command.stls"] as const) {
      expect(actor.getSnapshot().can({ type })).toBe(false);
    }
  });
});
