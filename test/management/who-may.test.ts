/** Who may: each way in which somebody asks for more than he may have, over real sockets. */
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/runtime/time/clock.ts";
import { TestClock } from "../../src/testing/index.ts";
import { exchange } from "./exchange.ts";
import {
  accounts,
  administrator,
  basic,
  cookieOf,
  json,
  type Managed,
  managed,
  nobody,
  observer,
  secret,
  using,
} from "./managed.ts";

const withObserver = {
  ...accounts,
  [observer.username]: { secret: secret(observer.password), roles: ["observer" as const] },
};

/** Everything that wants an account. */
const guarded = [
  "GET /jmap/session",
  "POST /jmap/",
  "POST /jmap",
  "GET /jmap/x",
  "GET /api/schema",
  "GET /api/schema/x",
];
const empty = JSON.stringify({ using, methodCalls: [] });
const posted = (line: string) => (line.startsWith("POST") ? { body: empty } : {});

async function statuses(house: Managed, fields: Record<string, string>, lines = guarded): Promise<number[]> {
  const port = house.port("management");
  const answers = lines.map((line) => exchange(port, line, { fields: { ...json, ...fields }, ...posted(line) }));
  return (await Promise.all(answers)).map(({ status }) => status);
}

const all = (status: number) => guarded.map(() => status);

test("without an account nothing is answered but how to log in", async () => {
  const house = await managed();
  expect(await statuses(house, {})).toEqual(all(401));
  const { fields, body } = await exchange(house.port("management"), "GET /jmap/session");
  expect(fields.get("www-authenticate")).toBe('Basic realm="Gatehouse", charset="UTF-8", Bearer');
  expect(fields.get("content-type")).toBe("application/problem+json");
  expect(body).not.toContain("mail.example.com");
  // A browser would ask for a password by a window of its own.
  const browser = await exchange(house.port("management"), "GET /jmap/session", {
    fields: { "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin" },
  });
  expect([browser.status, browser.fields.get("www-authenticate")]).toEqual([401, "Bearer"]);
});

test("credentials that cannot be read, or of an account without a role, grant nothing", async () => {
  const house = await managed();
  for (const field of [
    "Basic",
    "Basic !",
    "Basic YQ==",
    "Bearer",
    "Digest a",
    "Negotiate YQ==",
    basic(administrator).slice(6),
  ])
    expect([field, await statuses(house, { Authorization: field }, ["GET /jmap/session"])]).toEqual([field, [401]]);
  expect(await statuses(house, { Authorization: basic(nobody) })).toEqual(all(403));
});

test("a wrong password is answered late, as every log-in is, and holds up those after it", async () => {
  const clock = new TestClock();
  const house = await managed({}, { clock });
  const ask = (who: { readonly username: string; readonly password: string }) => {
    let settled = false;
    const answer = house.fetch("/jmap/session", { headers: { Authorization: basic(who) } }).then(({ status }) => {
      settled = true;
      return status;
    });
    return { answer, isSettled: () => settled };
  };
  const waiting = (delay: number) => clock.pending.filter((timer) => timer.delay === delay).length;
  const elsewhere = async () => expect((await house.fetch("/healthz")).status).toBe(200);

  const wrong = ask({ ...administrator, password: "guess" });
  expect(await house.event("session.authenticationFailed")).toMatchObject({
    mechanism: "BASIC",
    username: administrator.username,
  });
  clock.advance(999);
  await elsewhere();
  expect(wrong.isSettled()).toBe(false);
  const right = ask(administrator);
  await expect.poll(() => waiting(1)).toBe(1);
  expect(right.isSettled()).toBe(false);
  clock.advance(1);
  expect([await wrong.answer, await right.answer]).toEqual([401, 200]);

  const unknown = ask({ username: "nobody@example.com", password: "guess" });
  await house.event("session.authenticationFailed", ({ username }) => username === "nobody@example.com");
  expect(waiting(2_000)).toBe(1);
  clock.advance(2_000);
  expect(await unknown.answer).toBe(401);
});

