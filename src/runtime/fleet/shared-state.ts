/**
 * What holds on all nodes until somebody takes it back: blocked addresses, suspended listeners, what tickets are made
 * from. It is in one hash of the engine with a version. A change is told to all with its version at once; a node that
 * finds another version than the next one reads everything again, which is how one that was away catches up. An engine
 * that may have forgotten something is told again what it lacks: it is another run of it then, such as a replica that has
 * taken its master's place, or the hash has another `#epoch`, or none. What has been taken back since is kept apart for a
 * day, so that nobody tells it again.
 *
 * A certificate is changed by one node at a time: by the one that has claimed it, while its lease holds.
 */
import { randomUUID } from "node:crypto";
import type { EngineScript, ScriptCall } from "./engine.ts";
import { engineScript } from "./engine-scripts.ts";

/** A change of what all nodes share. */
export type SharedChange =
  | { readonly kind: "blocked"; readonly name: string; readonly value: SharedBlock | null }
  | { readonly kind: "suspended"; readonly name: string; readonly value: true | null }
  | SealedChange;

/** Of what the engine cannot read: what tickets are made from; certificates, keys of accounts and proofs of ACME. */
export interface SealedChange {
  readonly kind: "ticketKeys" | "certificate" | "account" | "proof";
  readonly name: string;
  readonly value: SealedValue | null;
}

export function isSealed(change: SharedChange): change is SealedChange {
  return change.kind !== "blocked" && change.kind !== "suspended";
}

/** What the engine cannot read. */
export interface SealedValue {
  readonly id: string;
  /** When it was made: Unix time in milliseconds. */
  readonly at: number;
  readonly sealed: string;
}

export interface SharedBlock {
  readonly address: string;
  readonly expiresAt: string | null;
  readonly reason: string | null;
}

/** Which state it is: versions of one epoch, which belongs to one run of the engine, follow one another. */
export interface SharedVersion {
  readonly version: number;
  /** Null while nothing has been shared. */
  readonly epoch: string | null;
}

/** On the fleet's channel. */
export interface ChangeNote extends SharedVersion {
  readonly note: "changed";
  readonly by: string;
  readonly change: SharedChange;
}

/** The keys of claims and of leases, by the member that has them. */
const claimsText = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function leased(leases, member) return tonumber(redis.call('HGET', leases, member) or '0') > now end
local function isOthers(claims, leases, name, member)
  local text = redis.call('HGET', claims, name)
  if not text then return false end
  local claim = cjson.decode(text)
  return claim.by ~= member and claim['until'] > now and leased(leases, claim.by)
end
`;
/** A number that two masters of a while have both given out is none. */
export const epochText = `
local function epochOf(key)
  local epoch = redis.call('HGET', key, '#epoch')
  return epoch and epoch .. '@' .. string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or cjson.null
end
`;
const changeText = `
${claimsText}
${epochText}
local ask = cjson.decode(ARGV[2])
if ask.change.kind == 'certificate' and isOthers(KEYS[3], KEYS[4], ask.change.name, ask.by) then return '' end
local field = ask.change.kind .. '/' .. ask.change.name
if ask.replaces ~= nil then
  local before = redis.call('HGET', KEYS[1], field)
  local id = before and cjson.decode(before).value.id or cjson.null
  if id ~= ask.replaces then return 0 end
end
if ask.change.value == cjson.null then
  redis.call('HDEL', KEYS[1], field)
  redis.call('HSET', KEYS[2], field, 1)
  redis.call('PEXPIRE', KEYS[2], 86400000)
else
  redis.call('HSET', KEYS[1], field, cjson.encode(ask.change))
  redis.call('HDEL', KEYS[2], field)
