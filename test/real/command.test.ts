/** The command's subcommands; `serve` has files of its own: `command-start.test.ts`, `command-end.test.ts`. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CheckOptions, check } from "../../src/command/check.ts";
import { exitCodes } from "../../src/command/exit-codes.ts";
import { messages } from "../../src/command/messages.ts";
import { openStore } from "../../src/mailbox/index.ts";
import { captured, type Printed } from "../command/captured.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { issue } from "../runtime/tls/certificate-fixtures.ts";
import { documentFile, gatehouse, serve, submit } from "./command.ts";
import { trickyMessage } from "./messages.ts";

const account = { "ann@example.com": { secret: { "@type": "Text", secret: "wonderland" } } };
const listeners = [
  { name: "smtp", bind: ["127.0.0.1:0"] },
  { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true },
];

test("a misspelt command is named, with the one that was meant", async () => {
  const { code, stderr } = await gatehouse(["relaod"]);
  expect({ code, stderr }).toEqual({
    code: exitCodes.usage,
    stderr: "error: unknown command 'relaod'\n(Did you mean reload?)\n",
  });
});

describe("gatehouse --help", () => {
  test("names every subcommand and the exit statuses", async () => {
    const { code, stdout } = await gatehouse(["--help"]);
    expect(code).toBe(exitCodes.ok);
    for (const name of ["serve", "check", "schema", "messages", "password-hash"]) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    }
    for (const status of Object.values(exitCodes)) expect(stdout).toMatch(new RegExp(`\\b${status} \\w`));
  });

  test("of a subcommand explains its options", async () => {
    const options = { serve: "--config <file>", check: "--config <file>", messages: "--data <dir>" };
    await Promise.all(
      Object.entries(options).map(async ([name, option]) => {
        const { code, stdout } = await gatehouse([name, "--help"]);
        expect(code).toBe(exitCodes.ok);
        expect(stdout).toContain(option);
      }),
    );
  });
});

test("a command line that is not understood ends with 2, and the message says what is wrong with it", async () => {
  const mistakes: readonly (readonly [args: readonly string[], words: RegExp])[] = [
    [["sevre"], /sevre|serve/],
    [["serve", "--prot", "25"], /--prot/],
    [["check", "--config"], /--config/],
    [["serve", "--log-level", "loud"], /loud.*debug/s],
  ];
  await Promise.all(
    mistakes.map(async ([args, words]) => {
      const { code, stdout, stderr } = await gatehouse(args);
      expect({ args, code, stdout }).toEqual({ args, code: exitCodes.usage, stdout: "" });
      expect(stderr).toMatch(words);
      expect(stderr).not.toMatch(/^\s+at /m);
    }),
  );
});

/** `gatehouse check` without a process of its own, whose start takes twenty times as long. */
function checked(options: Omit<CheckOptions, "data">): Promise<Printed> {
  return captured(() => check({ data: temporaryDirectory(), ...options }));
}

describe("gatehouse check", () => {
  test("says with --against what a change of documents would do, and finds the mistakes of both", async () => {
    const before = await documentFile([
      { name: "smtp", bind: ["127.0.0.1:2525"], maxConnections: 100 },
      { name: "web", protocol: "http", bind: ["127.0.0.1:8080"] },
    ]);
    const after = await documentFile([{ name: "smtp", bind: ["127.0.0.1:2525"], maxConnections: 50 }]);
    const { code, stdout } = await gatehouse(["check", "--config", after, "--against", before]);
    expect(code).toBe(exitCodes.ok);
    expect(stdout).toContain("smtp: retuned (maxConnections 100 → 50)");
    expect(stdout).toContain("web: removed");

    const broken = await documentFile([{ name: "smtp" }]);
    const refused = await checked({ config: after, against: broken });
    expect(refused.code).toBe(exitCodes.configuration);
    expect(refused.errors).toContain(broken);
  });

  test("says what a valid document amounts to", async () => {
    const file = await documentFile({ Account: account, NetworkListener: listeners });
    const { code, stdout, stderr } = await gatehouse(["check", "--config", file]);
    expect({ code, stderr }).toEqual({ code: exitCodes.ok, stderr: "" });
    expect(stdout).toContain(`${file} is valid.`);
    expect(stdout).toMatch(/smtp.*127\.0\.0\.1:0.*submissions/s);
    expect(stdout).not.toContain("wonderland");
  });

  test("takes gatehouse.json of the working directory, else the built-in example", async () => {
    const cwd = temporaryDirectory();
    expect((await gatehouse(["check"], { cwd })).stdout).toContain("The built-in example is valid.");
    const file = await documentFile({ NetworkListener: listeners }, cwd);
    expect((await gatehouse(["check"], { cwd })).stdout).toContain(`${file} is valid.`);
  });

  test("tells every mistake at once, each with its path, and ends with 1", async () => {
    const file = await documentFile({
      SystemSettings: { maxConnections: 0, drainTimeout: "soon" },
      Account: { "no address": { secret: { "@type": "Text", secret: "tell nobody" } } },
      NetworkListener: [
        { name: "a", bind: ["127.0.0.1:0"], tlsTimeuot: 1 },
        { name: "a", bind: [] },
      ],
    });
    const { code, stdout, stderr } = await gatehouse(["check", "--config", file]);
    expect({ code, stdout }).toEqual({ code: exitCodes.configuration, stdout: "" });
    for (const path of [
      "SystemSettings.maxConnections",
      "SystemSettings.drainTimeout",
      "NetworkListener[0].tlsTimeuot",
    ]) {
      expect(stderr).toContain(path);
    }
    expect(stderr).toMatch(/no address.*NetworkListener\[1\]\.name.*NetworkListener\[1\]\.bind/s);
    expect(stderr).not.toMatch(/tell nobody|^\s+at /m);
  });

  test("says where text is no document, and which file is missing", async () => {
    const mistakes = new Map([
      [await documentFile('{ "NetworkListener": [ oops ] }'), /line 1|1:\d+/],
      [await documentFile(""), /is not JSON/],
      ["nowhere.json", /nowhere\.json/],
    ]);
    for (const [config, words] of mistakes) {
      const { code, errors } = await checked({ config });
      expect({ config, code }).toEqual({ config, code: exitCodes.configuration });
      expect(errors).toMatch(words);
      expect(errors).not.toMatch(/^\s+at /m);
    }
  });

  test("refuses a key that does not fit its certificate, without showing it; so does serve", async () => {
    const [one, other] = await Promise.all([issue({ names: ["a.example"] }), issue({ names: ["b.example"] })]);
    const certificate = { "@type": "Text", value: one.certificate };
    const privateKey = { "@type": "Text", secret: other.privateKey };
    const file = await documentFile({ Certificate: { main: { certificate, privateKey } }, NetworkListener: listeners });
    const { code, out, errors } = await checked({ config: file });
    expect(code).toBe(exitCodes.configuration);
    expect(errors).toMatch(/main.*does not|main.*fit|main.*match/s);
    const served = await gatehouse(["serve", "--config", file, "--data", temporaryDirectory()]);
    expect(served.code).not.toBe(exitCodes.ok);
    expect(served.stderr).toContain("main");
    for (const said of [out, errors, served.stdout, served.stderr]) expect(said).not.toContain("PRIVATE KEY");
  });
});

