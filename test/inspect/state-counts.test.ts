/** How many are in each state of a running server. */
import { expect, test } from "vitest";
import { runGatehouse } from "../running-gatehouse.ts";
import { rawClient } from "../runtime/raw-client.ts";

test("every actor is counted in its state, by chart; sessions by their protocol", async () => {
  const { gatehouse, port } = await runGatehouse(
    ["a", "b", "c"].map((name) => ({ name, bind: ["127.0.0.1:0"], useTls: false })),
    { backend: { recipient: async () => undefined } },
  );
  await gatehouse.suspend("c");
  expect(gatehouse.states()).toEqual({
    server: { running: 1 },
    reload: { idle: 1 },
    listener: { listening: 2, "paused.held": 1 },
  });
  const [first, second] = [await rawClient(port("a")), await rawClient(port("b"))];
  await Promise.all([first.until("220 "), second.until("220 ")]);
  second.socket.write("EHLO b\r\nMAIL FROM:<>\r\n");
  await second.until("250 2.1.0");
  expect(gatehouse.states()).toMatchObject({ connection: { active: 2 }, smtp: { start: 1, mail: 1 } });
});