test("an observer reads everything and changes nothing, not even on trial", async () => {
  const house = await managed({ Account: withObserver } as never);
  const headers = { ...json, Authorization: basic(observer) };
  const session = await (await house.fetch("/jmap/session", { headers })).json();
  expect(session).toMatchObject({ username: observer.username, accounts: { server: { isReadOnly: true } } });
  const methodCalls = [
    ["x:Account/get", { properties: ["roles"] }, "0"],
    ["x:Connection/query", {}, "1"],
    ["x:Action/set", { create: { a: { "@type": "ReloadSettings" } } }, "2"],
  ];
  const response = await house.fetch("/jmap/", {
    method: "POST",
    headers,
    body: JSON.stringify({ using, methodCalls }),
  });
  expect(await response.json()).toMatchObject({
    methodResponses: [
      ["x:Account/get", {}, "0"],
      ["x:Connection/query", {}, "1"],
      ["error", { type: "forbidden", description: "olga@example.com has not the permission sysActionCreate." }, "2"],
    ],
  });
});

describe("a page of another site", () => {
  const cases: readonly (readonly [string, Record<string, string>])[] = [
    ["says so by Origin", { Origin: "http://elsewhere.example" }],
    ["has none that could be named", { Origin: "null" }],
    ["is on another port of this machine", { Origin: "http://127.0.0.1:1" }],
    ["has this server's name in its own", { Origin: "http://127.0.0.1.elsewhere.example" }],
    ["is said to be by the browser alone", { "Sec-Fetch-Site": "cross-site" }],
    ["is one of the same domain", { "Sec-Fetch-Site": "same-site" }],
    ["says two things", { Origin: "http://127.0.0.1, http://elsewhere.example" }],
  ];
  test("gets nothing and changes nothing", async () => {
    const house = await managed();
    const cookie = await cookieOf(house);
    for (const [what, fields] of cases) {
      const known = [cookie, { Authorization: basic(administrator) }];
      for (const who of known) expect([what, await statuses(house, { ...fields, ...who })]).toEqual([what, all(403)]);
      const doors = ["POST /console/login", "POST /console/logout"];
      expect([what, await statuses(house, { ...fields, ...cookie }, doors)]).toEqual([what, [403, 403]]);
    }
    // It is logged in still.
    expect(await statuses(house, cookie, ["GET /jmap/session"])).toEqual([200]);
  });

  test("opens no WebSocket, nor gets anything by asking for one", async () => {
    const house = await managed();
    const cookie = await cookieOf(house);
    const upgrade = {
      Connection: "Upgrade, close",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      Origin: "http://elsewhere.example",
    };
    const port = house.port("management");
    for (const path of ["/jmap/", "/jmap/session", "/jmap/ws", "/api/schema"]) {
      const answer = await exchange(port, `GET ${path}`, { fields: { ...upgrade, ...cookie, "Keep-Alive": "close" } });
      expect([path, answer.status]).toEqual([path, 403]);
    }
    const page = await exchange(port, "GET /console/", { fields: { ...upgrade, ...cookie } });
    expect([page.status, page.fields.get("sec-websocket-accept")]).toEqual([200, undefined]);
  });
});

test("with a browser's cookie a request that changes something needs its Origin, one that reads does not", async () => {
  const house = await managed();
  const cookie = await cookieOf(house);
  expect(await statuses(house, cookie)).toEqual([200, 403, 403, 404, 302, 404]);
  const own = { ...cookie, Origin: house.url };
  expect(await statuses(house, own)).toEqual([200, 200, 200, 404, 302, 404]);
  expect(await statuses(house, cookie, ["POST /console/logout"])).toEqual([403]);
  // Whoever has a password needs no Origin: programs have none.
  expect(await statuses(house, { Authorization: basic(administrator) })).toEqual([200, 200, 200, 404, 302, 404]);
});

test("a browser's session ends after half an hour without a request, and after twelve hours", async () => {
  // It leaps: all that a server does in twelve hours would be most of the test.
  let ahead = 0;
  const clock = {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    date: () => Date.now() + ahead,
  };
  const house = await managed({}, { clock });
  const minutes = (count: number) => {
    ahead += count * 60_000;
  };
  const isIn = async (cookie: { Cookie: string }) => (await statuses(house, cookie, ["GET /jmap/session"]))[0] === 200;
  const idle = await cookieOf(house);
  minutes(29);
  expect(await isIn(idle)).toBe(true);
  minutes(30);
  expect(await isIn(idle)).toBe(false);
  const busy = await cookieOf(house);
  for (let half = 0; half < 25; half++) {
    minutes(28.8);
    expect(await isIn(busy)).toBe(half < 24);
  }
});

