/** The management below a path of an embedder's own HTTP app. */
import { describe, expect, test } from "vitest";
import { http } from "../../src/index.ts";
import { administrator, basic, json, managed, using } from "./managed.ts";

const app = http({
  fetch: ({ url }) => new Response(`mine: ${new URL(url).pathname}`),
  management: { path: "/admin" },
});
const logIn = { Authorization: basic(administrator) };

describe("below a path", () => {
  test("every URL that is given out leads below it, and all others are the app's", async () => {
    const { fetch } = await managed({}, { protocols: [app] });
    const location = async (path: string) => (await fetch(path, { headers: logIn })).headers.get("Location");
    expect(await location("/admin")).toBe("/admin/console/");
    expect(await location("/admin/")).toBe("/admin/console/");
    expect(await location("/admin/console")).toBe("/admin/console/");
    expect(await location("/admin/.well-known/jmap")).toBe("/admin/jmap/session");
    const schema = await location("/admin/api/schema");
    expect(schema).toMatch(/^\/admin\/api\/schema\/[\w-]{43}$/);
    expect((await fetch(schema ?? "", { headers: logIn })).headers.get("Content-Type")).toBe("application/json");

    const session = await (await fetch("/admin/jmap/session", { headers: logIn })).json();
    expect(session).toMatchObject({
      apiUrl: "/admin/jmap/",
      eventSourceUrl: expect.stringMatching("^/admin/jmap/eventsource/"),
    });
    const body = JSON.stringify({ using, methodCalls: [["x:NetworkListener/query", {}, "q"]] });
    const response = await fetch("/admin/jmap/", { method: "POST", headers: { ...json, ...logIn }, body });
    expect(await response.json()).toMatchObject({
      methodResponses: [["x:NetworkListener/query", { ids: ["management"] }, "q"]],
      sessionState: (session as { state: string }).state,
    });
    expect(await (await fetch("/admin/metrics?all")).text()).toContain("gatehouse_connections");
    expect(await (await fetch("/admin/console/")).text()).toContain("<title>");

    for (const path of ["/", "/metrics", "/jmap/session", "/console/", "/admins", "/admin/app"])
      expect(await (await fetch(path)).text()).toBe(`mine: ${path}`);
  });

  test.each(["admin", "/admin/", "/", "/a b", "/../a", "/a?b"])("%s is no such path", (path) => {
    expect(() => http({ fetch: () => new Response(), management: { path } })).toThrow("management.path");
  });
});
