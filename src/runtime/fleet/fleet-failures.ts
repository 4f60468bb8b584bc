/** Failed log-ins of each address over all nodes: each failure is counted by the engine, and told to all at once. */
import type { FailureMemory, Failures, LoginDelays } from "../../protocols/login-failures.ts";
import type { Clock } from "../time/clock.ts";
import { within } from "../time/waits.ts";
import type { EngineScript, ScriptCall } from "./engine.ts";
import { engineScript } from "./engine-scripts.ts";

/** How long an answer of the engine is waited for, in milliseconds. */
const answerTime = 5_000;

/** On the fleet's channel. */
export interface FailureNote {
  readonly note: "failed";
  /** As failures are counted: an address, or a /64 of IPv6. */
  readonly address: string;
  readonly count: number;
  /** For how long the next log-in has to wait, in milliseconds. */
  readonly remaining: number;
}

const text = `
local ask = cjson.decode(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local count = redis.call('HINCRBY', KEYS[1], 'count', 1)
local delay = math.min(ask.first * 2 ^ math.min(count - 1, 30), ask.longest)
local over = math.max(tonumber(redis.call('HGET', KEYS[1], 'until') or '0'), now + delay)
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', over))
redis.call('PEXPIRE', KEYS[1], ask.forgetAfter)
redis.call('PUBLISH', ARGV[1], cjson.encode({ note = 'failed', address = ask.address, count = count, remaining = over - now }))
return count
`;
const failedScript = engineScript(text);

export interface FleetFailuresOptions {
  /** What this process remembers. */
  readonly memory: FailureMemory;
  readonly delays: LoginDelays;
  /** Begins the engine's keys. */
  readonly prefix: string;
  readonly channel: string;
  readonly clock: Clock;
  run(script: EngineScript, call: ScriptCall, signal: AbortSignal): Promise<unknown>;
}

export class FleetFailures implements FailureMemory {
  readonly #options: FleetFailuresOptions;

  constructor(options: FleetFailuresOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#options.memory.size;
  }

  find(key: string): Readonly<Failures> | null {
    return this.#options.memory.find(key);
  }

  entries(): Iterable<readonly [string, Readonly<Failures>]> {
    return this.#options.memory.entries();
  }

  change(key: string, now: number, change: (failures: Readonly<Failures> | null) => Failures): void {
    this.#options.memory.change(key, now, change);
  }

  /** Without the engine the other nodes do not hear of it. */
  tell(address: string): void {
    const { channel, clock, delays, prefix, run } = this.#options;
    const call = { keys: [`${prefix}:${address}`], args: [channel, JSON.stringify({ address, ...delays })] };
    within(clock, answerTime, (signal) => run(failedScript, call, signal)).catch(() => {});
  }

  hear({ address, count, remaining }: FailureNote): void {
    const now = this.#options.clock.now();
    const { forgetAfter } = this.#options.delays;
    this.#options.memory.change(address, now, (before) => ({
      count: Math.max(count, before && now - before.last < forgetAfter ? before.count : 0),
      last: now,
      until: Math.max(before?.until ?? now, now + remaining),
    }));
  }
}
