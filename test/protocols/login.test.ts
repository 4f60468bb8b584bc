/** The log-in that all protocols share, on a session that does nothing else: `LOGIN name password`, `AUTH mechanism`. */
import { describe, expect, it } from "vitest";
import type { Identity, LoginAttempt } from "../../src/protocols/backend.ts";
import { Login, type LoginSettings, type LoginStep } from "../../src/protocols/login.ts";
import { LoginFailures } from "../../src/protocols/login-failures.ts";
import {
  CONTINUE,
  close,
  type Session,
  type SessionProtocol,
  type Verdict,
  WAIT,
} from "../../src/protocols/protocol.ts";
import { MemoryWire, secureFacts } from "./memory-wire.ts";

const alice: Identity = { username: "alice@example.com", roles: [] };

function settingsOf(given: Partial<LoginSettings> = {}): LoginSettings {
  return {
    backend: {
      authenticate: async ({ username, password }) => (username === "alice" && password === "right" ? alice : null),
    },
    mechanisms: ["PLAIN", "LOGIN"],
    authWithoutTls: true,
    authenticationFailures: 3,
    failures: new LoginFailures(),
    ...given,
  };
}

/** Each chunk is a line. What came of it is written as it is. */
function loginOnly(settings: LoginSettings): SessionProtocol {
  return {
    kind: "session",
    name: "login-only",
    startTls: false,
    busy: () => "",
    open: (wire) => {
      const login = new Login(wire, settings);
      const take = (step: LoginStep): Verdict => {
        if (step.next === "wait") return WAIT;
        wire.write(`${step.next} ${step.next === "challenge" ? step.base64 : step.reason}\n`);
        return CONTINUE;
      };
      const session: Session = {
        state: "open",
        greet: () => CONTINUE,
        receive: (chunk) => {
          const [verb, first = "", second] = Buffer.from(chunk).toString().split(" ");
          if (verb === "LOGIN") return take(login.password("LOGIN", first, second ?? ""));
          if (verb === "AUTH") return take(login.start(first, second));
          return take(login.respond(verb ?? ""));
        },
        resume: () => {
          const outcome = login.outcome();
          if (!outcome) return WAIT;
          wire.write(`${outcome.result}\n`);
          return outcome.result === "rejected" && outcome.last ? close("authentication-failed") : CONTINUE;
        },
        writable: () => CONTINUE,
        secured: () => CONTINUE,
        ended: () => close("peer-ended"),
        drain: () => close("drained"),
        expired: () => close("idle-timeout"),
        closed: (cause) => login.end(cause),
      };
      return session;
    },
  };
}

function connect(settings = settingsOf(), address = "198.51.100.7"): MemoryWire {
  return new MemoryWire(loginOnly(settings), { peer: { address, port: 4000 } });
}

const plain = (password: string): string => Buffer.from(`\0alice\0${password}`).toString("base64");

