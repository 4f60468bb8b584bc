/**
 * Who is let in: the rules, in order, and the permit for those whom none refuses.
 *
 * A client is asked about at accept. Behind a trusted proxy the slot is taken at accept all the same, and the rules that
 * need the client's address are asked when the PROXY header has told it.
 */
import type { Refusal } from "../protocols/protocol.ts";
import type { ClientLimits } from "./admission/client-limits.ts";
import { type Permit, type SlotCounter, takeSlots } from "./slots.ts";

/** What the rules look at: the counts at this moment, and whose connection it is. */
export interface Arrival {
  /** The listener ends: it accepts only to say so. */
  readonly draining: boolean;
  /** Null for a listener with `ignoreServerCap`. */
  readonly server: SlotCounter | null;
  readonly listener: SlotCounter;
  /** What is known of the client's address. */
  readonly client: ClientLimits;
}

/** Refuses, or has nothing against it. */
type Rule = (arrival: Arrival) => Refusal | null;

/** Nobody is let in any more; no other rule is asked. */
export const draining: Rule = (arrival) =>
  arrival.draining ? { rule: "draining", limit: 0, current: arrival.listener.taken } : null;

/** `BlockedIp` of the document, and what the embedder has blocked. */
export const blocked: Rule = ({ client }) =>
  client.blocked ? { rule: "blocked", limit: 0, current: client.connections } : null;

/** `maxConnections` of SystemSettings, over all listeners without `ignoreServerCap`. */
export const serverCap: Rule = ({ server }) =>
  server?.full ? { rule: "server-cap", limit: server.limit, current: server.taken } : null;

/** `maxConnections` of the listener, over all its addresses. */
export const listenerCap: Rule = ({ listener }) =>
  listener.full ? { rule: "listener-cap", limit: listener.limit, current: listener.taken } : null;

/** `maxConnectionsPerAddress` of the listener. */
export const addressCap: Rule = ({ client }) => {
  const { cap, connections } = client;
  return cap !== null && connections >= cap ? { rule: "address-cap", limit: cap, current: connections } : null;
};

/** `connectionRate` of the listener. */
export const addressRate: Rule = ({ client }) => {
  const { rate } = client;
  return rate && client.rateExhausted ? { rule: "address-rate", limit: rate.count, current: rate.count } : null;
};

/** The embedder's own, in the order that they were given. */
const embedder: Rule = ({ client, server, listener }) => client.askEmbedder({ server, listener });

const everyRule: readonly Rule[] = [draining, blocked, serverCap, listenerCap, addressCap, addressRate, embedder];
const rulesAtAccept: readonly Rule[] = [draining, serverCap, listenerCap];
const rulesAfterHeader: readonly Rule[] = [blocked, addressCap, addressRate, embedder];

export type AdmissionVerdict =
  | { readonly permit: Permit; readonly refusal: null }
  | { readonly permit: null; readonly refusal: Refusal };

/** Asks every rule. A permit holds a slot of the server, the listener and the address from here on. */
export function admit(arrival: Arrival): AdmissionVerdict {
  const verdict = ask(everyRule, arrival);
  if (verdict.permit) arrival.client.letIn(verdict.permit);
  return verdict;
}

/** A trusted proxy comes for a client yet unknown: asks the rules that do not look at the client. */
export function admitProxy(arrival: Arrival): AdmissionVerdict {
  return ask(rulesAtAccept, arrival);
}

/** The PROXY header has told the client: asks the others. The permit then holds a slot of its address too. */
export function admitClient(arrival: Arrival, permit: Permit): Refusal | null {
  const refusal = firstRefusal(rulesAfterHeader, arrival);
  if (!refusal) arrival.client.letIn(permit);
  return refusal;
}

function ask(rules: readonly Rule[], arrival: Arrival): AdmissionVerdict {
  const refusal = firstRefusal(rules, arrival);
  if (refusal) return { permit: null, refusal };
  const { server, listener } = arrival;
  return { permit: takeSlots(server ? [server, listener] : [listener]), refusal: null };
}

function firstRefusal(rules: readonly Rule[], arrival: Arrival): Refusal | null {
  for (const rule of rules) {
    const refusal = rule(arrival);
    if (refusal) return refusal;
  }
  return null;
}
