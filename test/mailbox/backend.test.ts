import { PassThrough } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { AccountDirectory, mailboxBackend, openStore, StoreError } from "../../src/mailbox/index.ts";
import type { Envelope, Identity } from "../../src/protocols/backend.ts";
import { bodyOf, contentOf, listOf } from "./letters.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const connection = {
  generation: 1,
  id: "c1",
  listener: "smtp",
  peer: { address: "192.0.2.1", port: 40000 },
  local: { address: "192.0.2.25", port: 25 },
  proxy: null,
  tls: { version: "TLSv1.3", cipherSuite: "TLS_AES_256_GCM_SHA384", serverName: null, alpn: null, group: null },
};

const recipientOf = (address: string) => ({ address, notify: [], orcpt: null });

const envelopeOf = (parts: Partial<Envelope> = {}): Envelope => ({
  connection,
  protocol: "ESMTP",
  helo: "client.example",
  identity: null,
  sender: "bob@elsewhere.example",
  body: "7BIT",
  smtpUtf8: false,
  size: null,
  dsn: { ret: null, envid: null },
  recipients: [],
  ...parts,
});

const ann: Identity = { username: "ann@one.example", roles: [] };
const admin: Identity = { username: "root@two.example", roles: ["admin"] };

const accounts = new AccountDirectory([
  { address: "ann@one.example", secret: "ann's", roles: [] },
  { address: "root@two.example", secret: "root's", roles: ["admin"] },
]);

const noStore = { deliver: () => Promise.reject(new Error("no store here")) };
const backend = mailboxBackend({ store: noStore, accounts: () => accounts, hostname: "Mail.example" });

describe("authenticate", () => {
  const attempt = (username: string, password: string) =>
    backend.authenticate({ mechanism: "PLAIN", username, password, connection, signal: new AbortController().signal });

  test("An account's name and password give its address and roles.", async () => {
    expect(await attempt("ROOT@two.example", "root's")).toEqual(admin);
    expect(await attempt("ann@one.example", "root's")).toBeNull();
    expect(await attempt("nobody@one.example", "ann's")).toBeNull();
  });

  test("Accounts that are replaced while it runs count from the next login.", async () => {
    let current = accounts;
    const changing = mailboxBackend({ store: noStore, accounts: () => current, hostname: "mail.example" });
    current = new AccountDirectory([{ address: "new@one.example", secret: "x", roles: [] }]);
    const login = (username: string, password: string) =>
      changing.authenticate({
        mechanism: "PLAIN",
        username,
        password,
        connection,
        signal: new AbortController().signal,
      });
    expect(await login("ann@one.example", "ann's")).toBeNull();
    expect(await login("new@one.example", "x")).toEqual({ username: "new@one.example", roles: [] });
  });
});

test("Hundreds of wrong passwords from one network hold up nobody else's log-in, and whoever has gone costs nothing.", async () => {
  const hash = "$scrypt$ln=12,r=8,p=1$bOvEZWdAH4E9UMAzyNzdhQ$8ZgMTVVnOWzHF1nNVsh4yQ";
  const directory = new AccountDirectory([{ address: "ann@one.example", secret: hash, roles: [] }]);
  const hashed = mailboxBackend({ store: noStore, accounts: () => directory, hostname: "mail.example" });
  const answers: string[] = [];
  const from = async (address: string, name: string, signal = new AbortController().signal): Promise<void> => {
    const peer = { address, port: 1 };
    const credentials = { mechanism: "PLAIN", username: "ann@one.example", password: name };
    try {
      await hashed.authenticate({ ...credentials, connection: { ...connection, peer }, signal });
      answers.push(name);
    } catch (error) {
      answers.push(error instanceof Error ? error.name : "unknown");
    }
  };
  const gone = new AbortController();
  const crowd = Array.from({ length: 450 }, (_, at) =>
    from(`2001:db8::${at.toString(16)}`, "wrong", at < 200 ? undefined : gone.signal),
  );
  const elsewhere = from("2001:db8:0:1::1", "elsewhere");
  await elsewhere;
  // A few of the crowd had their turns before it came; 200 of them wait.
  expect(answers.filter((answer) => answer === "wrong").length).toBeLessThan(20);
  gone.abort();
  await Promise.all(crowd);
  expect(answers.filter((answer) => answer === "QueueFullError").length).toBeGreaterThan(150);
  expect(answers.filter((answer) => answer === "wrong").length).toBeLessThan(210);
});