describe("a log-in", () => {
  it.each([
    ["a name and a password", ["LOGIN alice right"], ["accepted"]],
    ["PLAIN with its initial response", [`AUTH PLAIN ${plain("right")}`], ["accepted"]],
    ["PLAIN with a challenge", ["AUTH plain", plain("right")], ["challenge ", "accepted"]],
    ["LOGIN", ["AUTH LOGIN", "YWxpY2U=", "cmlnaHQ="], ["challenge VXNlcm5hbWU6", "challenge UGFzc3dvcmQ6", "accepted"]],
    ["a cancelled exchange", ["AUTH LOGIN", "*"], ["challenge VXNlcm5hbWU6", "refused cancelled"]],
    ["an empty initial response", ["AUTH PLAIN ="], ["refused malformed"]],
    ["a mechanism that nobody knows", ["AUTH GSSAPI"], ["refused mechanism-unknown"]],
    ["a response outside an exchange", ["AAAA"], ["refused malformed"]],
  ])("by %s", async (_how, lines, said) => {
    const wire = connect();
    const heard: string[] = [];
    for (const line of lines) heard.push((await wire.send(line)).slice(0, -1));
    expect(heard).toEqual(said);
    expect(wire.waits).toEqual([]);
  });

  it("takes only the mechanisms that the protocol announces", async () => {
    const wire = connect(settingsOf({ mechanisms: ["PLAIN"] }));
    expect(await wire.send("AUTH LOGIN")).toBe("refused mechanism-unknown\n");
  });

  it("is announced under TLS, in clear only where configured, and not at all when there is nobody to ask", () => {
    const offered = (given: Partial<LoginSettings>, tls = false) =>
      new Login(new MemoryWire(loginOnly(settingsOf()), tls ? { tls: secureFacts } : {}), settingsOf(given)).mechanisms;
    expect(offered({})).toEqual(["PLAIN", "LOGIN"]);
    expect(offered({ authWithoutTls: false })).toEqual([]);
    expect(offered({ authWithoutTls: false }, true)).toEqual(["PLAIN", "LOGIN"]);
    expect(offered({ backend: {} }, true)).toEqual([]);
  });

  it("tells who it was, and never a password", async () => {
    const wire = connect();
    await wire.send("LOGIN alice wrong");
    await wire.send(`LOGIN ${"b".repeat(1000)} secret`);
    await wire.send("LOGIN alice right");
    expect(wire.notices).toEqual([
      { type: "session.authenticationFailed", mechanism: "LOGIN", username: "alice" },
      { type: "session.authenticationFailed", mechanism: "LOGIN", username: "b".repeat(255) },
      { type: "session.authenticated", mechanism: "LOGIN", username: "alice@example.com" },
    ]);
  });

  it.each([
    ["true", true],
    ["its result in an object", { ok: true }],
    ["a bare name", "alice"],
    ["an empty name", { username: "", roles: [] }],
    ["no roles", { username: "alice" }],
  ])("is a failure of the backend that answers with %s: nobody is let in", async (_what, answer) => {
    // As JavaScript may.
    const backend = { authenticate: async () => answer as unknown as Identity };
    const wire = connect(settingsOf({ backend }));
    expect(await wire.send("LOGIN alice right")).toBe("unavailable\n");
    expect(wire.notices).toMatchObject([
      { type: "session.backendFailed", operation: "authenticate", error: { code: "backend-identity-invalid" } },
    ]);
  });

  it("tells the backend when nobody waits for its answer any more", async () => {
    const asked: LoginAttempt[] = [];
    const authenticate = (attempt: LoginAttempt): Promise<null> => {
      asked.push(attempt);
      return new Promise(() => {});
    };
    const wire = connect(settingsOf({ backend: { authenticate } }));
    wire.push("LOGIN alice right");
    expect(asked[0]?.signal.aborted).toBe(false);
    wire.close("peer-reset");
    expect(asked[0]?.signal.aborted).toBe(true);
  });

  it("to act for somebody else is a failure without a question to the backend", async () => {
    const asked: LoginAttempt[] = [];
    const wire = connect(
      settingsOf({
        backend: {
          authenticate: async (attempt) => {
            asked.push(attempt);
            return alice;
          },
        },
      }),
    );
    expect(await wire.send(`AUTH PLAIN ${Buffer.from("bob\0alice\0right").toString("base64")}`)).toBe("rejected\n");
    expect([asked, wire.waits, wire.notices[0]?.type]).toEqual([[], [1000], "session.authenticationFailed"]);
  });
});

