import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { letter, startImapServer } from "./imap-server.ts";
import { ann, tlsModes } from "./mail-server.ts";
import { installed, python, run } from "./programs.ts";

const program = fileURLToPath(new URL("imaplib_client.py", import.meta.url));

describe.skipIf(!installed("python3"))("Python's imaplib", () => {
  test.each(tlsModes)("reads, changes and adds mail: %s", async (mode) => {
    const server = await startImapServer();
    await server.deliver(letter("Hello"));
    const { code, stdout, stderr } = await run(python(), [
      program,
      mode,
      String(server.portFor(mode)),
      server.certificateFile,
      ann.address,
      ann.password,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const steps = new Map<string, unknown>(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as [string, unknown]),
    );
    expect(Object.fromEntries(steps)).toMatchObject({
      select: ["OK", ["1"]],
      append: "OK",
      search: ["OK", ["1 2"]],
      "search text": ["OK", ["1"]],
      fetch: [
        "OK",
        [
          [expect.stringContaining("1 (FLAGS ("), "Subject: Hello\r\n\r\n"],
          ")",
          [expect.stringContaining("2 (FLAGS (\\Seen"), "Subject: New\r\n\r\n"],
          ")",
        ],
      ],
      dates: ["OK", ['2 (INTERNALDATE "14-Nov-2023 22:13:20 +0000" RFC822.SIZE 19)']],
      copy: "OK",
      "no such mailbox": "NO",
      expunge: ["OK", ["1"]],
      list: ["OK", ['(\\HasNoChildren) "/" "A \\"quoted\\" name"']],
      namespace: ["OK", ['(("" "/")) NIL NIL']],
      status: ["OK", ['"Archive" (MESSAGES 1 UNSEEN 1)']],
      close: "OK",
      logout: "BYE",
    });
    expect(await server.contents("INBOX")).toEqual(["New: \\Seen"]);
  });
});
