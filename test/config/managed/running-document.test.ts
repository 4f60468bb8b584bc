/** Changes of a document that a server runs: in force and on disk, or not at all. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { parseDocument } from "../../../src/config/document/document.ts";
import type { Configuration } from "../../../src/config/document/effective.ts";
import type { DocumentChange } from "../../../src/config/managed/managed-document-contract.ts";
import { type DocumentServer, RunningDocument } from "../../../src/config/managed/running-document.ts";
import { planReload } from "../../../src/config/plan/reload-plan.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";
import { makeReadOnly, tinyMount } from "../../mounts.ts";
import { Emissions } from "../sources/emissions.ts";

const text = `{
  // Whom we serve
  "SystemSettings": { "maxConnections": 100 }, // enough
  "NetworkListener": [
    { "name": "smtp", "bind": ["127.0.0.1:2525"] } // MX
  ]
}
`;
const changedText = text.replace("100", "7");

/** As a server: what it cannot carry out, it refuses. */
class FakeServer implements DocumentServer<number> {
  configuration: Configuration;
  reloads = 0;
  /** Awaited in the midst of each reload. */
  during: (configuration: Configuration) => Promise<void> | void = () => {};

  constructor(configuration: Configuration) {
    this.configuration = configuration;
  }

  async plan(configuration: Configuration) {
    return planReload(this.configuration, configuration);
  }

  async reload(configuration: Configuration): Promise<number> {
    await this.during(configuration);
    this.configuration = configuration;
    this.reloads += 1;
    return this.reloads;
  }
}

async function running(file: string | null, keptFile = join(temporaryDirectory(), "data", "kept.json")) {
  const document = new RunningDocument<number>({ file, keptFile, builtIn: text });
  const server = new FakeServer(await document.read());
  document.manage(server);
  return { document, server, keptFile };
}

function fileWith(content: string): string {
  const file = join(temporaryDirectory(), "gatehouse.json");
  writeFileSync(file, content);
  return file;
}

const cap = (maxConnections: number): DocumentChange => ({
  kind: "update",
  section: "SystemSettings",
  id: "singleton",
  patch: { maxConnections },
});
const listener = (name: string, port: number): DocumentChange => ({
  kind: "create",
  section: "NetworkListener",
  value: { name, bind: { [`127.0.0.1:${port}`]: true } },
});

test("a change is in force and on disk, and nothing else of the file is touched", async () => {
  const file = fileWith(text);
  const { document, server } = await running(file);
  const before = document.snapshot();
  const applied = await document.apply([cap(7)]);
  expect(readFileSync(file, "utf8")).toBe(changedText);
  expect(server.configuration.system.maxConnections).toBe(7);
  expect(applied).toMatchObject({
    oldState: before.state,
    plan: { system: [{ field: "maxConnections" }] },
    ids: ["singleton"],
    report: 1,
    place: { kind: "file", file },
  });
  expect(document.snapshot()).toMatchObject({ state: applied.newState, ids: { NetworkListener: ["smtp"] } });
  // The same after a restart.
  expect((await running(file)).document.snapshot().state).toBe(applied.newState);
});

