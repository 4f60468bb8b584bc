import { describe, expect, it } from "vitest";
import { secureFacts } from "../memory-wire.ts";
import { codes, introduce } from "./fixture.ts";

const tls = { tls: secureFacts };
const right = "AGFsaWNlAHdvbmRlcmxhbmQ=";
const wrong = "AGFsaWNlAHdyb25n";

describe("AUTH", () => {
  it.each([
    ["PLAIN with its initial response", [`AUTH PLAIN ${right}`], ["235"]],
    ["PLAIN with a challenge", ["auth plain", right], ["334", "235"]],
    ["LOGIN", ["AUTH LOGIN", "YWxpY2U=", "d29uZGVybGFuZA=="], ["334", "334", "235"]],
    ["LOGIN with the name as initial response", ["AUTH LOGIN YWxpY2U=", "d29uZGVybGFuZA=="], ["334", "235"]],
  ])("succeeds by %s", async (_how, lines, replies) => {
    const { wire, backend } = await introduce({}, tls);
    const said: string[] = [];
    for (const line of lines) said.push(...codes(await wire.send(`${line}\r\n`)));
    expect(said).toEqual(replies);
    expect(wire.notices).toMatchObject([{ type: "session.authenticated", username: "alice@example.com" }]);
    expect(await wire.send(`AUTH PLAIN ${right}\r\n`)).toBe("503 5.5.1 Authenticated already\r\n");
    await wire.send("MAIL FROM:<a@b.c>\r\nRCPT TO:<b@c.d>\r\nDATA\r\n.\r\n");
    expect(backend.stored[0]?.envelope.identity).toEqual({ username: "alice@example.com", roles: [] });
  });

  it("challenges as clients expect it", async () => {
    const { wire } = await introduce({}, tls);
    expect(await wire.send("AUTH PLAIN\r\n")).toBe("334 \r\n");
    expect(await wire.send("*\r\n")).toBe("501 5.7.0 Authentication cancelled\r\n");
    expect(await wire.send("AUTH LOGIN\r\n")).toBe("334 VXNlcm5hbWU6\r\n");
    expect(await wire.send("YWxpY2U=\r\n")).toBe("334 UGFzc3dvcmQ6\r\n");
    expect(await wire.send("*\r\n")).toBe("501 5.7.0 Authentication cancelled\r\n");
    expect(wire.state).toBe("ready");
  });

  it.each([
    ["AUTH", "501 5.5.4 Syntax: AUTH mechanism [initial-response]"],
    ["AUTH CRAM-MD5", "504 5.5.4 Authentication mechanism not supported"],
    ["AUTH PLAIN =", "501 5.5.2 Cannot decode the response"],
    ["AUTH PLAIN !", "501 5.5.2 Cannot decode the response"],
    ["AUTH PLAIN AGFsaWNl", "501 5.5.2 Cannot decode the response"],
    ["AUTH PLAIN a b", "501 5.5.4 Syntax: AUTH mechanism [initial-response]"],
  ])("answers %j with %j and asks nobody", async (line, reply) => {
    const { wire } = await introduce({}, tls);
    expect(await wire.send(`${line}\r\n`)).toBe(`${reply}\r\n`);
    expect([wire.state, wire.notices]).toEqual(["ready", []]);
  });

  it.each(["x", "AGFsaWNl", "a\0b", "é"])("gives up an exchange at the response %j", async (response) => {
    const { wire } = await introduce({}, tls);
    await wire.send("AUTH PLAIN\r\n");
    expect(codes(await wire.send(`${response}\r\n`))[0]).toMatch(/50[01]/);
    expect(wire.state).toBe("ready");
  });

  it("takes responses longer than a command line may be", async () => {
    const password = "p".repeat(4000);
    const { wire } = await introduce(
      { backend: { authenticate: async (attempt) => ({ username: attempt.password, roles: [] }) } },
      tls,
    );
    await wire.send("AUTH PLAIN\r\n");
    await wire.send(`${Buffer.from(`\0alice\0${password}`).toString("base64")}\r\n`);
    expect(wire.notices).toMatchObject([{ username: password }]);
  });

  it("ends after three failures", async () => {
    const { wire } = await introduce({}, tls);
    expect(await wire.send(`AUTH PLAIN ${wrong}\r\n`)).toBe("535 5.7.8 Authentication credentials invalid\r\n");
    expect(wire.verdict.next).toBe("continue");
    const failures = codes(await wire.send(`AUTH PLAIN ${wrong}\r\nAUTH PLAIN ${wrong}\r\nAUTH PLAIN ${right}\r\n`));
    expect(failures).toEqual(["535", "535", "421"]);
    expect(wire.verdict).toEqual({ next: "close", cause: "authentication-failed" });
    expect(wire.notices).toHaveLength(3);
    expect(wire.notices[0]).toEqual({ type: "session.authenticationFailed", mechanism: "PLAIN", username: "alice" });
  });

  it("refuses to act for somebody else", async () => {
    const { wire } = await introduce({}, tls);
    const response = Buffer.from("bob\0alice\0wonderland").toString("base64");
    expect(await wire.send(`AUTH PLAIN ${response}\r\n`)).toMatch(/^535/);
    expect(wire.state).toBe("ready");
  });

  it("is temporary failure when the backend fails, and no failed attempt", async () => {
    const authenticate = async () => {
      throw new Error("LDAP is away");
    };
    const { wire } = await introduce({ backend: { authenticate }, authenticationFailures: 1 }, tls);
    expect(await wire.send(`AUTH PLAIN ${right}\r\n`)).toBe("454 4.7.0 Temporary authentication failure\r\n");
    expect(wire.notices).toMatchObject([{ type: "session.backendFailed", operation: "authenticate" }]);
    expect(wire.verdict.next).toBe("continue");
  });

  it("is offered in clear only where configured", async () => {
    const clear = await introduce();
    expect(clear.wire.output).not.toContain("AUTH");
    const { wire } = await introduce({ authWithoutTls: true });
    expect(wire.output).toContain("250-AUTH PLAIN LOGIN\r\n");
    expect(await wire.send(`AUTH PLAIN ${right}\r\n`)).toBe("235 2.7.0 Authentication successful\r\n");
  });

  it("is not there without a backend that knows users", async () => {
    const { wire } = await introduce({ backend: {} }, tls);
    expect(wire.output).not.toContain("AUTH");
    expect(await wire.send("AUTH PLAIN\r\n")).toBe("502 5.5.1 AUTH is not available\r\n");
  });
});
