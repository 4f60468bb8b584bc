/**
 * `maxConnectionsPerAddress` and `connectionRate` of a listener, exact over all nodes, in one question for each client. How
 * many connections an address has at each process is in the engine, and counts as long as that one's lease. The process
 * itself knows its own; it says the number again whenever the engine may have missed something.
 */
import type { AddressAnswer, AddressesElsewhere, AskedAddress } from "../admission/addresses-elsewhere.ts";
import type { RateLimit } from "../admission/connection-rates.ts";
import type { Counter } from "../admission/slots.ts";
import type { Clock } from "../time/clock.ts";
import { within } from "../time/waits.ts";
import type { EngineScript, ScriptCall } from "./engine.ts";
import { engineScript } from "./engine-scripts.ts";
import { FleetRates } from "./fleet-rates.ts";

/** How long a client waits for the engine before this node decides by itself, in milliseconds. */
const answerTime = 1_000;
/** How long the engine keeps what is not said again, in milliseconds. */
const keptFor = 86_400_000;

/**
 * An address's connections by process, and the times of its latest admissions, the newest first, at most as many as are
 * allowed.
 */
const askText = `
local cap, mine = tonumber(ARGV[1]), ARGV[2]
local count, interval = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if cap > 0 then
  local sum, all = 0, redis.call('HGETALL', KEYS[1])
  for at = 1, #all, 2 do
    local lease = all[at] ~= mine and redis.call('HGET', KEYS[3], string.match(all[at], '^(.*)#'))
    if all[at] == mine or (lease and lease * 1000 > now) then sum = sum + all[at + 1]
    else redis.call('HDEL', KEYS[1], all[at]) end
  end
  if sum >= cap then return { 'cap', sum } end
end
if count > 0 then
  local oldest = redis.call('LINDEX', KEYS[2], count - 1)
  local left = oldest and oldest + interval * 1000 - now or 0
  if left > 0 then return { 'rate', math.ceil(left / 1000) } end
  redis.call('LPUSH', KEYS[2], string.format('%.0f', now))
  redis.call('LTRIM', KEYS[2], 0, count - 1)
  redis.call('PEXPIRE', KEYS[2], interval)
end
if cap >= 0 then
  redis.call('HINCRBY', KEYS[1], mine, 1)
  redis.call('PEXPIRE', KEYS[1], ${keptFor})
end
return { '', 0 }
`;
const tellText = `
if ARGV[2] == '0' then return redis.call('HDEL', KEYS[1], ARGV[1]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ${keptFor})
`;

const askScript = engineScript(askText);
const tellScript = engineScript(tellText);

/** The node, as far as its clients' addresses depend on it. */
export interface AskingNode {
  readonly clock: Clock;
  /** The engine answers. */
  readonly maySettle: boolean;
  run(script: EngineScript, call: ScriptCall, signal: AbortSignal): Promise<unknown>;
  /** There is something to be said again when the engine is back. */
  counts(addresses: FleetAddresses): void;
}

export interface FleetAddressesOptions {
  readonly node: AskingNode;
  /** Begins the engine's keys of this listener. */
  readonly prefix: string;
  /** The engine's key of all leases. */
  readonly leases: string;
  /** This process and this listener of it. */
  readonly field: string;
}

interface Counted {
  /** Connections that are inside here, and counted. */
  inside: number;
  /** About which the engine has been asked. */
  asked: number;
}

export class FleetAddresses implements AddressesElsewhere {
  readonly #options: FleetAddressesOptions;
  readonly #counted = new Map<string, Counted>();
  /** Of which the engine may have another number than this node. */
  readonly #untold = new Set<string>();
  #rates: FleetRates | null = null;

  constructor(options: FleetAddressesOptions) {
    this.#options = options;
  }

  rates(limit: RateLimit): FleetRates {
    this.#rates = new FleetRates(this.#options.node, limit);
    return this.#rates;
  }

