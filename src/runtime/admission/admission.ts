/**
 * Who is let in: a stream of those who arrive, the limits and the pressure of that moment, the rules in their order, and
 * a permit for those whom none refuses. All of it happens within the call that brings the arrival.
 *
 * A client is asked about at accept. Behind a trusted proxy the slot is taken at accept all the same, and the rules that
 * need the client's address are asked when the PROXY header has told it.
 */
import { combineLatest, defer, filter, finalize, map, type Observable } from "rxjs";
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { Refusal } from "../../protocols/protocol.ts";
import type { Pressure } from "../pressure/pressure.ts";
import type { TrustedNetworks } from "../proxy/trusted-networks.ts";
import { type AddressLimits, ClientLimits } from "./client-limits.ts";
import { type Permit, type SlotCounter, takeSlots } from "./slots.ts";

/** Who asks to be let in. */
export interface Arrival {
  /** The socket's peer; with `permit`, the client that the PROXY header names. */
  readonly peer: Endpoint;
  /** What was taken at accept for a proxy that has told its client now; null at accept. */
  readonly permit: Permit | null;
  /** The listener ends: it accepts only to say so. */
  readonly draining: boolean;
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

export type Admission<Who extends Arrival> = Admitted<Who> | Refused<Who>;

/** Holds a slot of the server and the listener from here on; and of its address, unless it owes a PROXY header. */
export interface Admitted<Who extends Arrival> {
  readonly arrival: Who;
  readonly permit: Permit;
  readonly refusal: null;
  /** The peer is a trusted proxy: it owes a header, and has to arrive again when that has told the client. */
  readonly owesHeader: boolean;
}

export interface Refused<Who extends Arrival> {
  readonly arrival: Who;
  readonly permit: null;
  readonly refusal: Refusal;
  readonly owesHeader: boolean;
}

/** The pipeline. Nothing that a rule throws ends it. */
export function admission<Who extends Arrival>(
  arrived$: Observable<Who>,
  limits$: Observable<AdmissionLimits>,
  pressure$: Observable<Pressure>,
): Observable<Admission<Who>> {
  // As withLatestFrom, which makes arrays of the latest values for each arrival.
  return defer(() => {
    let latest: readonly [AdmissionLimits, Pressure] | null = null;
    const following = combineLatest([limits$, pressure$]).subscribe((both) => {
      latest = both;
    });
    return arrived$.pipe(
      map((arrival) => (latest === null ? null : judge(candidate(arrival, latest)))),
      filter((admission) => admission !== null),
      finalize(() => following.unsubscribe()),
    );
  });
}

/** What the rules look at: the counts at this moment, and whose connection it is. */
interface Candidate<Who extends Arrival = Arrival> {
  readonly arrival: Who;
  readonly limits: AdmissionLimits;
  readonly pressure: Pressure;
  /** What is known of the client's address. */
  readonly client: ClientLimits;
  readonly owesHeader: boolean;
}

/** Refuses, or has nothing against it. */
type Rule = (candidate: Candidate) => Refusal | null;

/** Nobody is let in any more; no other rule is asked. */
const draining: Rule = ({ arrival, limits }) =>
  arrival.draining ? { rule: "draining", limit: 0, current: limits.listener.taken } : null;

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

function candidate<Who extends Arrival>(
  arrival: Who,
  [limits, pressure]: readonly [AdmissionLimits, Pressure],
): Candidate<Who> {
  const { peer, permit } = arrival;
  return {
    arrival,
    limits,
    pressure,
    client: new ClientLimits(limits.addresses, { peer, proxied: permit !== null }),
    owesHeader: permit === null && limits.trusted.has(peer.address),
  };
}

function judge<Who extends Arrival>(candidate: Candidate<Who>): Admission<Who> {
  const { arrival, limits, client, owesHeader } = candidate;
  const refusal = firstRefusal(rulesFor(candidate), candidate);
  if (refusal) return { arrival, permit: null, refusal, owesHeader };
  const { server, listener } = limits;
  const permit = arrival.permit ?? takeSlots(server ? [server, listener] : [listener]);
  if (!owesHeader) client.letIn(permit);
  return { arrival, permit, refusal: null, owesHeader };
}

function rulesFor({ arrival, owesHeader }: Candidate): readonly Rule[] {
  if (owesHeader) return rulesOfProxies;
  return arrival.permit ? rulesAfterHeader : everyRule;
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
    return { rule: "rule-failed", limit: 0, current: candidate.client.connections };
  }
}
