import { expect, test } from "vitest";
import { CONTINUE, close, type SessionProtocol } from "../../src/index.ts";
import { plainSession } from "../plain-session.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { gone, rawClient } from "./raw-client.ts";

/** Says what it gets back, and throws when it gets `!`. */
const brittle: SessionProtocol = {
  kind: "session",
  name: "brittle",
  startTls: false,
  busy: () => "busy\r\n",
  open: (wire) =>
    plainSession({
      state: "talking",
      receive(chunk) {
        if (Buffer.from(chunk).includes("!")) throw new Error("broken");
        wire.write(chunk);
        return CONTINUE;
      },
      ended: () => close("quit"),
    }),
};

test("a session that throws ends alone: the others go on, and new ones come", async () => {
  const house = await runGatehouse([{ name: "brittle", protocol: "brittle", bind: ["127.0.0.1:0"] }], {
    protocols: [brittle],
  });
  const [steady, broken] = [await rawClient(house.port("brittle")), await rawClient(house.port("brittle"))];
  broken.socket.write("!");
  expect(await broken.end).toBe("fin");
  await gone(broken);
  const late = await rawClient(house.port("brittle"));
  for (const client of [steady, late]) {
    client.socket.write("still here");
    await client.until("still here");
  }
  expect(causes(house.events)).toEqual(["session-failed"]);
  for (const client of [steady, late]) client.socket.end();
  await house.event("connection.closed", ({ connection }) => connection.peer.port === late.socket.localPort);
  for (const client of [steady, late]) await gone(client);
  while (house.gatehouse.connections().length > 0) await new Promise((resolve) => setImmediate(resolve));
  await expectNobodyInside(house);
});
