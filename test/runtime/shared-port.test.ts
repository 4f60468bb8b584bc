import { expect, test } from "vitest";
import { runGatehouse } from "../running-gatehouse.ts";

const listener = (port: number) => [{ name: "smtp", bind: [`127.0.0.1:${port}`] }];

test.skipIf(process.platform !== "linux")(
  "a server that shares its port with another one says so, and with whom",
  async () => {
    const alone = await runGatehouse(listener(0));
    const warned = (events: readonly { readonly type: string }[]) =>
      events.filter((event) => "code" in event && event.code === "shared-port");
    expect(warned(alone.events)).toEqual([]);
    const { port } = alone.gatehouse.listeners()[0]?.addresses[0] ?? { port: 0 };
    const beside = await runGatehouse(listener(port));
    expect(warned(beside.events)).toMatchObject([
      {
        type: "server.warning",
        text: expect.stringContaining(`(process ${process.pid}) listens on 127.0.0.1:${port}, too`),
      },
    ]);
  },
);
