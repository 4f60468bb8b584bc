/** `connectionRate` of a listener, exact over all nodes: an address's times are in the engine, and the newest here, too. */
import { createHash } from "node:crypto";
import { RecencyMap } from "../../protocols/recency-map.ts";
import {
  type ConnectionRates,
  LocalConnectionRates,
  mostAddresses,
  type PackedRates,
  type RateLimit,
} from "../admission/connection-rates.ts";
import type { Clock } from "../time/clock.ts";
import type { EngineScript, ScriptCall } from "./engine.ts";

/** How long a client waits for the engine before this node decides by itself, in milliseconds. */
const rateTimeout = 1_000;

/** The times of an address's latest admissions, the newest first, at most as many as are allowed. */
const text = `
local count, interval = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local oldest = redis.call('LINDEX', KEYS[1], count - 1)
if oldest then
  local left = oldest + interval * 1000 - now
  if left > 0 then return math.ceil(left / 1000) end
end
redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], 0, count - 1)
redis.call('PEXPIRE', KEYS[1], interval)
return 0
`;
const rateScript: EngineScript = { text, digest: createHash("sha1").update(text).digest("hex") };

/** The node, as far as its rates depend on it. */
export interface RatingNode {
  readonly clock: Clock;
  /** The engine answers. */
  readonly maySettle: boolean;
  run(script: EngineScript, call: ScriptCall, signal: AbortSignal): Promise<unknown>;
}

export interface FleetRatesOptions {
  readonly node: RatingNode;
  /** Begins the engine's keys of this listener. */
  readonly prefix: string;
  readonly limit: RateLimit;
}

export class FleetRates implements ConnectionRates {
  readonly limit: RateLimit;
  readonly #node: RatingNode;
  readonly #prefix: string;
  readonly #local: LocalConnectionRates;
  /** Addresses that the engine has refused, and until when it would again. */
  readonly #over = new RecencyMap<number>();

  constructor({ node, prefix, limit }: FleetRatesOptions) {
    this.limit = limit;
    this.#node = node;
    this.#prefix = prefix;
    this.#local = new LocalConnectionRates(limit, node.clock);
  }

  exhausted(key: string): boolean {
    return this.#local.exhausted(key) || (this.#over.get(key) ?? 0) > this.#node.clock.now();
  }

  recent(key: string): number {
    return this.#local.recent(key);
  }

  /** Counted as soon as the engine has agreed; without it, here and now. */
  note(key: string): boolean {
    return this.#node.maySettle || this.#local.note(key);
  }

  async ask(key: string, signal: AbortSignal): Promise<boolean> {
    const { count, interval } = this.limit;
    if (!this.#node.maySettle) return true;
    const late = new AbortController();
    const timer = this.#node.clock.setTimeout(() => late.abort(), rateTimeout);
    try {
      const call = { keys: [`{${this.#prefix}${key}}`], args: [String(count), String(interval)] };
      const asked = this.#node.run(rateScript, call, AbortSignal.any([signal, late.signal]));
      const left = Number(await Promise.race([asked, aborted(late.signal)]));
      if (left > 0) this.#refused(key, left);
      else this.#local.note(key);
      return left === 0;
    } catch {
      // The engine was lost in between: each node counts by itself.
      const exhausted = this.#local.exhausted(key);
      if (!exhausted) this.#local.note(key);
      return !exhausted;
    } finally {
      this.#node.clock.clearTimeout(timer);
    }
  }

  pack(): PackedRates {
    return this.#local.pack();
  }

  unpack(packed: PackedRates): void {
    this.#local.unpack(packed);
  }

  #refused(key: string, left: number): void {
    this.#over.set(key, this.#node.clock.now() + left);
    while (this.#over.size > mostAddresses) this.#over.deleteOldest();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