test("a name that was made to lead here reaches nothing, wherever it stands", async () => {
  const house = await managed();
  const port = house.port("management");
  const cookie = await cookieOf(house);
  const everywhere = [...guarded, "GET /console/", "POST /console/login", "GET /.well-known/jmap", "GET /metrics"];
  const authorized = { Authorization: basic(administrator) };
  for (const host of [
    "elsewhere.example",
    `elsewhere.example:${port}`,
    "mail.example.com.elsewhere.example",
    "127.0.0.1.nip.io",
    "2130706433x",
    "198.51.100.1",
  ]) {
    for (const fields of [cookie, authorized])
      expect([host, await statuses(house, { Host: host, ...fields }, everywhere)]).toEqual([
        host,
        everywhere.map(() => 421),
      ]);
  }
  // A whole address counts in the place of the field.
  for (const line of everywhere) {
    const whole = line.replace(" /", " http://elsewhere.example/");
    expect([
      whole,
      (await exchange(port, whole, { fields: { ...json, ...authorized }, ...posted(line) })).status,
    ]).toEqual([whole, 421]);
  }
  for (const host of [
    `localhost:${port}`,
    "LOCALHOST",
    "mail.example.com",
    "Mail.Example.Com.",
    `127.0.0.1:${port}`,
    "[::1]",
  ])
    expect([host, await statuses(house, { Host: host, ...authorized }, ["GET /jmap/session"])]).toEqual([host, [200]]);
  const whole = await exchange(port, "GET http://mail.example.com/jmap/session", {
    fields: { ...authorized, Host: "elsewhere.example" },
  });
  expect(whole.status).toBe(200);
});

test("passwords, tokens and cookies are taken under TLS or from this machine, and behind a proxy its client counts", async () => {
  const proxied = { overrideProxyTrustedNetworks: ["127.0.0.1"], bind: ["127.0.0.1:0"], protocol: "http" as const };
  const house = await managed({
    NetworkListener: [
      { name: "proxied", ...proxied },
      { name: "secure", ...proxied, tlsImplicit: true },
    ],
  } as never);
  const cookie = await cookieOf(house);
  const token = `gatehouse_ci_${"0".repeat(64)}`;
  const from = (address: string) => `PROXY TCP4 ${address} 127.0.0.1 40000 8080\r\n`;
  const ask = async (fields: Record<string, string>, address: string) =>
    (await exchange(house.port("proxied"), "GET /jmap/session", { fields, before: from(address) })).status;
  for (const fields of [{ Authorization: basic(administrator) }, { Authorization: `Bearer ${token}` }, cookie])
    expect(await ask(fields, "198.51.100.7")).toBe(403);
  expect(await ask({ Authorization: basic(administrator) }, "127.0.0.1")).toBe(200);
  expect(await ask({}, "198.51.100.7")).toBe(401);
  const login = { fields: json, body: JSON.stringify(administrator), before: from("198.51.100.7") };
  expect((await exchange(house.port("proxied"), "POST /console/login", login)).status).toBe(403);
});

test("behind a proxy that speaks TLS with the browser, the cookie is bound to TLS as well", async () => {
  const house = await managed();
  const port = house.port("management");
  const Origin = "https://mail.example.com";
  const ask = (line: string, fields: Record<string, string>, body?: string) =>
    exchange(port, line, {
      fields: { ...json, Host: "mail.example.com", ...fields },
      ...(body === undefined ? {} : { body }),
    });
  const login = await ask("POST /console/login", { Origin }, JSON.stringify(administrator));
  const [pair = "", ...attributes] = (login.fields.get("set-cookie") ?? "").split("; ");
  expect([pair.split("=")[0], attributes.includes("Secure")]).toEqual(["__Host-gatehouse-session", true]);
  expect((await ask("GET /jmap/session", { Cookie: `gatehouse-session=planted; ${pair}` })).status).toBe(200);
  expect((await ask("POST /jmap/", { Cookie: pair, Origin }, empty)).status).toBe(200);
  const logout = await ask("POST /console/logout", { Cookie: pair, Origin });
  expect(logout.fields.get("set-cookie")).toMatch(/^__Host-gatehouse-session=; Path=\/; Max-Age=0; .*; Secure$/);
  expect((await ask("GET /jmap/session", { Cookie: pair })).status).toBe(401);
});

