/** Secrets that are asked back in every way: none comes. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import pino from "pino";
import { expect, test } from "vitest";
import { RunningDocument } from "../../src/config/index.ts";
import { askControl } from "../../src/control/control-client.ts";
import { inspectionTree, type PresentedEvent } from "../../src/inspect/index.ts";
import { Tokens } from "../../src/management/access/tokens.ts";
import type { ReloadReport } from "../../src/runtime/reload/reload.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { issue } from "../runtime/tls/certificate-fixtures.ts";
import { administrator, basic, cookieOf, json, type Managed, managed, secret } from "./managed.ts";

const kept = "kept-password-1";
const guessed = "wrong-password-2";
const misplaced = "misplaced-password-3";

interface Watched {
  readonly house: Managed;
  readonly document: RunningDocument<ReloadReport>;
  /** What is secret, as it is written. */
  readonly secrets: readonly string[];
  /** All that was logged, told and presented. */
  told(): string;
}

async function watched(): Promise<Watched> {
  const data = temporaryDirectory();
  const file = join(data, "gatehouse.json");
  const { certificate, privateKey } = await issue({ names: ["mail.example.com"] });
  const own = {
    SystemSettings: { defaultHostname: "mail.example.com" },
    Account: {
      [administrator.username]: { secret: secret(administrator.password), roles: ["admin"] },
      "kept@example.com": { secret: secret(kept) },
      "elsewhere@example.com": { secret: { "@type": "File", filePath: "password.txt" } },
    },
    Certificate: {
      main: {
        certificate: { "@type": "Text", value: certificate },
        // Stalwart's documents have either name.
        privateKey: { "@type": "Text", value: privateKey },
      },
    },
    NetworkListener: {
      management: { name: "management", protocol: "http", bind: { "127.0.0.1:0": true } },
      secure: { name: "secure", protocol: "http", bind: { "127.0.0.1:0": true }, tlsImplicit: true },
    },
  };
  await writeFile(file, JSON.stringify(own));
  await writeFile(join(data, "password.txt"), "password-in-a-file-4\n");
  const document = new RunningDocument<ReloadReport>({ file, builtIn: "{}", keptFile: join(data, "kept.json") });
  const config = await document.read();
  const lines: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const seen: PresentedEvent[] = [];
  const tree = inspectionTree([(event) => void seen.push(event)]);
  const house = await managed(
    {},
    { config, document, logger, inspect: tree, control: join(data, "control.sock"), dataDirectory: data },
  );
  document.manage(house.gatehouse);
  const keyLines = privateKey.split("\n").filter((line) => line.length > 20 && !line.includes("PRIVATE KEY"));
  return {
    house: { ...house, data },
    document,
    secrets: [kept, guessed, administrator.password, "password-in-a-file-4", ...keyLines],
    told: () =>
      [
        ...lines,
        ...house.events.map((event) => inspect(event, { depth: 12, maxArrayLength: null, maxStringLength: null })),
        JSON.stringify(seen.map((one) => ({ ...one, at: one.actorRef.getSnapshot() }))),
      ].join("\n"),
  };
}