  async ask(asked: AskedAddress, signal: AbortSignal): Promise<AddressAnswer> {
    const { key, cap } = asked;
    const { node } = this.#options;
    if (asked.rate && this.#rates?.exhausted(key)) return rateExhausted(asked.rate);
    if (!node.maySettle) return this.#alone(asked);
    const counted = cap === null ? null : this.#countedOf(key);
    if (counted) counted.asked += 1;
    try {
      const answer = await within(node.clock, answerTime, (late) => node.run(askScript, this.#callOf(asked), late));
      const [exhausted, number] = answer as [string, number];
      return this.#answered(asked, { exhausted, number });
    } catch {
      // It may have counted this one, or not.
      if (cap !== null) this.#untold.add(key);
      return signal.aborted ? { exhausted: null, counter: null } : this.#alone(asked);
    } finally {
      if (counted) {
        counted.asked -= 1;
        if (this.#untold.has(key)) this.#tell(key);
        else if (counted.inside + counted.asked === 0) this.#counted.delete(key);
      }
    }
  }

  counter(key: string): Counter {
    const counter = this.#enter(key);
    this.#tell(key);
    return counter;
  }

  /** Nothing is left to say. */
  get isEmpty(): boolean {
    return this.#counted.size === 0 && this.#untold.size === 0;
  }

  /** Says all numbers again: the engine was away, or may have forgotten them. */
  tellAll(): void {
    for (const key of new Set([...this.#counted.keys(), ...this.#untold])) this.#tell(key);
  }

  /** Without the engine each node counts by itself. */
  #alone({ key, cap, rate }: AskedAddress): AddressAnswer {
    if (rate && this.#rates?.noteAlone(key) === false) return rateExhausted(rate);
    return { exhausted: null, counter: cap === null ? null : this.counter(key) };
  }

  #answered(
    { key, cap, rate }: AskedAddress,
    { exhausted, number }: { readonly exhausted: string; readonly number: number },
  ): AddressAnswer {
    if (exhausted === "cap") return { exhausted: "address-cap", limit: cap ?? number, current: number };
    if (exhausted === "rate") {
      this.#rates?.refused(key, number);
      return rateExhausted(rate);
    }
    if (rate) this.#rates?.agreed(key);
    if (cap === null) return { exhausted: null, counter: null };
    return { exhausted: null, counter: this.#enter(key) };
  }

  /** Counted from here on, until it is given back. */
  #enter(key: string): Counter {
    const counted = this.#countedOf(key);
    counted.inside += 1;
    const giveBack = (): void => {
      counted.inside -= 1;
      this.#tell(key);
    };
    return { tryTake: () => true, giveBack, settle: () => {} };
  }

  #callOf({ key, cap, rate }: AskedAddress): ScriptCall {
    const { field, leases, prefix } = this.#options;
    const limit = cap === null ? -1 : Number.isFinite(cap) ? cap : 0;
    const args = [limit, field, rate?.count ?? 0, rate?.interval ?? 0];
    return { keys: [this.#keyOf(key), `${prefix}:${key}:rate`, leases], args: args.map(String) };
  }

  #keyOf(key: string): string {
    return `${this.#options.prefix}:${key}:inside`;
  }

  #countedOf(key: string): Counted {
    const known = this.#counted.get(key);
    if (known) return known;
    const made = { inside: 0, asked: 0 };
    this.#options.node.counts(this);
    this.#counted.set(key, made);
    return made;
  }

  /** What is sent while a question is under way would not know what comes of it. */
  #tell(key: string): void {
    const { node, field } = this.#options;
    const { inside, asked } = this.#countedOf(key);
    this.#untold.add(key);
    if (asked > 0 || !node.maySettle) return;
    if (inside === 0) this.#counted.delete(key);
    this.#untold.delete(key);
    const call = { keys: [this.#keyOf(key)], args: [field, String(inside)] };
    within(node.clock, answerTime, (signal) => node.run(tellScript, call, signal)).catch(() => this.#untold.add(key));
  }
}

function rateExhausted(rate: RateLimit | null): AddressAnswer {
  const count = rate?.count ?? 0;
  return { exhausted: "address-rate", limit: count, current: count };
}