describe("sender", () => {
  test.each([
    [null, "anybody@elsewhere.example", undefined],
    [null, "ann@one.example", undefined],
    [ann, "Ann@ONE.example", undefined],
    [ann, "ann+lists@one.example", undefined],
    [ann, "root+ann@two.example", 550],
    [ann, "", undefined],
    [ann, "root@two.example", 550],
    [ann, "ann@elsewhere.example", 550],
    [admin, "ann@one.example", undefined],
    [admin, "anybody@elsewhere.example", undefined],
  ])("%j sending from %j is answered with %j.", async (identity, sender, code) => {
    const answer = await backend.sender(envelopeOf({ identity, sender }));
    expect(answer?.code).toBe(code);
    if (answer) expect(answer.enhanced).toBe("5.7.1");
  });
});

describe("recipient", () => {
  test.each([
    ["ann@one.example", null, "accepted"],
    ["ANN@One.Example", null, "accepted"],
    ["postmaster", null, "accepted"],
    ["Postmaster@one.example", null, "accepted"],
    ["postmaster@mail.example", null, "accepted"],
    ["ann+lists@one.example", null, "accepted"],
    ['"ann+my lists"@one.example', null, "accepted"],
    ["postmaster+x@one.example", null, "accepted"],
    ["eve+lists@one.example", null, "550 5.1.1 No such user here"],
    ["+ann@one.example", null, "550 5.1.1 No such user here"],
    ["ann-lists@one.example", null, "550 5.1.1 No such user here"],
    ["ann+x@elsewhere.example", null, "550 5.7.1 Relaying denied"],
    ["root@one.example", null, "550 5.1.1 No such user here"],
    ["ann@mail.example", ann, "550 5.1.1 No such user here"],
    ["ann", null, "550 5.1.1 No such user here"],
    ["ann@sub.one.example", null, "550 5.7.1 Relaying denied"],
    ["postmaster@elsewhere.example", null, "550 5.7.1 Relaying denied"],
    ["ann@one.example@elsewhere.example", null, "550 5.7.1 Relaying denied"],
    [
      "eve@elsewhere.example",
      admin,
      "550 5.7.1 This server delivers to its own accounts only; it has no outgoing queue",
    ],
  ])("%j asked for by %j: %s.", async (address, identity, expected) => {
    const answer = await backend.recipient(envelopeOf({ identity }), recipientOf(address));
    expect(answer ? `${answer.code} ${answer.enhanced} ${answer.text}` : "accepted").toBe(expected);
  });

  test("An account of the whole name comes before one without the detail, and null leaves only whole names.", async () => {
    const both = new AccountDirectory([
      { address: "ann@one.example", secret: "x", roles: [] },
      { address: "ann+lists@one.example", secret: "x", roles: [] },
    ]);
    const kept: (string | undefined)[] = [];
    const store = {
      deliver: async ({ recipients }: { readonly recipients: readonly { readonly account: string }[] }) => {
        kept.push(...recipients.map(({ account }) => account));
        return { overQuota: [], id: "1" };
      },
    };
    const options = { store, accounts: () => both, hostname: "mail.example" } as Parameters<typeof mailboxBackend>[0];
    const recipients = ["ann+lists@one.example", "ann+x@one.example"].map(recipientOf);
    await mailboxBackend(options).message({ envelope: envelopeOf({ recipients }), body: bodyOf(Buffer.from("x")) });
    expect(kept).toEqual(["ann+lists@one.example", "ann@one.example"]);
    const strict = mailboxBackend({ ...options, recipientDelimiter: null });
    expect(await strict.recipient(envelopeOf(), recipientOf("ann+x@one.example"))).toMatchObject({ code: 550 });
    const other = mailboxBackend({ ...options, recipientDelimiter: "-" });
    expect(await other.recipient(envelopeOf(), recipientOf("ann-x@one.example"))).toBeUndefined();
  });

  test("Without an administrator, mail for postmaster is refused in words that say what is missing.", async () => {
    const alone = new AccountDirectory([{ address: "ann@one.example", secret: "x", roles: [] }]);
    const other = mailboxBackend({ store: noStore, accounts: () => alone, hostname: "mail.example" });
    const answer = await other.recipient(envelopeOf(), recipientOf("postmaster"));
    expect(answer).toEqual({ code: 550, enhanced: "5.1.1", text: "No account here has the role admin" });
  });
});

