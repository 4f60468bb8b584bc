import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Verdict } from "../../../src/protocols/protocol.ts";
import { secureFacts } from "../memory-wire.ts";
import { connect, credentials, literal } from "./fixture.ts";

const fragment = fc.constantFrom(
  ...[`AUTHENTICATE "PLAIN" "${credentials()}"\r\n`, 'AUTHENTICATE "PLAIN"\r\n', `"${credentials()}"\r\n`, '"*"\r\n'],
  ...[`PUTSCRIPT "a" ${literal("keep;\r\n")}\r\n`, 'PUTSCRIPT "b" "stop; keep;"\r\n', "LISTSCRIPTS\r\n"],
  ...['GETSCRIPT "a"\r\n', 'SETACTIVE "a"\r\n', 'SETACTIVE ""\r\n', 'DELETESCRIPT "a"\r\n', 'RENAMESCRIPT "a" "b"\r\n'],
  ...[`CHECKSCRIPT ${literal("kep;")}\r\n`, 'HAVESPACE "a" 5\r\n', "CAPABILITY\r\n", "UNAUTHENTICATE\r\n", "NOOP\r\n"],
  ...["X\r\n", "NOOP % {3+}\r\nabc\r\n", "{3+}\r\n", "abc", '"', "\\", " ", "\r\n", "\n", "\r", "\0", "é", "\xff", "{"],
  ...["LOGOUT\r\n", "STARTTLS\r\n", `PUTSCRIPT "c" {200000+}\r\n`],
);

describe("any dialogue", () => {
  it("has the same replies however its bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fragment, { maxLength: 20 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        async (fragments, cuts) => {
          const bytes = Buffer.from(fragments.join(""), "latin1");
          const [whole, cut] = [await connect({}, { tls: secureFacts }), await connect({}, { tls: secureFacts })];
          await whole.wire.send(bytes);
          await cut.wire.send(bytes, cuts);
          expect(cut.wire.output).toBe(whole.wire.output);
          expect(cut.wire.state).toBe(whole.wire.state);
          expect(cut.wire.verdict).toEqual(whole.wire.verdict);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("survives any bytes and ends in good order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), async (chunks) => {
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
        const { wire } = await connect({ authWithoutTls: true }, { startTls: false });
        let closed: Verdict | null = null;
        for (const { deed: name, bytes } of deeds) {
          if (name === "send") await wire.send(Buffer.from(bytes, "latin1"));
          else if (name === "end") await wire.end();
          else if (name === "drain") wire.drain();
          else wire.expire(name);
          if (closed !== null) expect(wire.verdict).toEqual(closed);
          if (wire.verdict.next === "close") closed = wire.verdict;
        }
        expect(wire.output.match(/^BYE /gm) ?? []).toSatisfy((ends: string[]) => ends.length <= 1);
      }),
      { numRuns: 300 },
    );
  });
});
