/**
 * What one question to the engine of a fleet costs the process that asks, by the way in which it is asked. `node
 * bench/engine-calls.ts [CALLS]`, by default 8000 for each row. Needs redis-server.
 */
import { createClient } from "redis";
import { RedisServer } from "../test/runtime/fleet/redis-server.ts";

const [calls = 8_000] = process.argv.slice(2).map(Number);
const together = 8;
const engine = await RedisServer.start();
const usual = await createClient({ url: engine.url, RESP: 3 }).connect();
const untimed = await createClient({ url: engine.url, RESP: 3, commandOptions: { timeout: 0 } }).connect();

const ofOne = "redis.call('LPUSH', KEYS[2], ARGV[2]) redis.call('LTRIM', KEYS[2], 0, 4) return { '', 0 }";
const ofMany = `local answers = {}
for at = 1, #KEYS / 3 do
  redis.call('LPUSH', KEYS[at * 3 - 1], ARGV[2]) redis.call('LTRIM', KEYS[at * 3 - 1], 0, 4) answers[at] = { '', 0 }
end
return answers`;
const [one, many] = await Promise.all([ofOne, ofMany].map((text) => usual.scriptLoad(text)));

const keysOf = (call: number): string[] => {
  const address = `{gatehouse}:smtp:192.0.2.${call % 256}`;
  return [`${address}:inside`, `${address}:rate`, "{gatehouse}:leases"];
};
const args = ["-1", "front-1/0123456789ab#1", "1000000", "1000"];
const several = Array.from({ length: together });

const ways: Readonly<Record<string, (call: number) => Promise<unknown>>> = {
  "evalSha()": (call) => usual.evalSha(one ?? "", { keys: keysOf(call), arguments: args }),
  "evalSha(), no time limit of its own": (call) => untimed.evalSha(one ?? "", { keys: keysOf(call), arguments: args }),
  "sendCommand(), no time limit of its own": (call) =>
    untimed.sendCommand(["EVALSHA", one ?? "", "3", ...keysOf(call), ...args]),
  [`the same for ${together} clients at once, each`]: async (call) => {
    if (call % together > 0) return;
    const keys = several.flatMap((_, more) => keysOf(call + more));
    await untimed.sendCommand(["EVALSHA", many ?? "", String(keys.length), ...keys, ...several.flatMap(() => args)]);
  },
};

console.log("| CPU for each client, µs | 1 at once | 8 at once | 40 at once |\n|---|---|---|---|");
for (const [name, ask] of Object.entries(ways)) {
  const row: string[] = [];
  for (const width of [1, 8, 40]) {
    await cpuOf(ask, width);
    row.push((await cpuOf(ask, width)).toFixed(1));
  }
  console.log(`| ${name} | ${row.join(" | ")} |`);
}
usual.destroy();
untimed.destroy();
await engine.stop();

/** Microseconds for each call. */
async function cpuOf(ask: (call: number) => Promise<unknown>, width: number): Promise<number> {
  const before = process.cpuUsage();
  let begun = 0;
  const go = async (): Promise<void> => {
    while (begun < calls) {
      begun += 1;
      await ask(begun - 1);
    }
  };
  await Promise.all(Array.from({ length: width }, go));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}
