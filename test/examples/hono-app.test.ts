import { expect, test } from "vitest";
import { runExample } from "./running-example.ts";

test("the example with Hono answers by its routes, beside the management on a listener of its own", async () => {
  const { port, line, interrupt } = await runExample("hono-app.ts");
  const admin = Number(/:(\d+)$/.exec(await line())?.[1]);
  const close = { headers: { Connection: "close" } };
  const ask = (to: number, path: string, init = {}) => fetch(`http://127.0.0.1:${to}${path}`, { ...close, ...init });
  expect(await (await ask(port, "/hello/ann")).text()).toBe("Hello ann at 127.0.0.1\n");
  expect(await (await ask(port, "/sum", { method: "POST", body: "[1,2,3]" })).json()).toEqual({ sum: 6 });
  expect((await ask(port, "/readyz")).status).toBe(404);
  expect(await (await ask(admin, "/readyz")).text()).toBe("ready\n");
  const slow = ask(port, "/slow");
  expect(await (await slow).text()).toBe("done\n");
  expect(await interrupt()).toBe(0);
});