end
redis.call('HSETNX', KEYS[1], '#epoch', ARGV[3])
local epoch = epochOf(KEYS[1])
local version = redis.call('HINCRBY', KEYS[1], '#version', 1)
local note = { note = 'changed', by = ask.by, version = version, epoch = epoch, change = ask.change }
redis.call('PUBLISH', ARGV[1], cjson.encode(note))
return epoch
`;
const readText = `
${epochText}
local all, members = redis.call('HGETALL', KEYS[1]), {}
for at = 1, #all, 2 do members[#members + 1] = { all[at], all[at + 1] } end
return cjson.encode({ epoch = epochOf(KEYS[1]), members = members, gone = redis.call('HKEYS', KEYS[2]) })
`;

const claimText = `
${claimsText}
local member, name, longest = ARGV[1], ARGV[2], tonumber(ARGV[3])
if not leased(KEYS[2], member) then return redis.error_reply('LEASE this node is not in the fleet at the moment') end
if isOthers(KEYS[1], KEYS[2], name, member) then return 0 end
redis.call('HSET', KEYS[1], name, cjson.encode({ by = member, ['until'] = now + longest }))
return 1
`;
const yieldText = `
local text = redis.call('HGET', KEYS[1], ARGV[2])
if text and cjson.decode(text).by == ARGV[1] then redis.call('HDEL', KEYS[1], ARGV[2]) end
return 1
`;

export const claimScript: EngineScript = engineScript(claimText);
export const yieldScript: EngineScript = engineScript(yieldText);
export const changeScript: EngineScript = engineScript(changeText);
export const readScript: EngineScript = engineScript(readText);

export interface SharedStateOptions {
  readonly key: string;
  /** Who may change a certificate. */
  readonly claims: string;
  /** Until when each member is in the fleet. */
  readonly leases: string;
  readonly channel: string;
  readonly member: string;
  run(script: EngineScript, call: ScriptCall): Promise<unknown>;
  /** Puts a change of another node into force here. */
  apply(change: SharedChange): void;
}

export class SharedState {
  readonly #options: SharedStateOptions;
  #version = 0;
  #epoch: string | null = null;
  /** In force by the engine, by field. */
  #known = new Map<string, SharedChange>();
  /** Made here, and not yet in the engine; of several of one name the last. */
  readonly #unsent = new Map<string, SharedChange>();
  /** To be put in the place of what has this id, and nothing else; null: of nothing. */
  readonly #offers = new Map<string, { readonly change: SharedChange; readonly replaces: string | null }>();
  #working: Promise<void> = Promise.resolve();

  constructor(options: SharedStateOptions) {
    this.#options = options;
  }

  /**
   * Tells all nodes of what is in force here already; those that are away hear of it when they are back. Resolves when
   * the engine has it, or has not answered.
   */
  tell(change: SharedChange): Promise<void> {
    this.#unsent.set(fieldOf(change), change);
    return this.#work();
  }

  /** Puts a sealed value into the place of another one; of several nodes that do so at once, the first prevails. */
  offer(change: SharedChange, replaces: string | null): Promise<void> {
    if (!this.#offers.has(fieldOf(change))) this.#offers.set(fieldOf(change), { change, replaces });
    return this.#work();
  }

  /** Resolves when what is under way has come to an end. */
  get settled(): Promise<void> {
    return this.#working;
  }

  /**
   * Claims what one node at a time may change, for as long as this one's lease holds; what has changed until then is
   * known when this resolves.
   * @param longest milliseconds
   * @returns false while another one has it. @throws FleetError
   */
  async claim(name: string, longest: number): Promise<boolean> {
    const { claims, leases, member, run } = this.#options;
    const claimed = this.#working.then(async () => {
      const call = { keys: [claims, leases], args: [member, name, String(longest)] };
      const answer = await run(claimScript, call);
      await this.#sendAndRead();
      return answer === 1;
    });
    this.#working = claimed.then(() => {}).catch(() => {});
    return claimed;
  }

  /** Without an answer it ends with the lease. */
  yield(name: string): void {
    const { claims, member, run } = this.#options;
    const yielded = this.#working.then(() => run(yieldScript, { keys: [claims], args: [member, name] }));
    this.#working = yielded.then(() => {}).catch(() => {});
  }

  /** Brings both sides together, as after a time without the engine, which has this version. */
  catchUp({ version, epoch }: SharedVersion): void {
    if (version !== this.#version || epoch !== this.#epoch || this.#unsent.size > 0) this.#work();
  }

  heard({ version, epoch, change }: ChangeNote): void {
    if (epoch !== this.#epoch || version > this.#version + 1) this.#work();
    else if (version === this.#version + 1) {
      this.#version = version;
      this.#remember(change);
      this.#options.apply(change);
    }
  }

  /** One thing after the other. What fails is tried again by the next settlement. */
  #work(): Promise<void> {
    this.#working = this.#working.then(() => this.#sendAndRead()).catch(() => {});
    return this.#working;
  }

  async #sendAndRead(): Promise<void> {
    const { key, claims, leases, channel, member, run } = this.#options;
    const keys = [key, `${key}:gone`, claims, leases];
    for (const [field, change] of this.#unsent) {
      const call = { keys, args: [channel, JSON.stringify({ by: member, change }), randomUUID()] };
      const epoch = String(await run(changeScript, call));
      if (this.#unsent.get(field) === change) this.#unsent.delete(field);
      // Another node has claimed it by now: what that one says prevails.
      if (epoch === "") continue;
      // An engine that forgets from here on is told of it again.
      this.#remember(change);
      this.#epoch ??= epoch;
    }
    for (const [field, { change, replaces }] of this.#offers) {
      const call = { keys, args: [channel, JSON.stringify({ by: member, change, replaces }), randomUUID()] };
      await run(changeScript, call);
      this.#offers.delete(field);
    }
    const { epoch, members, gone } = readAnswer(await run(readScript, { keys, args: [] }));
    const fields = new Map(members);
    const version = Number(fields.get("#version") ?? 0);
    for (const own of ["#version", "#epoch"]) fields.delete(own);
    if (this.#epoch !== null && epoch !== this.#epoch) {
      for (const [field, change] of this.#known)
        if (!fields.has(field) && !gone.includes(field) && !this.#unsent.has(field)) this.#unsent.set(field, change);
      this.#epoch = epoch;
      this.#version = 0;
      await this.#sendAndRead();
      return;
    }
    // A note of a later version has overtaken this answer.
    if (epoch === this.#epoch && version < this.#version) return;
    this.#epoch = epoch;
    const changes = [...fields].map(([field, text]) => [field, JSON.parse(text) as SharedChange] as const);
    const before = this.#known;
    this.#version = version;
    this.#known = new Map(changes);
    for (const [field, change] of before) if (!this.#known.has(field)) this.#options.apply({ ...change, value: null });
    for (const [field, change] of changes)
      if (JSON.stringify(before.get(field)) !== JSON.stringify(change)) this.#options.apply(change);
  }

  #remember(change: SharedChange): void {
    if (change.value === null) this.#known.delete(fieldOf(change));
    else this.#known.set(fieldOf(change), change);
  }
}

interface ReadAnswer {
  readonly epoch: string | null;
  readonly members: readonly (readonly [field: string, text: string])[];
  readonly gone: readonly string[];
}

function readAnswer(answer: unknown): ReadAnswer {
  const { epoch, members, gone } = JSON.parse(String(answer)) as ReadAnswer;
  // Lua has no empty list.
  return { epoch, members: Array.isArray(members) ? members : [], gone: Array.isArray(gone) ? gone : [] };
}

function fieldOf({ kind, name }: SharedChange): string {
  return `${kind}/${name}`;
}
