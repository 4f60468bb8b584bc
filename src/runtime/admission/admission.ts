/**
 * Who is let in: the rules in their order, by the limits and the pressure of this moment, and a permit for those whom none
 * refuses.
 *
 * A client is asked about at accept. Behind a trusted proxy the slot is taken at accept all the same, and the rules that
 * need the client's address are asked when the PROXY header has told it.
 */
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { Refusal } from "../../protocols/protocol.ts";
import type { Pressure } from "../pressure/pressure.ts";
import type { TrustedNetworks } from "../proxy/trusted-networks.ts";
import { type AddressLimits, ClientLimits } from "./client-limits.ts";
import { type Permit, type SlotCounter, takeSlots } from "./slots.ts";

/** Who asks to be let in. */
export type Arrival = ArrivedSocket | ProxiedClient;

/** A socket that was accepted. */
export interface ArrivedSocket {
  readonly kind: "socket";
  /** The socket's other end: a client, or a proxy. */
  readonly peer: Endpoint;
  /** The listener ends: it accepts only to say so. */
  readonly draining: boolean;
}

/** The client of a trusted proxy, whom its PROXY header names. */
export interface ProxiedClient {
  readonly kind: "client";
  readonly peer: Endpoint;
  /** What was taken when the proxy's socket was accepted. */
  readonly permit: Permit;
}

/** What a document sets. */
export interface AdmissionLimits {
  /** Whom a PROXY header is required from. */
  readonly trusted: TrustedNetworks;
  /** Null for a listener with `ignoreServerCap`. */
  readonly server: SlotCounter | null;
  readonly listener: SlotCounter;
  /** Pressure is a reason to refuse; not with `ignoreServerCap`, nor where `atCapacity` is `hold`, which pauses instead. */
  readonly refusesUnderPressure: boolean;
  readonly addresses: AddressLimits;
}

/** What the rules go by. */
export interface Circumstances {
  readonly limits: AdmissionLimits;
  readonly pressure: Pressure;
}

export type Admission = Admitted | Refused;

/** Holds a slot of the server and the listener from here on; and of its address, unless it owes a PROXY header. */
export interface Admitted {
  readonly refusal: null;
  readonly permit: Permit;
  /** The peer is a trusted proxy: it owes a header, and its client is judged when that has come. */
  readonly owesHeader: boolean;
}

export interface Refused {
  readonly refusal: Refusal;
  readonly permit: null;
  readonly owesHeader: boolean;
}

/** What the rules look at: the counts at this moment, and whose connection it is. */
interface Candidate extends Circumstances {
  readonly arrival: Arrival;
  /** What is known of the client's address. */
  readonly client: ClientLimits;
  readonly owesHeader: boolean;
}

/** Refuses, or has nothing against it. */
type Rule = (candidate: Candidate) => Refusal | null;

/** Nobody is let in any more; no other rule is asked. */
const draining: Rule = ({ arrival, limits }) =>
  arrival.kind === "socket" && arrival.draining ? { rule: "draining", limit: 0, current: limits.listener.taken } : null;

/** `BlockedIp` of the document, and what the embedder has blocked; `AllowedIp` goes before it. */
const blocked: Rule = ({ client }) =>
  client.blocked ? { rule: "blocked", limit: 0, current: client.connections } : null;

/** `maxConnections` of SystemSettings, over all listeners without `ignoreServerCap`. */
const serverCap: Rule = ({ limits: { server } }) =>
  server?.full ? { rule: "server-cap", limit: server.limit, current: server.taken } : null;

/** `maxConnections` of the listener, over all its addresses. */
const listenerCap: Rule = ({ limits: { listener } }) =>
  listener.full ? { rule: "listener-cap", limit: listener.limit, current: listener.taken } : null;

/** `maxConnectionsPerAddress` of the listener. */
const addressCap: Rule = ({ client }) => {
  const { cap, connections } = client;
  return cap !== null && connections >= cap && !client.exempt
    ? { rule: "address-cap", limit: cap, current: connections }
    : null;
};

/** `connectionRate` of the listener. */
const addressRate: Rule = ({ client }) => {
  const { rate } = client;
  return rate && client.rateExhausted && !client.exempt
    ? { rule: "address-rate", limit: rate.count, current: rate.count }
    : null;
};

/** The event loop, the heap or the descriptors are exhausted. */
const underPressure: Rule = ({ limits, pressure }) => {
  const [worst] = pressure.exhausted;
  return worst && limits.refusesUnderPressure ? { rule: "pressure", ...worst } : null;
};

