import { expect, test } from "vitest";
import { runExample } from "./running-example.ts";

test("the HTTP example answers with its own words", async () => {
  const { port, interrupt } = await runExample("http-app.ts");
  const response = await fetch(`http://127.0.0.1:${port}/tea`, { headers: { Connection: "close" } });
  expect(await response.text()).toBe("Hello 127.0.0.1, you asked for /tea\n");
  expect(await interrupt()).toBe(0);
});