test("a dry run changes nothing, and neither does a change that is none", async () => {
  const file = fileWith(text);
  const { document, server } = await running(file);
  const { plan, newState, oldState } = await document.apply([cap(7)], { dryRun: true });
  expect(plan.system).toHaveLength(1);
  expect(newState).toBe(oldState);
  expect(await document.apply([cap(100)])).toMatchObject({ report: null, plan: { isEmpty: true } });
  expect(server.reloads).toBe(0);
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("what is not valid is told of the change and the field that are to blame", async () => {
  const file = fileWith(text);
  const { document, server } = await running(file);
  const wrong = document.apply([cap(5), listener("imap", 99_999), cap(0)]);
  await expect(wrong).rejects.toMatchObject({
    code: "invalid-change",
    problems: [
      { change: 2, section: "SystemSettings", id: "singleton", path: ["maxConnections"], reason: "invalid" },
      { change: 1, section: "NetworkListener", id: "imap", path: ["bind", "127.0.0.1:99999"] },
    ],
  });
  expect(server.reloads).toBe(0);
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("a reload that fails leaves the file alone", async () => {
  const file = fileWith(text);
  const { document, server } = await running(file);
  const failure = new Error("The address is in use.");
  server.during = () => Promise.reject(failure);
  await expect(document.apply([listener("imap", 143)])).rejects.toBe(failure);
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("mode and owner stay, and a symbolic link goes on leading to the file", async () => {
  const file = fileWith(text);
  chmodSync(file, 0o640);
  if (process.getuid?.() === 0) chownSync(file, 12, 34);
  const { uid, gid } = statSync(file);
  const link = join(temporaryDirectory(), "link.json");
  symlinkSync(file, link);
  const { document } = await running(link);
  await document.apply([cap(7)]);
  expect(readFileSync(file, "utf8")).toBe(changedText);
  expect(statSync(file)).toMatchObject({ uid, gid, mode: 0o100640 });
  expect(readdirSync(join(file, ".."))).toEqual(["gatehouse.json"]);
});

test("changes of many at once lose none, and those that ask for a state get it or nothing", async () => {
  const file = fileWith(text);
  const { document } = await running(file);
  const names = Array.from({ length: 20 }, (_, index) => `l${index}`);
  await Promise.all(names.map((name, index) => document.apply([listener(name, 3000 + index)])));
  expect(parseDocument(readFileSync(file, "utf8")).listeners.map(({ name }) => name)).toEqual(["smtp", ...names]);
  const { state } = document.snapshot();
  const outcomes = await Promise.allSettled(
    [1, 2, 3].map((count) => document.apply([cap(count)], { ifInState: state })),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
  expect(outcomes[1]).toMatchObject({ reason: { code: "document-changed" } });
});

test("an edit by hand before a change comes into force with it, and is refused by who asked for a state", async () => {
  const file = fileWith(text);
  const { document, server } = await running(file);
  const { state } = document.snapshot();
  writeFileSync(file, text.replace("// MX", "// by hand").replace("2525", "2526"));
  await expect(document.apply([cap(7)], { ifInState: state })).rejects.toMatchObject({ code: "document-changed" });
  await document.apply([cap(7)]);
  expect(readFileSync(file, "utf8")).toBe(changedText.replace("// MX", "// by hand").replace("2525", "2526"));
  expect(server.configuration.listeners[0]?.bind[0]).toMatchObject({ port: 2526 });
});

test("an edit by hand between reading and writing is merged", async () => {
  const file = fileWith(text);
  const { document, server } = await running(file);
  server.during = () => {
    if (server.reloads === 0) writeFileSync(file, text.replace("2525", "2526"));
  };
  const { report } = await document.apply([cap(7)]);
  expect(report).toBe(2);
  expect(readFileSync(file, "utf8")).toBe(changedText.replace("2525", "2526"));
  expect(server.configuration).toMatchObject({
    system: { maxConnections: 7 },
    listeners: [{ bind: [{ port: 2526 }] }],
  });
});

test("an edit by hand that does not go together with the change stays, and the document before is in force again", async () => {
  for (const edit of ["{", text.replace('"name": "smtp"', '"name": "mx"')]) {
    const file = fileWith(text);
    const { document, server } = await running(file);
    server.during = () => {
      if (server.reloads === 0) writeFileSync(file, edit);
    };
    const change: DocumentChange = {
      kind: "update",
      section: "NetworkListener",
      id: "smtp",
      patch: { maxConnections: 3 },
    };
    await expect(document.apply([change])).rejects.toMatchObject({ code: "document-changed" });
    expect(readFileSync(file, "utf8")).toBe(edit);
    expect(server.configuration.listeners[0]?.maxConnections).toBe(100);
    expect(server.configuration.listeners[0]?.name).toBe("smtp");
    // Mended by hand, it is taken again.
    writeFileSync(file, text);
    await document.apply([change]);
    expect(server.configuration.listeners[0]?.maxConnections).toBe(3);
  }
});

test("a document that another one has overtaken is put into force after it", async () => {
  const file = fileWith(text);
  const { document, server } = await running(file);
  let isFirst = true;
  server.during = () => {
    if (!isFirst) return;
    isFirst = false;
    throw Object.assign(new Error("A newer document arrived."), {
      code: "reload-superseded",
      newer: Promise.resolve(),
    });
  };
  expect(await document.apply([cap(7)])).toMatchObject({ report: 1 });
});

test("who watches the file does not put it into force a second time, and sees what is changed by hand", async () => {
  const file = fileWith(text);
  const { document, server } = await running(file);
  const emissions = new Emissions(document.changes({ settle: 10, poll: 20 }));
  onTestFinished(() => emissions.subscription.unsubscribe());
  for (const count of [7, 8, 9]) await document.apply([cap(count)]);
  expect(server.reloads).toBe(3);
  const next = emissions.next();
  writeFileSync(file, text.replace("100", "11"));
  expect(await next).toMatchObject({ kind: "document", configuration: { system: { maxConnections: 11 } } });
  expect(emissions.all).toHaveLength(1);
  // A dry run has read the edit, and put it into force for nobody.
  writeFileSync(file, text.replace("100", "12"));
  const after = emissions.next();
  await document.apply([cap(13)], { dryRun: true });
  expect(await after).toMatchObject({ configuration: { system: { maxConnections: 12 } } });
});

test("what cannot be written to the file is kept in the data folder, and merged when it is read, whatever the file has become", async () => {
  const file = fileWith(text);
  if (makeReadOnly(join(file, "..")) === null) return;
  const { document, keptFile } = await running(file);
  const data = { kind: "data", file: keptFile, document: file };
  expect(document.place).toMatchObject({ kind: "file" });
  expect(await document.apply([cap(7), listener("imap", 143)])).toMatchObject({ place: data });
  await document.apply([{ kind: "update", section: "NetworkListener", id: "imap", patch: { maxConnections: 2 } }]);
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(statSync(keptFile).mode & 0o777).toBe(0o600);
  const again = await running(file, keptFile);
  expect(again.document.place).toEqual(data);
  expect(again.document.isMerged).toBe(true);
  expect(again.document.snapshot()).toMatchObject({
    state: document.snapshot().state,
    configuration: {
      system: { maxConnections: 7 },
      listeners: [{ name: "smtp" }, { name: "imap", maxConnections: 2 }],
    },
  });
  // Another document in place of the first, which has no such listener and may be written: they move there.
  const other = fileWith(text.replace("2525", "2526"));
  const moved = await running(other, keptFile);
  await moved.document.apply([cap(8)]);
  const { listeners, system } = parseDocument(readFileSync(other, "utf8"));
  expect([system.maxConnections, ...listeners.map(({ name }) => name)]).toEqual([8, "smtp", "imap"]);
  expect((await running(other, keptFile)).document.isMerged).toBe(false);
});

test("a file that its mode lets nobody write is not replaced, and neither is the built-in document", async () => {
  const file = fileWith(text);
  chmodSync(file, 0o444);
  for (const source of [file, null]) {
    const { document, keptFile } = await running(source);
    expect(await document.apply([cap(7)])).toMatchObject({ place: { kind: "data", document: source } });
    expect((await running(source, keptFile)).server.configuration.system.maxConnections).toBe(7);
  }
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("what is kept and cannot be used is told of, and not passed over", async () => {
  const keptFile = join(temporaryDirectory(), "kept.json");
  writeFileSync(keptFile, "[{}]");
  await expect(running(fileWith(text), keptFile)).rejects.toMatchObject({
    code: "invalid-configuration",
    file: keptFile,
  });
});

test("a disk that is full puts the document before into force again, and leaves the file whole", async () => {
  const folder = tinyMount(16_384);
  if (folder === null) return;
  const file = join(folder, "gatehouse.json");
  writeFileSync(file, text);
  mkdirSync(join(folder, "others"));
  writeFileSync(join(folder, "others", "full"), Buffer.alloc(4_096));
  const { document, server } = await running(file);
  const long: DocumentChange = {
    kind: "create",
    section: "BlockedIp",
    value: { address: "192.0.2.1", reason: "x".repeat(255) },
  };
  const many = Array.from({ length: 60 }, (_, index) => ({
    ...long,
    value: { ...long.value, address: `192.0.2.${index}` },
  }));
  await expect(document.apply(many)).rejects.toMatchObject({
    code: "document-unwritable",
    message: expect.stringContaining("no space is left"),
  });
  expect(server.configuration.blocked).toEqual([]);
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(readdirSync(folder).toSorted()).toEqual(["gatehouse.json", "others"]);
});

test("a large document is changed in a thread, to the same effect", async () => {
  const blocked = Array.from({ length: 3_000 }, (_, index) => ({ address: `10.0.${index >> 8}.${index & 255}` }));
  const large = JSON.stringify({ SystemSettings: { maxConnections: 100 }, BlockedIp: blocked }, null, 2);
  const file = fileWith(large);
  const { document } = await running(file);
  await document.apply([cap(7), { kind: "destroy", section: "BlockedIp", id: "10.0.1.1" }]);
  const expected = large.replace("100", "7").replace(/ {4}\{\s+"address": "10\.0\.1\.1"\s+\},\n/, "");
  expect(readFileSync(file, "utf8")).toBe(expected);
  expect(document.snapshot().ids.BlockedIp).toHaveLength(2_999);
});

/** Changes the document for as long as it lives. */
const endlessly = (file: string, keptFile: string): string => `
  const { RunningDocument } = await import(${JSON.stringify(sourceUrl("managed/running-document.ts"))});
  const { planReload } = await import(${JSON.stringify(sourceUrl("plan/reload-plan.ts"))});
  const document = new RunningDocument({ file: ${JSON.stringify(file)}, keptFile: ${JSON.stringify(keptFile)} });
  const server = {
    configuration: await document.read(),
    plan: async (configuration) => planReload(server.configuration, configuration),
    reload: async (configuration) => { server.configuration = configuration; },
  };
  document.manage(server);
  for (let count = 1; ; count += 1) {
    await document.apply([{ kind: "update", section: "SystemSettings", id: "singleton", patch: { maxConnections: count } }]);
    process.stdout.write(count + "\\n");
  }`;

function sourceUrl(name: string): string {
  return pathToFileURL(join(import.meta.dirname, "../../../src/config", name)).href;
}

test("whoever is killed in the midst of a change leaves the old document or the new one, whole, and what was acknowledged", async () => {
  const file = fileWith(text);
  for (let turn = 1; turn <= 5; turn += 1) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", endlessly(file, `${file}.kept`)]);
    onTestFinished(() => void child.kill("SIGKILL"));
    let told = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      told += chunk;
      // In the midst of some change after it.
      if (told.split("\n").length > turn * 7) setTimeout(() => child.kill("SIGKILL"), turn);
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      errors += chunk;
    });
    const [, signal] = await once(child, "close");
    expect(errors).toBe("");
    expect(signal).toBe("SIGKILL");
    const acknowledged = Number(told.trim().split("\n").at(-1));
    const found = readFileSync(file, "utf8");
    const { maxConnections } = parseDocument(found).system;
    expect(found).toBe(text.replace("100", String(maxConnections)));
    expect([acknowledged, acknowledged + 1]).toContain(maxConnections);
  }
  // What the killed ones have left beside it goes with the next change.
  const { document } = await running(file);
  await document.apply([cap(5_000)]);
  expect(readdirSync(join(file, "..")).filter((name) => name.endsWith(".new"))).toEqual([]);
});
