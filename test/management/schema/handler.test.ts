import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { schemaHandler } from "../../../src/management/schema/handler.ts";
import { publishedSchema } from "../../../src/management/schema/management-schema.ts";

const handler = schemaHandler();
const { json, hash } = publishedSchema();

function ask(path: string, init: RequestInit = {}): Response | null {
  return handler(new Request(`http://localhost${path}`, init));
}

test("/api/schema leads to the schema of today", () => {
  const answer = ask("/api/schema");
  expect(answer?.status).toBe(302);
  expect(answer?.headers.get("Location")).toBe(`/api/schema/${hash}`);
});

test("the schema may be kept for ever", async () => {
  const answer = ask(`/api/schema/${hash}`);
  expect(answer?.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
  expect(answer?.headers.get("Content-Encoding")).toBeNull();
  expect(await answer?.text()).toBe(json);
});

test.each(["gzip", "br, GZIP;q=0.5", "*"])("it is compressed for whoever accepts %s", async (accepted) => {
  const answer = ask(`/api/schema/${hash}`, { headers: { "Accept-Encoding": accepted } });
  expect(answer?.headers.get("Content-Encoding")).toBe("gzip");
  expect(gunzipSync(await (answer as Response).arrayBuffer()).toString()).toBe(json);
});

test.each(["identity", "br", "gzip;q=0"])("it is as it is for whoever accepts %s", (accepted) => {
  const answer = ask(`/api/schema/${hash}`, { headers: { "Accept-Encoding": accepted } });
  expect(answer?.headers.get("Content-Encoding")).toBeNull();
});

test("nothing else is there, and nothing can be written", () => {
  expect(ask("/api/schema/AAAA")).toBeNull();
  expect(ask("/api/schemas")).toBeNull();
  expect(ask("/api/schema", { method: "POST" })?.status).toBe(405);
});