test("gatehouse schema prints a JSON Schema", async () => {
  const { code, stdout } = await gatehouse(["schema"]);
  expect(code).toBe(exitCodes.ok);
  const schema = JSON.parse(stdout) as Record<string, unknown>;
  expect(schema["$schema"]).toMatch(/^https?:\/\/json-schema\.org\//);
  expect(stdout).toContain("tlsIgnoreClientOrder");
});

test("gatehouse password-hash makes a secret that logs in with the password, and serve takes it", async () => {
  const hashed = await gatehouse(["password-hash"], { input: "wonderland\n" });
  expect(hashed.code).toBe(exitCodes.ok);
  const secret = { "@type": "Text", secret: hashed.stdout.trim() };
  const server = await serve({ Account: { "ann@example.com": { secret } }, NetworkListener: listeners });
  await submit(server, { user: "ann@example.com", pass: "wonderland" });
  const wrong = submit(server, { user: "ann@example.com", pass: "Wonderland" });
  await expect(wrong).rejects.toMatchObject({ responseCode: 535 });
});

describe("gatehouse messages", () => {
  test("lists what was received and prints messages as they were sent, with their trace, beside the running server", async () => {
    const server = await serve({ Account: account, NetworkListener: listeners });
    const data = ["--data", server.data];
    expect((await gatehouse(["messages", ...data])).stdout).toBe("No messages.\n");
    await submit(server, { user: "ann@example.com", pass: "wonderland" });
    const list = await gatehouse(["messages", ...data]);
    expect(list.stdout).toMatch(/^\S+ {2}.*ann@example\.com #1 {2}from <ann@example\.com> {2}\d+ octets\n$/);
    const id = list.stdout.split(" ")[0] ?? "";
    const [latest, named, others] = await Promise.all([
      gatehouse(["messages", "latest", ...data]),
      gatehouse(["messages", id, ...data]),
      gatehouse(["messages", "--account", "bob@example.com", ...data]),
    ]);
    expect(latest.stdout).toMatch(/^Return-Path: <ann@example\.com>\r\nReceived: from /);
    expect(latest.stdout.endsWith(`\r\n${trickyMessage.toString()}`)).toBe(true);
    expect(named.stdout).toBe(latest.stdout);
    expect(others.stdout).toBe("No messages.\n");
  });

  test("says that there is no such message or no such folder, and ends with 1", async () => {
    const data = temporaryDirectory();
    const store = await openStore(data);
    await store.close();
    const missing = await captured(() => messages("nothing", { data }));
    expect(missing).toMatchObject({ code: exitCodes.configuration, out: "" });
    expect(missing.errors).toContain("nothing");
    const nowhere = await captured(() => messages(undefined, { data: join(data, "nowhere") }));
    expect(nowhere).toMatchObject({ code: exitCodes.configuration, out: "" });
    expect(nowhere.errors).toContain("nowhere");
    expect(nowhere.errors).not.toMatch(/^\s+at /m);
  });
});