test("under TLS the cookie is bound to it, and a page in clear is another origin", async () => {
  const house = await managed({
    NetworkListener: [{ name: "secure", protocol: "http", bind: ["127.0.0.1:0"], tlsImplicit: true }],
  } as never);
  const port = house.port("secure");
  const ask = (line: string, fields: Record<string, string>, body?: string) =>
    exchange(port, line, { tls: true, fields: { ...json, ...fields }, ...(body === undefined ? {} : { body }) });
  const login = await ask("POST /console/login", {}, JSON.stringify(administrator));
  const set = login.fields.get("set-cookie") ?? "";
  expect([login.status, set.split("; ").slice(1).toSorted()]).toEqual([
    204,
    ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict", "Secure"],
  ]);
  const [pair = ""] = set.split(";");
  expect(pair).toMatch(/^__Host-gatehouse-session=[\w-]{43}$/);
  const own = { Cookie: pair, Origin: `https://127.0.0.1:${port}` };
  expect((await ask("POST /jmap/", own, empty)).status).toBe(200);
  expect((await ask("POST /jmap/", { ...own, Origin: `http://127.0.0.1:${port}` }, empty)).status).toBe(403);
  // Another host of the domain could have set one without the prefix.
  expect((await ask("GET /jmap/session", { Cookie: pair.replace("__Host-", "") })).status).toBe(401);
});

test("every answer says the same of what a page may do", async () => {
  const house = await managed();
  const port = house.port("management");
  const lines = [
    ...guarded,
    "GET /console/",
    "GET /console/none",
    "GET /console",
    "GET /.well-known/jmap",
    "POST /console/logout",
    "GET /metrics",
  ];
  const policies = await Promise.all(
    lines.map(async (line) => (await exchange(port, line)).fields.get("content-security-policy")),
  );
  const [policy = ""] = policies;
  expect(new Set(policies)).toEqual(new Set([policy]));
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain("unsafe");
  const foreign = await exchange(port, "GET /console/", { fields: { Host: "elsewhere.example" } });
  expect([foreign.status, foreign.fields.get("content-security-policy")]).toEqual([421, policy]);
});

test("no path leads around who may, or to a file that is none of the console's", async () => {
  const house = await managed();
  const port = house.port("management");
  const tricks = [
    "/console/../jmap/session",
    "/console/%2e%2e/jmap/session",
    "/console/..%2fjmap%2fsession",
    "/console/..;/jmap/session",
    "/console/..\\..\\package.json",
    "/console/%5c..%5c..%5cpackage.json",
    "/console/%2e%2e%2f%2e%2e%2fpackage.json",
    "/console/%252e%252e/package.json",
    "/console/main.ts%00.css",
    "/console/main.ts\u0000",
    "/console//etc/passwd",
    "/console/%c0%ae%c0%ae/package.json",
    "/console/..?/../jmap/session",
    "/console/login/../../jmap/session",
    "/jmap/../jmap/session",
    "/jmap/%2e%2e/api/schema",
    "/jmap//session",
    "//jmap/session",
    "/%6amap/session",
    "/JMAP/session",
    "/jmap%2fsession",
    "/.well-known/../jmap/session",
    "/api/schema/../../jmap/session",
    "/api/%73chema",
    "/console/login/",
    "/console/login%2f..%2f..%2fjmap",
    `http://127.0.0.1:${port}/console/../jmap/session`,
    `http://127.0.0.1:${port}/jmap/session`,
    `http://mail.example.com/console/%2e%2e/package.json`,
    `HTTP://127.0.0.1/jmap/session`,
    "*",
    "jmap/session",
    "127.0.0.1:25",
  ];
  for (const path of tricks) {
    for (const method of ["GET", "POST"]) {
      const { status, body } = await exchange(port, `${method} ${path}`);
      expect([path, [400, 401, 404, 405, 415].includes(status), status]).toEqual([path, true, status]);
      expect(body).not.toMatch(/"apiUrl"|"devDependencies"|root:|"objects"/);
    }
  }
  // Whole addresses are answered like paths.
  const whole = await exchange(port, `GET http://127.0.0.1:${port}/console/`);
  expect([whole.status, whole.fields.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
});

test("`/` leads browsers to the console, and says to others what it has always said", async () => {
  const house = await managed();
  const port = house.port("management");
  const accept = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
  const browser = await exchange(port, "GET /?from=bookmark", { fields: accept });
  expect([browser.status, browser.fields.get("location"), browser.fields.get("vary")]).toEqual([
    302,
    "/console/",
    "Accept",
  ]);
  for (const options of [{}, { fields: { Accept: "*/*" } }, { fields: { Accept: "application/json" } }]) {
    const { status, body } = await exchange(port, "GET /", options);
    expect([status, body]).toEqual([404, "Not found. Try /healthz, /readyz or /metrics.\n"]);
  }
  expect((await exchange(port, "POST /", { fields: accept })).status).toBe(405);
  expect((await exchange(port, "GET /other", { fields: accept })).status).toBe(404);
});