describe("message", () => {
  test("It is kept byte for byte in each account once, after a trace header, with what is known of the session.", async () => {
    const store = await openStore(temporaryDirectory());
    onTestFinished(() => store.close());
    const keeping = mailboxBackend({ store, accounts: () => accounts, hostname: "mail.example" });
    const bytes = Buffer.from("Subject: hi\r\n\r\n.dot\r\n\x00\xff\r\n", "latin1");
    const recipients = ["Ann@one.example", "postmaster", "root@two.example"].map(recipientOf);
    const envelope = envelopeOf({ identity: ann, sender: "ann@one.example", recipients });
    expect(await keeping.message({ envelope, body: bodyOf(bytes) })).toBeUndefined();
    const messages = await listOf(store);
    expect(messages.map(({ account, recipient }) => [account, recipient])).toEqual([
      ["ann@one.example", "Ann@one.example"],
      ["root@two.example", "postmaster"],
    ]);
    expect(messages[0]).toMatchObject({
      sender: "ann@one.example",
      helo: "client.example",
      receivedFrom: "192.0.2.1",
      authenticatedAs: "ann@one.example",
      tls: "TLSv1.3 TLS_AES_256_GCM_SHA384",
    });
    const content = await contentOf(store, messages[0]?.id ?? "");
    expect(messages[0]?.size).toBe(content.length);
    expect(content.subarray(-bytes.length).equals(bytes)).toBe(true);
    expect(content.toString("latin1", 0, content.length - bytes.length)).toMatch(
      /^Return-Path: <ann@one\.example>\r\nReceived: from client\.example \(\[192\.0\.2\.1\]\)\r\n\tby mail\.example with ESMTPSA id \w+\r\n\t\(TLSv1\.3 TLS_AES_256_GCM_SHA384\);\r\n\t\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000\r\n$/,
    );
  });

  test("A single recipient is named in the trace header, and what the client says cannot break it.", async () => {
    const store = await openStore(temporaryDirectory());
    onTestFinished(() => store.close());
    const keeping = mailboxBackend({ store, accounts: () => accounts, hostname: "mail.example" });
    const recipients = [recipientOf("ann@one.example")];
    const envelope = { ...envelopeOf({ sender: "", recipients }), helo: "a b\r\nX: (y", smtpUtf8: true };
    await keeping.message({ envelope, body: bodyOf(Buffer.from("x")) });
    const [message] = await listOf(store);
    const text = (await contentOf(store, message?.id ?? "")).toString();
    expect(text).toContain("Return-Path: <>\r\nReceived: from a?b??X:??y ([192.0.2.1])\r\n");
    expect(text).toContain(" with UTF8SMTPS id ");
    expect(text).toContain("for <ann@one.example>;");
  });

  test("An account without room is answered on its own; the others get the message.", async () => {
    const store = await openStore(temporaryDirectory(), { limits: { maxStorage: 1000 } });
    onTestFinished(() => store.close());
    const keeping = mailboxBackend({ store, accounts: () => accounts, hostname: "mail.example" });
    const send = (to: string[], size: number) => {
      return keeping.message({
        envelope: envelopeOf({ recipients: to.map(recipientOf) }),
        body: bodyOf(Buffer.alloc(size, "x")),
      });
    };
    expect(await send(["ann@one.example"], 500)).toBeUndefined();
    const full = { code: 452, enhanced: "4.2.2" };
    const both = await send(["ann@one.example", "root@two.example"], 400);
    expect(both).toMatchObject([full, undefined]);
    expect(await send(["ann@one.example"], 70_000)).toMatchObject([full]);
    expect((await listOf(store)).map(({ account }) => account)).toEqual(["ann@one.example", "root@two.example"]);
  });

  test("A message that breaks off is not kept and is no failure to log.", async () => {
    const store = await openStore(temporaryDirectory());
    onTestFinished(() => store.close());
    const keeping = mailboxBackend({ store, accounts: () => accounts, hostname: "mail.example" });
    const body = new PassThrough();
    const answer = keeping.message({ envelope: envelopeOf({ recipients: [recipientOf("ann@one.example")] }), body });
    body.write("half", () => body.destroy(new Error("reset")));
    expect(await answer).toMatchObject({ code: 451 });
    expect(await listOf(store)).toEqual([]);
  });

  test.each([
    [new StoreError("store-full", "x"), "store-full"],
    [new StoreError("store-busy", "x"), "store-busy"],
    [new Error("anything else"), "store-failed"],
  ])(
    "When the store says %s, the session is told, which says it to the client and to the log.",
    async (error, code) => {
      const failing = mailboxBackend({
        store: { deliver: () => Promise.reject(error) },
        accounts: () => accounts,
        hostname: "mail.example",
      });
      const recipients = [recipientOf("ann@one.example")];
      const answer = failing.message({ envelope: envelopeOf({ recipients }), body: bodyOf(Buffer.from("x")) });
      await expect(answer).rejects.toMatchObject({ code });
    },
  );
});