test("reading, asking, referring, trying, changing and failing give no secret away", async () => {
  const { house, secrets, told, document } = await watched();
  const { call, one, port } = house;
  const answers: unknown[] = [];
  const keep = async (answer: Promise<unknown>) => {
    const value = await answer;
    answers.push(value);
    return value;
  };

  const names = [
    "SystemSettings",
    "NetworkListener",
    "Certificate",
    "Account",
    "BlockedIp",
    "AllowedIp",
    "ListenerStatus",
    "Connection",
    "ServerNode",
  ];
  await keep(call(...names.map((name) => [`x:${name}/get`, {}] as const)));
  expect(await keep(one("x:Account/get", { properties: ["secret"] }))).toMatchObject({
    list: [{ secret: { "@type": "Text" } }, { secret: { "@type": "Text" } }, { secret: { "@type": "File" } }],
  });
  expect(await keep(one("x:Certificate/get", { properties: ["privateKey"] }))).toMatchObject({
    list: [{ id: "main", privateKey: { "@type": "Text" } }],
  });

  // No filter and no order tells one secret from another.
  for (const [object, field] of [
    ["Account", "secret"],
    ["Certificate", "privateKey"],
  ] as const) {
    for (const suffix of [
      "",
      "/secret",
      "/value",
      "/@type",
      ".secret",
      "IsGreaterThan",
      "IsLessThanOrEqual",
      "Contains",
    ]) {
      for (const filter of [
        { [`${field}${suffix}`]: kept },
        { [`${field}${suffix}`]: secret(kept) },
        { operator: "NOT", conditions: [{ [`${field}${suffix}`]: kept }] },
      ])
        expect([suffix, await keep(call([`x:${object}/query`, { filter }]))]).toMatchObject([
          suffix,
          [["error", { type: "unsupportedFilter" }, "c0"]],
        ]);
      const sort = [{ property: `${field}${suffix}` }];
      expect(await keep(call([`x:${object}/query`, { sort }]))).toMatchObject([
        ["error", { type: "unsupportedSort" }, "c0"],
      ]);
      const properties = [`${field}${suffix}`];
      if (suffix !== "")
        expect(await keep(call([`x:${object}/get`, { properties }]))).toMatchObject([
          ["error", { type: "invalidArguments" }, "c0"],
        ]);
    }
  }
  for (const path of [
    "/list/*/secret/secret",
    "/list/1/secret/value",
    "/list/*/secret/secret/0",
    "/list/1/__proto__",
  ]) {
    const reference = { resultOf: "g", name: "x:Account/get", path };
    expect(await keep(call(["x:Account/get", {}, "g"], ["Core/echo", { "#got": reference }]))).toMatchObject([
      ["x:Account/get", {}, "g"],
      ["error", { type: "invalidResultReference" }, "c1"],
    ]);
  }

  // Neither a trial nor the real thing tells whether a guess was right.
  const trial = (update: object) => one("x:Account/set", { dryRun: true, update: { "kept@example.com": update } });
  for (const form of [
    (text: string) => ({ secret: secret(text) }),
    (text: string) => ({ secret: { "@type": "Text", value: text } }),
    (text: string) => ({ "secret/secret": text }),
  ]) {
    const [right, wrong] = [await trial(form(kept)), await trial(form(guessed))];
    expect(right).toMatchObject({ updated: { "kept@example.com": null }, plan: { accounts: true, isEmpty: false } });
    expect(right).toEqual(wrong);
    answers.push(right, wrong);
  }
  const again = { create: { a: { address: "kept@example.com", secret: secret(kept) } } };
  await keep(one("x:Account/set", { dryRun: true, ...again }));
  const untouched = await one("x:Account/set", {
    dryRun: true,
    update: { "kept@example.com": { secret: { "@type": "Text" } } },
  });
  expect(untouched).toMatchObject({ plan: { accounts: false, isEmpty: true } });

  // What is refused is not quoted: a secret may stand in the wrong place.
  const wrongPlaces: readonly (readonly [string, object])[] = [
    ["x:Account/set", { update: { "kept@example.com": { secret: misplaced } } }],
    ["x:Account/set", { update: { "kept@example.com": { secret: { "@type": "Txt", secret: misplaced } } } }],
    ["x:Account/set", { update: { "kept@example.com": { secret: { "@type": "Text", secret: `$2b$${misplaced}` } } } }],
    [
      "x:Account/set",
      { update: { "kept@example.com": { secret: { "@type": "Text", secret: misplaced, value: misplaced } } } },
    ],
    ["x:Account/set", { update: { "kept@example.com": { secret: [misplaced] } } }],
    ["x:Account/set", { update: { "kept@example.com": { password: misplaced } } }],
    ["x:Certificate/set", { update: { main: { privateKey: misplaced } } }],
    ["x:Certificate/set", { update: { main: { privateKey: secret(misplaced) } } }],
    ["x:Certificate/set", { update: { main: { "privateKey/secret": `-----BEGIN PRIVATE KEY-----\n${misplaced}` } } }],
    ["x:Certificate/set", { create: { c: { certificate: secret(misplaced), privateKey: secret(misplaced) } } }],
  ];
  for (const [name, args] of wrongPlaces) {
    const answer = await keep(one(name, args));
    expect([args, JSON.stringify(answer).includes(misplaced)]).toEqual([args, false]);
    expect(answer).not.toMatchObject({ updated: { main: null } });
  }
  await keep(one("x:Account/set", { create: { n: { address: "new@example.com", secret: secret(guessed) } } }));
  await house.event("management.changed", ({ objects }) => objects.includes("x:Account new@example.com"));
  await document.read();

  const tokens = new Tokens(house.data);
  const token = await tokens.create({ name: "ci", permissions: ["sysAccountGet"], expiresAt: null }, new Date());
  const cookie = await cookieOf(house);
  const paths = ["/jmap/session", "/api/schema", "/metrics", "/healthz", `/jmap/?secret=${misplaced}`];
  for (const Authorization of [
    `Bearer ${token}`,
    basic({ ...administrator, username: "unknown@example.com" }),
    basic(administrator),
    "",
  ]) {
    for (const path of paths) {
      const response = await house.fetch(path, {
        redirect: "follow",
        headers: Authorization === "" ? cookie : { Authorization },
      });
      answers.push(await response.text());
    }
  }
  const unreadable = await house.fetch("/jmap/", {
    method: "POST",
    headers: { ...json, Authorization: basic(administrator) },
    body: `{"${misplaced}`,
  });
  answers.push(await unreadable.text());
  for (const path of ["/status", "/states", "/connections", "/blocked", "/jmap/session"])
    await keep(askControl(house.data, { method: "GET", path }));
  expect(port("secure")).toBeGreaterThan(0);

  const basics = basic(administrator).slice(6);
  const more = [token, token.slice(-64), cookie.Cookie.split("=")[1] ?? "", basics];
  const text = JSON.stringify(answers);
  expect([...secrets, ...more].filter((one) => text.includes(one))).toEqual([]);
  const said = told();
  expect(said).toContain("management.changed");
  expect([...secrets, ...more, misplaced].filter((one) => said.includes(one))).toEqual([]);
}, 60_000);
