/**
 * Admission control: the rules in their order, applied to the current limits and pressure, and a permit for each client
 * that no rule refuses.
 *
 * A client is judged at accept. Behind a trusted proxy the slot is taken at accept all the same; the rules that need
 * the client's address apply when the PROXY header has named it.
 */
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { Refusal } from "../../protocols/protocol.ts";
import type { Pressure } from "../pressure/pressure.ts";
import type { TrustedNetworks } from "../proxy/trusted-networks.ts";
import { type AddressLimits, ClientLimits } from "./client-limits.ts";
import type { FleetStanding } from "./fleet-standing.ts";
import { isPermit, type Permit, type SlotCounter, takeSlots } from "./slots.ts";

/** What asks to be admitted. */
export type Arrival = ArrivedSocket | ProxiedClient;

/** A socket that was accepted. */
export interface ArrivedSocket {
  readonly kind: "socket";
  /** The socket's other end: a client, or a proxy. */
  readonly peer: Endpoint;
  /** The listener is draining: it accepts only to refuse with a reply. */
  readonly draining: boolean;
}

/** The client of a trusted proxy, as named by its PROXY header. */
export interface ProxiedClient {
  readonly kind: "client";
  readonly peer: Endpoint;
  /** What was taken when the proxy's socket was accepted. */
  readonly permit: Permit;
}

/** The limits that a document sets. */
export interface AdmissionLimits {
  /** The peers that must send a PROXY header. */
  readonly trusted: TrustedNetworks;
  /** Null for a listener with `ignoreServerCap`. */
  readonly server: SlotCounter | null;
  readonly listener: SlotCounter;
  /**
   * Whether pressure is a reason to refuse; false with `ignoreServerCap`, and where `atCapacity` is `hold`, which
   * pauses instead.
   */
  readonly refusesUnderPressure: boolean;
  readonly addresses: AddressLimits;
  /** Null without a fleet, and for a listener with `ignoreServerCap`. */
  readonly fleet: FleetStanding | null;
}

/** What the rules depend on. */
export interface Circumstances {
  readonly limits: AdmissionLimits;
  readonly pressure: Pressure;
}

export type Admission = Admitted | Refused;

/** Holds a slot of the server and of the listener; and one of its address, unless it still owes a PROXY header. */
export interface Admitted {
  readonly refusal: null;
  readonly permit: Permit;
  /** The peer is a trusted proxy: it owes a header, and its client is judged when the header has come. */
  readonly owesHeader: boolean;
}

export interface Refused {
  readonly refusal: Refusal;
  readonly permit: null;
  readonly owesHeader: boolean;
}

/** What the rules look at: the current counts, and whose connection it is. */
interface Candidate extends Circumstances {
  readonly arrival: Arrival;
  /** What is known about the client's address. */
  readonly client: ClientLimits;
  readonly owesHeader: boolean;
}

/** Returns a refusal, or null for no objection. */
type Rule = (candidate: Candidate) => Refusal | null;

/** Nobody is admitted any more; no other rule applies. */
const draining: Rule = ({ arrival, limits }) =>
  arrival.kind === "socket" && arrival.draining ? { rule: "draining", limit: 0, current: limits.listener.taken } : null;

/** `BlockedIp` of the document, and addresses that the embedder has blocked; `AllowedIp` takes precedence. */
const blocked: Rule = ({ client }) =>
  client.blocked ? { rule: "blocked", limit: 0, current: client.connections } : null;

/** The node has lost its fleet, and `onLoss` of `cluster` is `refuse`. */
const fleetLost: Rule = ({ limits: { fleet, listener } }) =>
  fleet?.refuses ? { rule: "fleet", limit: 0, current: listener.taken } : null;

/** `maxConnections` of SystemSettings, over all listeners without `ignoreServerCap`. */
const serverCap: Rule = ({ limits: { server } }) =>
  server?.full ? { rule: "server-cap", limit: server.limit, current: server.everywhere } : null;

/** `maxConnections` of the listener, over all its addresses. */
const listenerCap: Rule = ({ limits: { listener } }) =>
  listener.full ? { rule: "listener-cap", limit: listener.limit, current: listener.everywhere } : null;

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

