/** Commands that say much let other connections have their turn. */
import { expect, test } from "vitest";
import { logIn } from "./fixture.ts";

test.each(["LIST", "UIDL"])("%s of many messages, pipelined, looks at the clock by what it says", async (command) => {
  const { wire } = await logIn({ mail: Array.from({ length: 3_000 }, () => "Subject: one\n\none\n") });
  const looks: number[] = [];
  wire.now = () => {
    looks.push(wire.writes);
    return 0;
  };
  const said = await wire.send(`${command}\r\n`.repeat(8));
  const octetsForEachWrite = said.length / wire.writes;
  const longest = Math.max(...looks.map((writes, index) => writes - (looks[index - 1] ?? 0)));
  expect(said.match(/^3000 /gm)).toHaveLength(8);
  expect(longest * octetsForEachWrite).toBeLessThan(65_536);
});
