/**
 * How a node settles with the engine. All of a fleet is in one hash: `#fleet`, and a field for each member, which is one
 * process of a node. It holds the end of the member's lease by the engine's clock, and how many slots of each cap it has.
 *
 * A member says what it keeps of each cap and what it wants; it is given what the cap has left, and its lease begins anew.
 * Members whose lease has ended are struck off, and what they had is free. An engine that has begun anew, or has taken
 * another's place, may have forgotten leases, and one that was out of reach for all has let them end: it gives nothing
 * away for the time of a lease, while those who have clients inside say so.
 */
import type { EngineScript } from "./engine.ts";
import { engineScript } from "./engine-scripts.ts";
import type { DocumentNote } from "./fleet-documents.ts";
import type { FailureNote } from "./fleet-failures.ts";
import type { QuestionNote } from "./fleet-questions.ts";
import { type ChangeNote, epochText, type SharedVersion } from "./shared-state.ts";

export interface SettleRequest {
  /** `join` counts those inside, and nothing else; `settle` keeps what is held; `leave` keeps nothing. */
  readonly kind: "join" | "settle" | "leave";
  /** One process of a node. */
  readonly member: string;
  readonly node: string;
  /** Milliseconds. */
  readonly leaseTime: number;
  /** Grows with each request: one that was delayed on its way must not be carried out after a later one. */
  readonly number: number;
  readonly slots: readonly SlotsRequest[];
  /** `NodeFacts` as JSON, which the engine only keeps. */
  readonly facts: string;
}

export interface SlotsRequest {
  /** `server`, or `listener/` and a name. */
  readonly name: string;
  readonly cap: number;
  readonly keep: number;
  readonly want: number;
}

/** Not held: the engine does not know the lease. */
export type SettleAnswer = { readonly held: false } | HeldAnswer;

export interface HeldAnswer {
  readonly held: true;
  /** This one included. */
  readonly members: readonly MemberAnswer[];
  /** For how long the engine gives nothing away, in milliseconds; 0 for not at all. */
  readonly closedFor: number;
  /** What all nodes share. */
  readonly shared: SharedVersion;
  /** Digest of the document that the fleet has decided for; empty for none. */
  readonly document: string;
  /** In the order of the request. */
  readonly slots: readonly SlotsAnswer[];
}

export interface MemberAnswer {
  readonly member: string;
  readonly node: string;
  /** Milliseconds since it settled. */
  readonly age: number;
  readonly facts: string;
}

export interface SlotsAnswer {
  readonly granted: number;
  /** What other members have. */
  readonly others: number;
}

/** What is said on the channel. */
export type FleetNote =
  /** A member lacks slots of this cap, or all have more than it allows: who has some to spare gives them back. */
  | {
      readonly note: "wanted";
      readonly slots: string;
      readonly missing: number;
      readonly over: boolean;
      readonly by: string;
    }
  /** Slots of a cap that some member lacked are free. */
  | { readonly note: "freed"; readonly slots: string; readonly by: string }
  | ChangeNote
  | FailureNote
  | QuestionNote
  | DocumentNote;

const text = `
${epochText}
local key, channel = KEYS[1], ARGV[1]
local ask = cjson.decode(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local info = redis.call('INFO', 'server')
local run = string.match(info, 'run_id:(%w+)')
local uptime = tonumber(string.match(info, 'uptime_in_seconds:(%d+)')) * 1000

local fleet, members, lapsed, isAlone = nil, {}, {}, true
local all = redis.call('HGETALL', key)
for at = 1, #all, 2 do
  local value = cjson.decode(all[at + 1])
  if all[at] == '#fleet' then
    fleet = value
  elseif value['until'] > now then
    members[all[at]], isAlone = value, false
  elseif all[at] ~= ask.member then
    lapsed[#lapsed + 1] = all[at]
  end
end
local me = members[ask.member]
if me and ask.number <= me.number then return redis.error_reply('LATE a later request has been carried out') end

if not fleet then
  local open = now + ask.leaseTime - (ask.kind == 'settle' and 0 or uptime)
  fleet = { run = run, open = open, lacking = {} }
elseif fleet.run ~= run then
  fleet.run, fleet.open = run, now + ask.leaseTime
end
-- Every lease has ended: it was the engine that was away, and the others come with their clients, too.
if ask.kind == 'join' and isAlone and #lapsed > 0 then fleet.open = now + ask.leaseTime end
local closed = math.max(0, fleet.open - now)

local function tell(note) redis.call('PUBLISH', channel, cjson.encode(note)) end
local function freed(name)
  if (fleet.lacking[name] or 0) > now then tell({ note = 'freed', slots = name, by = ask.member }) end
end

if ask.kind == 'leave' then
  redis.call('HDEL', key, ask.member)
  redis.call('HDEL', KEYS[3], ask.member)
  if me then for name, had in pairs(me.slots) do if had > 0 then freed(name) end end end
  return cjson.encode({ held = false })
end
if ask.kind == 'settle' and not me and closed == 0 then
  return cjson.encode({ held = false })
end

local before = me and me.slots or {}
me = { node = ask.node, ['until'] = now + ask.leaseTime, number = ask.number, at = now, facts = ask.facts, slots = {} }
members[ask.member] = me
local answers = {}
for at, slots in ipairs(ask.slots) do
  local others = 0
  for name, member in pairs(members) do
    if name ~= ask.member then others = others + (member.slots[slots.name] or 0) end
  end
  local left = slots.cap - others - slots.keep
  local granted = closed > 0 and 0 or math.max(0, math.min(slots.want, left))
  me.slots[slots.name] = slots.keep + granted
  local missing = left < 0 and -left or slots.want - granted
  if closed == 0 and missing > 0 and others > 0 then
    if slots.want > granted then fleet.lacking[slots.name] = now + 2000 end
    tell({ note = 'wanted', slots = slots.name, missing = missing, over = left < 0, by = ask.member })
  end
  if (before[slots.name] or 0) > me.slots[slots.name] then freed(slots.name) end
  answers[at] = { granted = granted, others = others }
end

local list = {}
for name, member in pairs(members) do
  list[#list + 1] = { member = name, node = member.node, age = now - member.at, facts = member.facts }
end
-- Of an engine that is full this fails, before anything is struck off.
redis.call('HSET', KEYS[3], ask.member, string.format('%.0f', me['until']))
redis.call('HSET', key, '#fleet', cjson.encode(fleet), ask.member, cjson.encode(me))
if #lapsed > 0 then
  redis.call('HDEL', key, unpack(lapsed))
  redis.call('HDEL', KEYS[3], unpack(lapsed))
end
local version = tonumber(redis.call('HGET', KEYS[2], '#version') or '0')
local shared = { version = version, epoch = epochOf(KEYS[2]) }
local document = redis.call('HGET', KEYS[4], 'digest') or ''
local answer = { held = true, members = list, closedFor = closed, shared = shared, document = document, slots = answers }
return cjson.encode(answer)
`;

export const settleScript: EngineScript = engineScript(text);
