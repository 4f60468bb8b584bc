/** A client in Python, which reads answers with literals and speaks as Thunderbird's add-on does: `managesieve_client.py`. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ann, bob } from "./mail-server.ts";
import { installed, python, run } from "./programs.ts";
import { type ScriptServer, startScriptServer } from "./script-server.ts";

const program = fileURLToPath(new URL("./managesieve_client.py", import.meta.url));

interface Answer {
  readonly status: "OK" | "NO" | "BYE";
  /** Behind the status, the response code's parentheses included. */
  readonly words: readonly string[];
  /** The lines before it, as their words. */
  readonly lines: readonly (readonly string[])[];
}

interface Job {
  readonly tls: "STARTTLS" | "implicit";
  readonly account?: { readonly address: string; readonly password: string };
  readonly commands: readonly (readonly (string | number)[])[];
}

async function carryOut(server: ScriptServer, jobs: readonly Job[]): Promise<Answer[][]> {
  const input = jobs.map(({ tls, account = ann, commands }) => ({
    ...{ tls, commands, username: account.address, password: account.password, certificate: server.certificateFile },
    port: server.port(tls === "implicit" ? "sieves" : "sieve"),
  }));
  const { code, stdout, stderr } = await run(python(), [program], { input: JSON.stringify(input) });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Answer[][];
}

const script = 'require "vacation";\r\nvacation text:\r\nIch bin in Köln: "\\{5+}".\r\n.\r\n;\r\n';

describe.skipIf(!installed("python3"))("a ManageSieve client in Python", () => {
  test.each(["STARTTLS", "implicit"] as const)("stores, renames and reads a script byte for byte: %s", async (tls) => {
    const server = await startScriptServer();
    const [answers = []] = await carryOut(server, [
      {
        tls,
        commands: [
          ["HAVESPACE", "Büro", 100],
          ["PUTSCRIPT", "Büro", script],
          ["SETACTIVE", "Büro"],
          ["RENAMESCRIPT", "Büro", 'im "Urlaub"'],
          ["LISTSCRIPTS"],
          ["GETSCRIPT", 'im "Urlaub"'],
          ["NOOP", "tag"],
          ["CAPABILITY"],
          ["LOGOUT"],
        ],
      },
    ]);
    const [greeting, login, space, put, active, renamed, list, got, noop, capabilities, bye] = answers;
    expect(greeting?.lines).toContainEqual(["SASL", "PLAIN"]);
    expect(greeting?.lines).not.toContainEqual(["STARTTLS"]);
    expect([login, space, put, active, renamed, noop, bye].map((answer) => answer?.status)).toEqual(
      Array(7).fill("OK"),
    );
    expect(list?.lines).toEqual([['im "Urlaub"', "ACTIVE"]]);
    expect(got?.lines).toEqual([[script]]);
    expect(noop?.words.slice(0, 2)).toEqual(["(TAG", "tag"]);
    expect(capabilities?.lines).toContainEqual(["OWNER", ann.address]);
  });

  test("finds what another session stored, and not what is another account's", async () => {
    const server = await startScriptServer();
    const [, again = [], other = []] = await carryOut(server, [
      { tls: "STARTTLS", commands: [["PUTSCRIPT", "mine", "keep;"]] },
      { tls: "implicit", commands: [["LISTSCRIPTS"]] },
      { tls: "implicit", account: bob, commands: [["LISTSCRIPTS"], ["GETSCRIPT", "mine"]] },
    ]);
    expect(again[2]?.lines).toEqual([["mine"]]);
    expect(other[2]?.lines).toEqual([]);
    expect(other[3]).toMatchObject({ status: "NO", words: ["(NONEXISTENT)", "There is no script by that name"] });
  });

  test("is told of errors by line and of warnings, and that a script is too large", async () => {
    const server = await startScriptServer();
    const [answers = []] = await carryOut(server, [
      {
        tls: "implicit",
        commands: [
          ["PUTSCRIPT", "s", "keep;\r\nfileinto 5;\r\n"],
          ["CHECKSCRIPT", "stop;\nkeep;\n"],
          ["PUTSCRIPT", "s", `#${"x".repeat(131_072)}`],
          ["HAVESPACE", "s", 131_073],
          ["LISTSCRIPTS"],
        ],
      },
    ]);
    expect(answers.slice(2).map(({ status, words }) => [status, ...words])).toEqual([
      ["NO", 'line 2, column 1: fileinto needs: require "fileinto";'],
      ["OK", "(WARNINGS)", "line 2, column 1: This is never reached: stop comes before it."],
      ["NO", "(QUOTA/MAXSIZE)", "The script is too large"],
      ["NO", "(QUOTA/MAXSIZE)", "The script is too large"],
      ["OK", "These are all scripts"],
    ]);
  });
});