/** The embedder's own rules, in the order given. */
const embedder: Rule = ({ client, limits }) => client.askEmbedder(limits);

const everyRule: readonly Rule[] = [
  draining,
  blocked,
  fleetLost,
  serverCap,
  listenerCap,
  addressCap,
  addressRate,
  underPressure,
  embedder,
];
const rulesOfProxies: readonly Rule[] = [draining, fleetLost, serverCap, listenerCap, underPressure];
const rulesAfterHeader: readonly Rule[] = [blocked, addressCap, addressRate, embedder];

/** Every rule, in order, with its name in refusals. */
const names: ReadonlyMap<Rule, string> = new Map([
  [draining, "draining"],
  [blocked, "blocked"],
  [fleetLost, "fleet"],
  [serverCap, "server-cap"],
  [listenerCap, "listener-cap"],
  [addressCap, "address-cap"],
  [addressRate, "address-rate"],
  [underPressure, "pressure"],
  [embedder, "embedder"],
]);

/** What one rule says about an arrival. */
export interface RuleFinding {
  /** As in a refusal: `blocked`, `server-cap`, …; `embedder` stands for all of the embedder's own. */
  readonly rule: string;
  /** Null: the rule lets it pass. */
  readonly refusal: Refusal | null;
  /** The number at which the rule refuses; null where nothing is limited. */
  readonly limit: number | null;
  /** How many there are at this moment; null where nothing is counted. */
  readonly current: number | null;
}

/** What the rules would say of somebody. */
export interface Judgement {
  /** It is a trusted proxy: its client is judged by the header that it sends. */
  readonly owesHeader: boolean;
  readonly rules: readonly RuleFinding[];
}

/** What each rule would say about such an arrival at this moment. Nobody is admitted by it, and nothing is counted. */
export function findingsFor(arrival: Arrival, circumstances: Circumstances): Judgement {
  const candidate = candidateFor(arrival, circumstances);
  const rules = rulesFor(candidate).map((rule) => {
    const refusal = refusalOf(rule, candidate);
    return { rule: names.get(rule) ?? "embedder", refusal, ...measured(rule, candidate) };
  });
  return { owesHeader: candidate.owesHeader, rules };
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
      return { limit: limits.server?.limit ?? null, current: limits.server?.everywhere ?? null };
    case listenerCap:
      return { limit: limits.listener.limit, current: limits.listener.everywhere };
    case addressCap:
      return { limit: client.exempt ? null : client.cap, current: client.connectionsCounted };
    case addressRate:
      return { limit: client.exempt ? null : (client.rate?.count ?? null), current: client.recentConnections };
    default:
      return { limit: null, current: null };
  }
}

/** Decides, and takes the slots. An error thrown by a rule does not escape. */
export function judge(arrival: Arrival, circumstances: Circumstances): Admission {
  const candidate = candidateFor(arrival, circumstances);
  const { client, limits, owesHeader } = candidate;
  const refusal = firstRefusal(rulesFor(candidate), candidate);
  if (refusal) return { refusal, permit: null, owesHeader };
  const { server, listener } = limits;
  const permit = arrival.kind === "client" ? arrival.permit : takeSlots(server ? [server, listener] : [listener]);
  if (!isPermit(permit)) return refused(permit === listener ? listenerCap : serverCap, candidate);
  const exhausted = owesHeader ? null : client.letIn(permit);
  if (exhausted === null) return { refusal: null, permit, owesHeader };
  if (arrival.kind === "socket") permit.release();
  return refused(exhausted === "address-cap" ? addressCap : addressRate, candidate);
}

/** Another thread took the last one between the rule's look and the taking. */
function refused(rule: Rule, candidate: Candidate): Refused {
  const { limit, current } = measured(rule, candidate);
  const refusal = rule(candidate) ?? { rule: names.get(rule) ?? "", limit: limit ?? 0, current: current ?? limit ?? 0 };
  return { refusal, permit: null, owesHeader: candidate.owesHeader };
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

/** A rule that throws refuses: an error must not admit anybody. */
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
