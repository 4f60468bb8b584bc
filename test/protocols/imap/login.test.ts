import { describe, expect, it } from "vitest";
import { secureFacts } from "../memory-wire.ts";
import { ann, connect, play } from "./fixture.ts";

const common =
  "IMAP4rev1 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE UIDPLUS UNSELECT CHILDREN MOVE SPECIAL-USE CREATE-SPECIAL-USE";

describe("before the log-in", () => {
  it("greets with its capabilities", async () => {
    const { wire } = await connect({ authWithoutTls: false });
    expect(wire.output).toBe(`* OK [CAPABILITY ${common} STARTTLS LOGINDISABLED] mx.example.com Gatehouse\r\n`);
  });

  it("takes no password in clear", async () => {
    const fixture = await connect({ authWithoutTls: false });
    await play(
      fixture,
      `
      C: a LOGIN ann@example.com wonderland
      S: a NO [PRIVACYREQUIRED] Log in under TLS only
      C: b AUTHENTICATE PLAIN
      S: b NO [PRIVACYREQUIRED] Log in under TLS only
    `,
    );
  });

  it("offers mechanisms under TLS, and STARTTLS no more", async () => {
    const { wire } = await connect({ authWithoutTls: false, wire: { tls: secureFacts } });
    expect(wire.output).toContain(`CAPABILITY ${common} AUTH=PLAIN AUTH=LOGIN]`);
  });

  it("drops what came in clear with STARTTLS", async () => {
    const fixture = await connect({ authWithoutTls: false });
    expect(await fixture.wire.send("a STARTTLS\r\nb LOGIN ann@example.com wonderland\r\nc NO")).toBe(
      "a OK Begin TLS negotiation now\r\n",
    );
    expect(fixture.wire.verdict).toEqual({ next: "upgrade" });
    expect(await fixture.wire.secure()).toBe("");
    await play(
      fixture,
      `
      C: d NOOP
      S: d OK Done
      C: e STARTTLS
      S: e BAD TLS is active already
    `,
    );
    expect(fixture.wire.notices).toEqual([]);
  });

  it("takes LOGIN, AUTHENTICATE and an initial response", async () => {
    const plain = Buffer.from(`\0${ann.username}\0${ann.password}`).toString("base64");
    const loggedIn = `OK \\[CAPABILITY ${common.replaceAll("+", "\\+")}\\] Logged in`;
    for (const dialogue of [
      `C: a LOGIN ann@example.com {10+}
       C: wonderland
       S~ a ${loggedIn}`,
      `C: a AUTHENTICATE PLAIN ${plain}
       S~ a ${loggedIn}`,
      `C: a AUTHENTICATE PLAIN
       S: + 
       C: ${plain}
       S~ a ${loggedIn}`,
      `C: a AUTHENTICATE LOGIN
       S: + VXNlcm5hbWU6
       C: ${Buffer.from(ann.username).toString("base64")}
       S: + UGFzc3dvcmQ6
       C: ${Buffer.from(ann.password).toString("base64")}
       S~ a ${loggedIn}`,
    ]) {
      const fixture = await connect();
      await play(fixture, dialogue);
      expect(fixture.wire.state).toBe("authenticated");
      expect(fixture.wire.sessionTimeout).toBeNull();
    }
  });

  it("answers wrong passwords later each time, and ends after the third", async () => {
    const fixture = await connect();
    await play(
      fixture,
      `
      C: a LOGIN ann@example.com looking-glass
      S: a NO [AUTHENTICATIONFAILED] Name or password is wrong
      C: b LOGIN ann@example.com looking-glass
      S: b NO [AUTHENTICATIONFAILED] Name or password is wrong
      C: c LOGIN ann@example.com looking-glass
      S: c NO [AUTHENTICATIONFAILED] Name or password is wrong
      S: * BYE Too many failures to log in
    `,
    );
    expect(fixture.wire.waits).toEqual([1000, 2000, 4000]);
    expect(fixture.wire.verdict).toEqual({ next: "close", cause: "authentication-failed" });
  });

  it("lets an exchange be cancelled", async () => {
    const fixture = await connect();
    await play(
      fixture,
      `
      C: a AUTHENTICATE PLAIN
      S: + 
      C: *
      S: a BAD The exchange was cancelled
      C: b NOOP
      S: b OK Done
    `,
    );
  });

  it.each(["SELECT INBOX", 'LIST "" *', "FETCH 1 FLAGS", "IDLE", "NAMESPACE", "CLOSE", "ENABLE CONDSTORE"])(
    "refuses %s",
    async (command) => {
      const fixture = await connect();
      await play(
        fixture,
        `
        C: a ${command}
        S: a BAD Log in first
      `,
      );
    },
  );

  it("refuses APPEND before its message is sent", async () => {
    const fixture = await connect();
    await play(
      fixture,
      `
      C: a APPEND INBOX {5}
      S: a BAD Log in first
      C: b NOOP
      S: b OK Done
    `,
    );
  });

  it("ends after too many errors or commands", async () => {
    const { wire } = await connect();
    expect(await wire.send("a FROBNICATE\r\n".repeat(10))).toMatch(/\* BYE Too many errors\r\n$/);
    expect(wire.verdict).toEqual({ next: "close", cause: "too-many-errors" });
    const { wire: busy } = await connect();
    expect(await busy.send("a NOOP\r\n".repeat(51))).toMatch(/\* BYE Too many commands before the log-in\r\n$/);
    expect(busy.verdict).toEqual({ next: "close", cause: "too-many-errors" });
  });

  it("says goodbye when the log-in takes too long, at a handshake of TLS, and at LOGOUT", async () => {
    const { wire } = await connect();
    expect(wire.sessionTimeout).toBe(180_000);
    expect(wire.expire("session")).toBe("* BYE It took too long to log in\r\n");
    expect(wire.verdict).toEqual({ next: "close", cause: "session-timeout" });
    const { wire: secure } = await connect();
    expect(await secure.send(Buffer.from([0x16, 3, 1, 0]))).toMatch(/^\* BYE /);
    const { wire: polite } = await connect();
    expect(await polite.send("a LOGOUT\r\nb NOOP\r\n")).toBe("* BYE Logging out\r\na OK Bye\r\n");
    expect(polite.verdict).toEqual({ next: "close", cause: "quit", goodbye: true });
  });

  it("leaves the dialogue to an embedder's session, with what came behind the log-in", async () => {
    const received: string[] = [];
    const fixture = await connect({
      takeOver: (identity, wire) => ({
        state: "taken",
        greet: () => {
          wire.write(`* hello ${identity.username}\r\n`);
          return { next: "continue" };
        },
        receive: (chunk) => {
          received.push(Buffer.from(chunk).toString());
          return { next: "continue" };
        },
        resume: () => ({ next: "continue" }),
        writable: () => ({ next: "continue" }),
        secured: () => ({ next: "continue" }),
        ended: () => ({ next: "close", cause: "quit" }),
        drain: () => ({ next: "close", cause: "drained" }),
        expired: () => ({ next: "close", cause: "idle-timeout" }),
        closed: () => {},
      }),
    });
    expect(await fixture.wire.send("a LOGIN ann@example.com wonderland\r\nb NOOP\r\n")).toBe(
      "a OK Logged in\r\n* hello ann@example.com\r\n",
    );
    expect(received).toEqual(["b NOOP\r\n"]);
    expect(fixture.wire.state).toBe("taken");
  });
});