/** The embedder's own, in the order that they were given. */
const embedder: Rule = ({ client, limits }) => client.askEmbedder(limits);

const everyRule: readonly Rule[] = [
  draining,
  blocked,
  serverCap,
  listenerCap,
  addressCap,
  addressRate,
  underPressure,
  embedder,
];
const rulesOfProxies: readonly Rule[] = [draining, serverCap, listenerCap, underPressure];
const rulesAfterHeader: readonly Rule[] = [blocked, addressCap, addressRate, embedder];

/** Every rule that such an arrival is asked by, in order, with the name that a refusal bears. */
const names: ReadonlyMap<Rule, string> = new Map([
  [draining, "draining"],
  [blocked, "blocked"],
  [serverCap, "server-cap"],
  [listenerCap, "listener-cap"],
  [addressCap, "address-cap"],
  [addressRate, "address-rate"],
  [underPressure, "pressure"],
  [embedder, "embedder"],
]);

/** What one rule has to say of somebody. */
export interface RuleFinding {
  /** As in a refusal: `blocked`, `server-cap`, …; `embedder` stands for all of the embedder's own. */
  readonly rule: string;
  /** Null: the rule lets it pass. */
  readonly refusal: Refusal | null;
  /** From which number on the rule refuses; null where nothing is limited. */
  readonly limit: number | null;
  /** How many there are at this moment; null where nothing is counted. */
  readonly current: number | null;
}

/** What each rule would say of such an arrival at this moment. Nobody is let in by it, and nothing is counted. */
export function findingsFor(arrival: Arrival, circumstances: Circumstances): readonly RuleFinding[] {
  const candidate = candidateFor(arrival, circumstances);
  return rulesFor(candidate).map((rule) => {
    const refusal = refusalOf(rule, candidate);
    return { rule: names.get(rule) ?? "embedder", refusal, ...measured(rule, candidate) };
  });
}

function refusalOf(rule: Rule, candidate: Candidate): Refusal | null {
  try {
    return rule(candidate);
  } catch {
    return ruleFailure(candidate);
  }
}

function measured(rule: Rule, { client, limits }: Candidate): Pick<RuleFinding, "limit" | "current"> {
  switch (rule) {
    case serverCap:
      return { limit: limits.server?.limit ?? null, current: limits.server?.taken ?? null };
    case listenerCap:
      return { limit: limits.listener.limit, current: limits.listener.taken };
    case addressCap:
      return { limit: client.exempt ? null : client.cap, current: client.connectionsCounted };
    case addressRate:
      return { limit: client.exempt ? null : (client.rate?.count ?? null), current: client.recentConnections };
    default:
      return { limit: null, current: null };
  }
}

/** Decides, and takes the slots. Nothing that a rule throws leaves it. */
export function judge(arrival: Arrival, circumstances: Circumstances): Admission {
  const candidate = candidateFor(arrival, circumstances);
  const { client, limits, owesHeader } = candidate;
  const refusal = firstRefusal(rulesFor(candidate), candidate);
  if (refusal) return { refusal, permit: null, owesHeader };
  const { server, listener } = limits;
  const permit = arrival.kind === "client" ? arrival.permit : takeSlots(server ? [server, listener] : [listener]);
  if (!owesHeader) client.letIn(permit);
  return { refusal: null, permit, owesHeader };
}

function candidateFor(arrival: Arrival, { limits, pressure }: Circumstances): Candidate {
  const { kind, peer } = arrival;
  const client = new ClientLimits(limits.addresses, { peer, proxied: kind === "client" });
  const owesHeader = kind === "socket" && limits.trusted.has(peer.address);
  return { arrival, limits, pressure, client, owesHeader };
}

function rulesFor({ arrival, owesHeader }: Candidate): readonly Rule[] {
  if (owesHeader) return rulesOfProxies;
  return arrival.kind === "client" ? rulesAfterHeader : everyRule;
}

/** A rule that throws refuses: an error must not open the door. */
function firstRefusal(rules: readonly Rule[], candidate: Candidate): Refusal | null {
  try {
    for (const rule of rules) {
      const refusal = rule(candidate);
      if (refusal) return refusal;
    }
    return null;
  } catch (error) {
    candidate.limits.addresses.ruleFailed(error);
    return ruleFailure(candidate);
  }
}

function ruleFailure({ client }: Candidate): Refusal {
  return { rule: "rule-failed", limit: 0, current: client.connections };
}
