import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Verdict } from "../../../src/protocols/protocol.ts";
import { connect } from "./fixture.ts";

const envelope = "MAIL FROM:<a@b.c>\r\nRCPT TO:<b@c.d>\r\n";
/** Whole transactions and messages among the pieces, so that dialogues get further than to their first error. */
const fragment = fc.oneof(
  fc.constantFrom(
    ...[`${envelope}DATA\r\n`, `${envelope}DATA\r\nHi\r\n..dot\r\n.\r\n`, `${envelope}BDAT 6\r\nHi\r\n..`, envelope],
    ...[`RSET\r\n${envelope}DATA\r\nHi\r\n`, "\r\n.\r\n", "BDAT 4\r\nabcd", "BDAT 4 LAST\r\nabcd", "BDAT 0 LAST\r\n"],
  ),
  fc.constantFrom(
    ...[
      "EHLO x\r\n",
      "MAIL FROM:<a@b.c>\r\n",
      "RCPT TO:<b@c.d>\r\n",
      "RCPT TO:<nobody@c.d>\r\n",
      "DATA\r\n",
      "RSET\r\n",
    ],
    ...["Hi\r\n", ".\r\n", "..\r\n", "\r\n", "\n", "\r", ".", "BDAT 4\r\n", "BDAT 4 LAST\r\n", "abcd", "NOOP\r\n"],
    ...["AUTH PLAIN\r\n", "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=\r\n", "AUTH LOGIN\r\n", "YWxpY2U=\r\n", "*\r\n"],
    ...["QUIT\r\n", "\0", "é", "\xff", " ", "NOOP"],
  ),
);

describe("any dialogue", () => {
  it("has the same replies and keeps the same messages however its bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fragment, { maxLength: 30 }),
        fc.array(fc.nat(300), { maxLength: 12 }),
        async (fragments, cuts) => {
          const bytes = Buffer.from(`EHLO x\r\n${fragments.join("")}`, "latin1");
          const whole = await connect({ authWithoutTls: true });
          await whole.wire.send(bytes);
          const cut = await connect({ authWithoutTls: true });
          await cut.wire.send(bytes, cuts);
          expect(cut.wire.output).toBe(whole.wire.output);
          expect(cut.backend.contents).toEqual(whole.backend.contents);
          expect(cut.wire.state).toBe(whole.wire.state);
          expect(cut.wire.verdict).toEqual(whole.wire.verdict);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("survives any bytes and ends in good order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 }), async (chunks) => {
        const { wire } = await connect();
        for (const chunk of chunks) await wire.send(chunk);
        expect(["continue", "close"]).toContain(wire.verdict.next);
        wire.close("peer-reset");
        expect(wire.state).toBe("closed");
      }),
      { numRuns: 300 },
    );
  });

  it("stays in a state of its chart when everything happens at once", async () => {
    const deed = fc.oneof(
      fragment.map((bytes) => ({ deed: "send" as const, bytes })),
      fc.constantFrom(...(["drain", "end", "idle", "session"] as const)).map((name) => ({ deed: name, bytes: "" })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 20 }), async (deeds) => {
        const { wire } = await connect({ authWithoutTls: true });
        await wire.send("EHLO x\r\n");
        let closed: Verdict | null = null;
        for (const { deed: name, bytes } of deeds) {
          if (name === "send") await wire.send(Buffer.from(bytes, "latin1"));
          else if (name === "end") await wire.end();
          else if (name === "drain") wire.drain();
          else wire.expire(name);
          if (closed !== null) expect(wire.verdict).toEqual(closed);
          if (wire.verdict.next === "close") closed = wire.verdict;
        }
        expect(wire.output.match(/^421 /gm) ?? []).toSatisfy((ends: string[]) => ends.length <= 1);
      }),
      { numRuns: 300 },
    );
  });
});
