import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consoleHandler, isConsolePath } from "../../../src/management/console/handler.ts";

let port = 0;
const server = createServer(consoleHandler());

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});

afterAll(() => void server.close());

/** The path goes out as it stands: `fetch` would tidy it up. */
async function ask(path: string, { method = "GET", headers = {} }: { method?: string; headers?: object } = {}) {
  const sent = httpRequest({ port, host: "127.0.0.1", path, method, headers: { ...headers }, agent: false });
  sent.end();
  const [response] = await once(sent, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

describe("the console's files", () => {
  it("are a page whose every script and style is served", async () => {
    const { status, headers, body } = await ask("/console/");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(body).toContain('<html lang="en">');
    expect(body).toContain('name="viewport"');
    const links = [...body.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => link ?? "");
    expect(links.length).toBeGreaterThan(20);
    for (const link of links) {
      const file = await ask(`/console/${link}`);
      expect([link, file.status]).toEqual([link, 200]);
      if (/\.[tj]s$/.test(link)) expect(file.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    }
  });

  it("are all that the page may load: nothing from elsewhere, no script within it but the import map", async () => {
    const { headers, body } = await ask("/console/");
    const [, map = ""] = /<script type="importmap">(.*?)<\/script>/.exec(body) ?? [];
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain(`'sha256-${createHash("sha256").update(map).digest("base64")}'`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(body).not.toMatch(/(?:href|src)="(?:https?:)?\/\//);
    expect(body).not.toMatch(/ style=| on\w+=/);
  });

  it("come without their types", async () => {
    const [, main = ""] = /<script type="module" src="([^"]+)"/.exec((await ask("/console/")).body) ?? [];
    expect((await ask(`/console/${main}`)).body).toContain("new App(root)");
    const session = await ask(`/console/${main.replace("main", "wire/session")}`);
    expect(session.body).not.toContain("interface");
  });

  it.each([
    "/console/../../package.json",
    "/console/%2e%2e/%2e%2e/package.json",
    "/console/..%2f..%2fpackage.json",
    "/console/wire/../main.ts",
    "/console/./main.ts",
    "/console//main.ts",
    "/console/index.html",
    "/console/wire",
    "/console/wire/",
    "/console/main.ts%00.css",
    "/console/..\\..\\package.json",
    "/console/packages/lit-html/package.json",
    "/console/packages/../../package.json",
    "/console/__proto__",
    "/console/constructor",
    "/console//etc/passwd",
  ])("have no %s", async (path) => expect((await ask(path)).status).toBe(404));

  it("are not sent again to a browser that has them", async () => {
    const { headers } = await ask("/console/icon.svg");
    const again = await ask("/console/icon.svg", { headers: { "If-None-Match": headers["etag"] } });
    expect([again.status, again.body]).toEqual([304, ""]);
  });

  it("are compressed for those who take it", async () => {
    const plain = await ask("/console/styles/base.css");
    const compressed = await ask("/console/styles/base.css", { headers: { "Accept-Encoding": "br, gzip" } });
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(compressed.headers["content-encoding"]).toBe("gzip");
    expect(Number(compressed.headers["content-length"])).toBeLessThan(Number(plain.headers["content-length"]));
    const refusing = await ask("/console/styles/base.css", { headers: { "Accept-Encoding": "gzip;q=0" } });
    expect(refusing.headers["content-encoding"]).toBeUndefined();
  });

  it("are read and nothing else", async () => {
    const { status, headers } = await ask("/console/", { method: "PUT" });
    expect([status, headers["allow"]]).toEqual([405, "GET, HEAD"]);
    const head = await ask("/console/", { method: "HEAD" });
    expect([head.status, head.body]).toEqual([200, ""]);
  });

  it("have the charts among them, drawn", async () => {
    const { headers, body } = await ask("/console/charts/listener.svg");
    expect(headers["content-type"]).toBe("image/svg+xml");
    expect(body).toContain("listening (0)");
  });

  it("begin below /console/, where /console leads", async () => {
    const { status, headers } = await ask("/console");
    expect([status, headers["location"]]).toEqual([308, "/console/"]);
    expect(["/console", "/console/", "/console/main.ts", "/consoles", "/"].map(isConsolePath)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
