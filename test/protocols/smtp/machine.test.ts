import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import { smtpMachine } from "../../../src/protocols/smtp/machine.ts";
import { type PlainType, sessionChart } from "../session-chart.ts";

const { done, reach } = sessionChart(smtpMachine, ["forgetDialogue", "forgetTransaction", "sayShuttingDown"]);

const ready = ["greeting.sent", "command.ehlo"] as const;
const mail = [...ready, "command.mail", "sender.accepted"] as const;
const rcpt = [...mail, "command.rcpt", "recipient.accepted"] as const;
const paths: Record<string, readonly PlainType<typeof smtpMachine>[]> = {
  greeting: [],
  start: ["greeting.sent"],
  ready,
  upgrading: [...ready, "command.starttls"],
  authenticating: [...ready, "command.auth"],
  verifying: [...ready, "command.mail"],
  mail,
  rcpt,
  data: [...rcpt, "command.data"],
  bdat: [...rcpt, "command.bdat"],
  delivering: [...rcpt, "command.data", "content.ended"],
};
const commands = ["ehlo", "starttls", "auth", "mail", "rcpt", "data", "bdat", "rset"] as const;

describe("the chart of an SMTP session", () => {
  it.each([
    ["greeting", []],
    ["start", ["ehlo", "rset"]],
    ["ready", ["ehlo", "starttls", "auth", "mail", "rset"]],
    ["upgrading", []],
    ["authenticating", []],
    ["verifying", []],
    ["mail", ["ehlo", "rcpt", "rset"]],
    ["rcpt", ["ehlo", "rcpt", "data", "bdat", "rset"]],
    ["data", []],
    ["bdat", ["ehlo", "bdat", "rset"]],
    ["delivering", []],
  ])("takes in the state %s the commands %j", (state, allowed) => {
    const snapshot = reach(...(paths[state] ?? [])).getSnapshot();
    expect(snapshot.value).toBe(state);
    expect(commands.filter((command) => snapshot.can({ type: `command.${command}` }))).toEqual(allowed);
  });

  it.each(Object.entries(paths))("ends in the state %s for any cause", (_state, path) => {
    const actor = reach(...path);
    actor.send({ type: "session.ended", cause: "too-many-errors" });
    expect(actor.getSnapshot()).toMatchObject({ value: "closing", context: { cause: "too-many-errors" } });
    expect(done.at(-1)).toBe("forgetTransaction");
    actor.send({ type: "connection.closed" });
    expect(actor.getSnapshot()).toMatchObject({ value: "closed", status: "done" });
  });

  it("drains at once in the states that are safe, and in no other", () => {
    const safe = Object.keys(paths).filter((state) =>
      reach(...(paths[state] ?? []))
        .getSnapshot()
        .hasTag("safe"),
    );
    const drained = Object.keys(paths).filter((state) => {
      const actor = reach(...(paths[state] ?? []), "drain");
      return actor.getSnapshot().value === "closing";
    });
    expect(safe).toEqual(["start", "ready"]);
    expect(drained).toEqual(safe);
  });

  it.each([
    [["message.answered"], paths["delivering"]],
    [["sender.rejected"], paths["verifying"]],
    [["login.failed"], paths["authenticating"]],
    [["tls.secured"], paths["upgrading"]],
    [["command.rset"], rcpt],
  ] as const)("drains at the next safe point, after %j", (next, path) => {
    const actor = reach(...(path ?? []), "drain");
    expect(actor.getSnapshot().value).not.toBe("closing");
    for (const type of next) actor.send({ type });
    expect(actor.getSnapshot()).toMatchObject({ value: "closing", context: { cause: "drained" } });
    expect(done.filter((effect) => effect === "sayShuttingDown")).toHaveLength(1);
  });

  it("lets nobody log in twice, but again after STARTTLS", () => {
    const actor = reach(...ready, "credentials.given", "login.succeeded");
    expect(actor.getSnapshot().can({ type: "command.auth" })).toBe(false);
    for (const type of ["command.starttls", "tls.secured", "command.ehlo"] as const) actor.send({ type });
    expect(actor.getSnapshot().can({ type: "command.auth" })).toBe(true);
    expect(done).toContain("forgetDialogue");
  });

  it("does not skip an effect that was not provided", async () => {
    const actor = createActor(smtpMachine);
    const failed = new Promise((resolve) => actor.subscribe({ error: resolve }));
    actor.start();
    actor.send({ type: "greeting.sent" });
    actor.send({ type: "command.ehlo" });
    expect(String(await failed)).toContain('names "forgetTransaction"');
  });
});
