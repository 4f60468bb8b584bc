/** `create`, `update`, `delete`, `apply` and `describe`, as somebody types them, against a server whose document is a file. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { apply } from "../../src/command/objects/apply.ts";
import { create, destroy, update } from "../../src/command/objects/change-objects.ts";
import { describeObjects } from "../../src/command/objects/describe-objects.ts";
import { snapshot } from "../../src/command/objects/snapshot.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { type ManagedFile, runWithFile } from "../managed-file.ts";
import { captured } from "./captured.ts";

const text = `{
  // Whom we serve
  "SystemSettings": { "defaultHostname": "mail.example.com", "maxConnections": 100 }, // enough
  "Account": {
    "ann@example.com": { "secret": { "@type": "Text", "secret": "correct horse" } }
  },
  "NetworkListener": [
    { "name": "smtp", "bind": ["127.0.0.1:0"], "useTls": false } // MX
  ]
}
`;

async function typed(house: ManagedFile) {
  const options = { data: house.data };
  return {
    create: (object: string, ...given: string[]) => captured(() => create(object, given, options)),
    update: (object: string, ...given: string[]) => captured(() => update(object, given, options)),
    destroy: (object: string, ...given: string[]) => captured(() => destroy(object, given, options)),
    snapshot: () => captured(() => snapshot(options)),
    apply: (plan: string | readonly object[], more: { dryRun?: true; json?: true } = {}) => {
      const file = join(temporaryDirectory(), "plan.ndjson");
      writeFileSync(file, typeof plan === "string" ? plan : plan.map((line) => JSON.stringify(line)).join("\n"));
      return captured(() => apply(file, { ...options, ...more })).then((printed) => ({
        ...printed,
        errors: printed.errors.replaceAll(file, "plan"),
      }));
    },
  };
}

describe("an object", () => {
  test("is created, updated and deleted, and the document says so in the words of its own", async () => {
    const house = await runWithFile(text);
    const say = await typed(house);
    expect(
      await say.create("networklistener", "name=lmtp", "protocol=lmtp", "bind=127.0.0.1:0", "useTls=false"),
    ).toEqual({
      code: 0,
      out: "NetworkListener lmtp is created.\n\nsmtp: unchanged\nlmtp: added (+127.0.0.1:0)\n",
      errors: "",
    });
    expect(
      await say.update("NetworkListener", "lmtp", "bind+=127.0.0.2:0", "tlsTimeout=30s", "maxConnections=5"),
    ).toMatchObject({
      code: 0,
      out: expect.stringContaining(
        "lmtp: rebound (+127.0.0.2:0, maxConnections 100 → 5, tlsTimeout 1 minute → 30 seconds)",
      ),
    });
    expect(house.text()).toContain(
      '{ "name": "lmtp", "protocol": "lmtp", "bind": ["127.0.0.1:0", "127.0.0.2:0"], "useTls": false, ' +
        '"tlsTimeout": "30s", "maxConnections": 5 }',
    );
    expect(await say.destroy("NetworkListener", "lmtp")).toMatchObject({ code: 0 });
    expect(house.text()).toBe(text);
    expect(house.gatehouse.configuration.listeners.map(({ name }) => name)).toEqual(["smtp"]);
  });

  test("may have members of sets, texts that are elsewhere, and JSON", async () => {
    const house = await runWithFile(text);
    const say = await typed(house);
    await say.update("SystemSettings", "proxyTrustedNetworks/10.0.0.0/8=true", '{"maxConnections": 7}');
    await say.create("Account", "address=bob@example.com", "secret=env:PATH", "roles=admin,observer");
    await say.update("NetworkListener", "smtp", "connectionRate/count=5", "connectionRate/interval=1m");
    expect(house.gatehouse.configuration).toMatchObject({
      system: { maxConnections: 7, proxyTrustedNetworks: ["10.0.0.0/8"] },
      accounts: [{}, { address: "bob@example.com", roles: ["admin", "observer"], secret: { variableName: "PATH" } }],
      listeners: [{ connectionRate: { count: 5, interval: 60_000 } }],
    });
    await say.update("SystemSettings", "singleton", "proxyTrustedNetworks-=10.0.0.0/8", "maxConnections=null");
    expect(house.gatehouse.configuration.system).toMatchObject({ maxConnections: 8192, proxyTrustedNetworks: [] });
  });

  test("that cannot be changed so has each mistake beside its field, and nothing is changed", async () => {
    const house = await runWithFile(text);
    const say = await typed(house);
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    expect(
      await say.create("NetworkListener", "name=x", "protocol=gopher", "bind=127.0.0.1:99999", "socketTtl=300"),
    ).toEqual({
      code: 1,
      out: "",
      errors: `NetworkListener x was not created:
  protocol              must be one of smtp, lmtp, http, imap, pop3,
                        manageSieve; found "gopher"
  bind/127.0.0.1:99999  must end in a port from 0 to 65535, in digits without
                        leading zeros; found "127.0.0.1:99999"
  socketTtl             must be a whole number from 1 to 255, or null: it is one
                        octet of the IP header, also in Stalwart, which stores
                        larger numbers; found 300
`,
    });
    expect(await say.create("NetworkListener", "name=x", `bind=127.0.0.1:${port}`)).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^NetworkListener x was not created:\n {2}bind {2}.*address already in use/s),
    });
    expect(await say.destroy("NetworkListener", "smtp", "pop3")).toMatchObject({
      code: 1,
      errors: "NetworkListener pop3 was not deleted:\n  is not there\nNothing was changed.\n",
    });
    expect(house.text()).toBe(text);
  });

  test.each([
    ["of no kind there is", ["Listener", "name=x"], 'There are no objects "Listener"; known are NetworkListener, '],
    ["that can only be read", ["Connection", "user=x"], "Connection is what the server is doing"],
    [
      "with a misspelt field",
      ["NetworkListener", "protocl=smtp"],
      'protocl is not a known field; did you mean "protocol"?',
    ],
    ["with a field that is given twice", ["BlockedIp", "reason=a", "reason=b"], "reason is given twice."],
    ["without a value", ["BlockedIp", "192.0.2.1"], '"192.0.2.1" is neither field=value nor a JSON object.'],
    ["of which there is one", ["SystemSettings", "maxConnections=1"], "There is one SystemSettings, always"],
  ])("%s is a mistake of the command line", async (_, [object = "", ...given], words) => {
    const printed = await captured(() => create(object, given, { data: "nowhere" }));
    expect(printed).toMatchObject({ code: 2, out: "", errors: expect.stringContaining(words) });
  });
});

describe("a plan", () => {
  test("that a snapshot is changes nothing, and makes the same elsewhere", async () => {
    const house = await runWithFile(text);
    const say = await typed(house);
    const taken = await say.snapshot();
    expect(await say.apply(taken.out)).toEqual({
      code: 0,
      errors: "",
      out: `LINE  DOES    OBJECT           OUTCOME
1     upsert  Account          1 unchanged
2     upsert  NetworkListener  1 unchanged
3     update  SystemSettings   unchanged

Nothing changes.
`,
    });
    expect(house.text()).toBe(text);
    expect(taken.out).not.toContain("correct horse");

    const elsewhere = await typed(await runWithFile('{\n  "NetworkListener": []\n}\n'));
    const withSecret = taken.out.replace('{ "@type": "Text" }', '{ "@type": "Text", "secret": "another" }');
    expect(await elsewhere.apply(taken.out)).toMatchObject({
      code: 1,
      errors: expect.stringMatching(
        /^plan:1: Account ann@example.com was not created:\n {2}secret {2}must have its text/,
      ),
    });
    expect(await elsewhere.apply(withSecret)).toMatchObject({ code: 0 });
    expect((await elsewhere.snapshot()).out).toBe(taken.out);
  });

  test("is one transaction: it destroys, makes, refers to what it makes, and says line by line what became of it", async () => {
    const house = await runWithFile(text);
    const say = await typed(house);
    const plan = [
      { "@type": "destroy", object: "NetworkListener", value: { protocol: "lmtp" } },
      {
        "@type": "upsert",
        object: "NetworkListener",
        value: {
          imap: { name: "imap", protocol: "imap", bind: ["127.0.0.1:0"], useTls: false },
          smtp: { name: "smtp", maxConnections: 7 },
        },
      },
      { "@type": "update", object: "NetworkListener", id: "#imap", value: { maxConnections: 3 } },
      { "@type": "reconcile", object: "BlockedIp", value: { b: { address: "192.0.2.7/32" } } },
      { "@type": "update", object: "SystemSettings", value: { maxConnections: 400 } },
    ];
    // Sets are maps on the wire.
    expect(await say.apply(plan)).toMatchObject({ code: 1, errors: expect.stringContaining("a set is a map") });
    const mended = JSON.parse(JSON.stringify(plan).replace('["127.0.0.1:0"]', '{"127.0.0.1:0":true}'));
    const outcome = `LINE  DOES       OBJECT           OUTCOME
1     destroy    NetworkListener  nothing to do
2     upsert     NetworkListener  created imap; updated smtp
3     update     NetworkListener  updated imap
4     reconcile  BlockedIp        created 192.0.2.7/32
5     update     SystemSettings   updated

SystemSettings: maxConnections 100 → 400
BlockedIp: +192.0.2.7
smtp: retuned (maxConnections 100 → 7)
imap: added (+127.0.0.1:0)
`;
    const dry = await say.apply(mended, { dryRun: true });
    expect(dry.out).toBe(`Nothing was changed. This would be the outcome:\n\n${outcome}`);
    expect(house.text()).toBe(text);
    expect((await say.apply(mended)).out).toBe(outcome);
    expect(house.gatehouse.configuration).toMatchObject({
      system: { maxConnections: 400 },
      listeners: [
        { name: "smtp", maxConnections: 7 },
        { name: "imap", maxConnections: 3 },
      ],
      blocked: [{ address: "192.0.2.7" }],
    });
    const again = await say.apply(mended, { json: true });
    expect(
      again.out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object)
        .at(-1),
    ).toEqual({
      op: "summary",
      done: { destroyed: 0, updated: 0, created: 0, unchanged: 5, failed: 0 },
      plan: null,
    });
    const others = [{ "@type": "reconcile", object: "BlockedIp", value: { c: { address: "192.0.2.8" } } }];
    expect((await say.apply(others)).out).toContain("created 192.0.2.8; deleted 192.0.2.7");
  });

  test("with mistakes names their lines, and changes nothing", async () => {
    const house = await runWithFile(text);
    const say = await typed(house);
    const unreadable = await say.apply(
      [
        '{"@type":"upsert","object":"Domain","value":{"a":{}}}',
        "",
        '{"@type":"upser","object":"Account","value":{"a":{}}}',
        "nonsense",
        '{"@type":"update","object":"NetworkListener","value":{"a":{}}}',
        '{"@type":"create","object":"BlockedIp","value":{}}',
        '{"@type":"create","object":"SystemSettings","value":{"a":{}}}',
      ].join("\n"),
    );
    expect(unreadable.errors.split("\n")).toEqual([
      expect.stringContaining('plan:1: There are no objects "Domain"'),
      'plan:3: @type must be one of "create", "update", "upsert", "reconcile", "destroy"',
      expect.stringContaining("plan:4: is not JSON: "),
      "plan:5: update needs the id of the object, beside value",
      "plan:6: value must have at least one object",
      "plan:7: there is one SystemSettings, always: it can only be updated",
      "",
    ]);
    const unmade = await say.apply([
      { "@type": "update", object: "SystemSettings", value: { defaultCertificateId: "#certificate-1" } },
      { "@type": "update", object: "NetworkListener", id: "pop3", value: { maxConnections: 1 } },
    ]);
    expect(unmade.errors).toBe(
      "plan:1: defaultCertificateId: no line above makes #certificate-1\nplan:2: there is no NetworkListener pop3\nNothing was changed.\n",
    );
    const wrong = await say.apply([
      { "@type": "create", object: "BlockedIp", value: { y: { address: "192.0.2.9" } } },
      { "@type": "create", object: "BlockedIp", value: { x: { address: "300.1.1.1" } } },
    ]);
    expect(wrong.errors).toMatch(
      /^plan:2: BlockedIp 300\.1\.1\.1 was not created:\n {2}address {2}must be .*\nNothing was changed\.\n$/s,
    );
    expect([unreadable.code, unmade.code, wrong.code]).toEqual([1, 1, 1]);
    expect(house.text()).toBe(text);
  });
});

test("the fields of an object are described within 80 columns, as the schema has them", async () => {
  const { out } = await captured(() => describeObjects("networklistener"));
  expect(out).toContain("\nTLS options:\n");
  expect(out).toContain(
    "  tlsTimeout (duration, in milliseconds or like 30s, or null; default 1 minute)\n      Limit of",
  );
  for (const object of [undefined, "SystemSettings", "Certificate", "Account", "Connection"]) {
    const printed = await captured(() => describeObjects(object));
    expect(Math.max(...printed.out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  }
});
