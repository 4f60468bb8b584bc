/** The management API, asked as stalwart-cli asks, by Python's http.client, and by curl. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { RunningDocument } from "../../src/config/index.ts";
import { Tokens } from "../../src/management/access/tokens.ts";
import type { ReloadReport } from "../../src/runtime/reload/reload.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { administrator, type Managed, managed, secret } from "../management/managed.ts";
import { issue } from "../runtime/tls/certificate-fixtures.ts";
import { installed, python, run } from "./programs.ts";

const program = fileURLToPath(new URL("management_client.py", import.meta.url));

async function kept(): Promise<Managed & { readonly file: string }> {
  const folder = temporaryDirectory();
  const file = join(folder, "gatehouse.json");
  const { certificate, privateKey } = await issue({ names: ["mail.example.com"] });
  const listener = (protocol: string) => ({ name: protocol, protocol, bind: ["127.0.0.1:0"], useTls: false });
  const own = {
    SystemSettings: { defaultHostname: "mail.example.com", defaultCertificateId: "main" },
    Account: { [administrator.username]: { secret: secret(administrator.password), roles: ["admin"] } },
    Certificate: {
      main: { certificate: { "@type": "Text", value: certificate }, privateKey: secret(privateKey) },
    },
    BlockedIp: [{ address: "192.0.2.1" }],
    NetworkListener: [
      { ...listener("http"), name: "management" },
      listener("smtp"),
      listener("lmtp"),
      listener("imap"),
    ],
  };
  await writeFile(file, `// Ours.\n${JSON.stringify(own, null, 2)}\n`);
  const document = new RunningDocument<ReloadReport>({ file, builtIn: "{}", keptFile: join(folder, "kept.json") });
  const house = await managed({}, { config: await document.read(), document });
  document.manage(house.gatehouse);
  return { ...house, file };
}

describe.skipIf(!installed("python3"))("Python's http.client", () => {
  test("gets every octet of the dialogue that stalwart-cli has, and every error", async () => {
    const house = await kept();
    const before = await readFile(house.file, "utf8");
    const only = { name: "reader", permissions: ["sysNetworkListenerGet"], expiresAt: null };
    const token = await new Tokens(house.data).create(only, new Date());
    const job = { port: house.port("management"), ...administrator, token };
    const { code, stdout, stderr } = await run(python(), [program], { input: JSON.stringify(job) });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "done\n", stderr: "" });
    // What was made and taken away has left nothing.
    expect(await readFile(house.file, "utf8")).toBe(before);
  });
});

describe.skipIf(!installed("curl"))("curl", () => {
  test("follows to the session by Basic and by Bearer, and is answered as it asks, whatever it adds of its own", async () => {
    const house = await kept();
    const only = { name: "curl", permissions: ["sysNetworkListenerGet"], expiresAt: null };
    const token = await new Tokens(house.data).create(only, new Date());
    const url = (path: string) => `http://127.0.0.1:${house.port("management")}${path}`;
    const curl = async (path: string, ...args: string[]) => {
      const { stdout } = await run("curl", ["-sS", "-w", "\\n%{http_code}", ...args, url(path)]);
      const lines = stdout.split("\n");
      return { status: lines.at(-1), body: lines.slice(0, -1).join("\n") };
    };
    const login = ["-u", `${administrator.username}:${administrator.password}`];
    const body = (pad: string) =>
      JSON.stringify({ using: ["urn:ietf:params:jmap:core"], methodCalls: [["Core/echo", { pad }, "c"]] });
    const large = join(temporaryDirectory(), "request.json");
    await writeFile(large, body("x".repeat(2_000_000)));
    const post = ["-H", "Content-Type: application/json", "--data-binary"];
    const [basic, bearer, none, upgraded, echoed, old, tricked] = await Promise.all([
      curl("/.well-known/jmap", "-L", ...login),
      curl("/.well-known/jmap", "-L", "--oauth2-bearer", token),
      curl("/.well-known/jmap", "-L"),
      curl("/jmap/", ...login, "--http2", ...post, body("h2c")),
      curl("/jmap/", ...login, ...post, `@${large}`, "-H", "Expect: 100-continue"),
      curl("/readyz", "--http1.0", "-H", "Host:"),
      curl("/console/../jmap/session", "--path-as-is", ...login),
    ]);
    expect([basic.status, JSON.parse(basic.body)]).toMatchObject(["200", { username: administrator.username }]);
    expect([bearer.status, JSON.parse(bearer.body)]).toMatchObject(["200", { username: "curl" }]);
    expect(none.status).toBe("401");
    expect([upgraded.status, upgraded.body]).toEqual(["200", expect.stringContaining('{"pad":"h2c"}')]);
    expect([echoed.status, echoed.body.length > 2_000_000]).toEqual(["200", true]);
    expect(old).toEqual({ status: "200", body: "ready\n" });
    expect(tricked.status).toBe("404");
  });
});