describe("a failed log-in", () => {
  it("is answered after 1 second, the next one after 2, and ends the session at the limit", async () => {
    const wire = connect();
    expect(await wire.send("LOGIN alice a")).toBe("rejected\n");
    expect(await wire.send("LOGIN alice b")).toBe("rejected\n");
    expect(wire.verdict).toEqual(CONTINUE);
    expect(await wire.send("LOGIN alice c")).toBe("rejected\n");
    expect([wire.waits, wire.verdict]).toEqual([[1000, 2000, 4000], close("authentication-failed")]);
  });

  it("holds input back and says nothing before its time", async () => {
    const wire = connect();
    wire.push("LOGIN alice wrong");
    await Promise.resolve();
    await expect.poll(() => wire.wakeDue).toBe(1000);
    expect(wire.verdict).toBe(WAIT);
    expect(await wire.pass(998)).toBe("");
    expect(wire.verdict).toBe(WAIT);
    expect(await wire.pass(2)).toBe("rejected\n");
  });

  it("is not cut short by a turn for another reason", async () => {
    const wire = connect();
    wire.push("LOGIN alice wrong");
    await expect.poll(() => wire.wakeDue).toBe(1000);
    wire.wake();
    expect(await wire.settle()).toBe("rejected\n");
    expect([wire.waits, wire.verdicts.map(({ next }) => next)]).toEqual([[1000], ["wait", "wait", "wait", "continue"]]);
  });

  it("delays the next connection of the same address too, before the backend is asked", async () => {
    const asked: string[] = [];
    const settings = settingsOf({
      backend: {
        authenticate: async ({ password }) => {
          asked.push(password);
          return password === "right" ? alice : null;
        },
      },
    });
    const first = connect(settings);
    first.push("LOGIN alice a");
    await expect.poll(() => first.wakeDue).toBe(1000);
    first.close("peer-reset");

    const second = connect(settings);
    second.push("LOGIN alice right");
    expect([second.wakeDue, asked]).toEqual([1000, ["a"]]);
    expect(await second.settle()).toBe("accepted\n");
    expect([second.waits, asked]).toEqual([[1000], ["a", "right"]]);

    const third = connect(settings);
    third.time = second.time;
    expect(await third.send("LOGIN alice b")).toBe("rejected\n");
    expect(third.waits).toEqual([2000]);

    const elsewhere = connect(settings, "203.0.113.1");
    await elsewhere.send("LOGIN alice right");
    expect(elsewhere.waits).toEqual([]);
  });

  it("is not what the backend's own failure is: no delay, no count", async () => {
    const wire = connect(
      settingsOf({
        backend: { authenticate: async () => Promise.reject(new Error("away")) },
        authenticationFailures: 1,
      }),
    );
    expect(await wire.send("LOGIN alice a")).toBe("unavailable\n");
    expect(await wire.send("LOGIN alice a")).toBe("unavailable\n");
    expect(wire.waits).toEqual([]);
    expect(wire.notices[0]).toMatchObject({ type: "session.backendFailed", operation: "authenticate" });
  });

  it("does nothing more once the session is over", async () => {
    const answer = Promise.withResolvers<null>();
    const settings = settingsOf({ backend: { authenticate: () => answer.promise } });
    const wire = connect(settings);
    wire.push("LOGIN alice a");
    wire.close("peer-reset");
    answer.resolve(null);
    await answer.promise;
    await Promise.resolve();
    expect([wire.notices, wire.wakeDue]).toEqual([[], null]);
  });
});

describe("an embedder's session", () => {
  const session = (ends: string[]): Session => ({
    state: "mine",
    greet: () => CONTINUE,
    receive: () => CONTINUE,
    resume: () => CONTINUE,
    writable: () => CONTINUE,
    secured: () => CONTINUE,
    ended: () => close("quit"),
    drain: () => close("drained"),
    expired: () => close("idle-timeout"),
    closed: (cause) => ends.push(cause),
  });

  it("comes with the log-in", async () => {
    const told: string[] = [];
    const wire = connect(
      settingsOf({
        takeOver: async ({ username }) => {
          told.push(username);
          return session([]);
        },
      }),
    );
    expect(await wire.send("LOGIN alice right")).toBe("accepted\n");
    expect(told).toEqual(["alice@example.com"]);
  });

  it("that cannot be made is a temporary failure", async () => {
    const wire = connect(
      settingsOf({
        takeOver: () => {
          throw new Error("no such user here");
        },
      }),
    );
    expect(await wire.send("LOGIN alice right")).toBe("unavailable\n");
    expect(wire.notices.at(-1)).toMatchObject({ type: "session.backendFailed", operation: "takeOver" });
  });

  it("that is made too late is closed", async () => {
    const made = Promise.withResolvers<Session>();
    const ends: string[] = [];
    const wire = connect(settingsOf({ takeOver: () => made.promise }));
    wire.push("LOGIN alice right");
    await expect.poll(() => wire.notices.length).toBe(1);
    wire.close("peer-reset");
    made.resolve(session(ends));
    await expect.poll(() => ends).toEqual(["peer-reset"]);
  });
});
