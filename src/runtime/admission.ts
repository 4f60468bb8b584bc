/** Who is let in: the rules, in order, and the permit for those whom none refuses. */
import type { Refusal } from "../protocols/protocol.ts";
import { type Permit, type SlotCounter, takeSlots } from "./slots.ts";

/** What a rule looks at: the counts at this moment. */
export interface AdmissionRequest {
  /** The listener ends: it accepts only to say so. */
  readonly draining: boolean;
  /** Null for a listener with `ignoreServerCap`. */
  readonly server: SlotCounter | null;
  readonly listener: SlotCounter;
}

/** Refuses, or has nothing against it. */
export type AdmissionRule = (request: AdmissionRequest) => Refusal | null;

/** Nobody is let in any more; no cap is asked. */
export const draining: AdmissionRule = (request) =>
  request.draining ? { rule: "draining", limit: 0, current: request.listener.taken } : null;

/** `maxConnections` of SystemSettings, over all listeners without `ignoreServerCap`. */
export const serverCap: AdmissionRule = ({ server }) =>
  server?.full ? { rule: "server-cap", limit: server.limit, current: server.taken } : null;

/** `maxConnections` of the listener, over all its addresses. */
export const listenerCap: AdmissionRule = ({ listener }) =>
  listener.full ? { rule: "listener-cap", limit: listener.limit, current: listener.taken } : null;

const rules: readonly AdmissionRule[] = [draining, serverCap, listenerCap];

export type AdmissionVerdict =
  | { readonly permit: Permit; readonly refusal: null }
  | { readonly permit: null; readonly refusal: Refusal };

/** Asks each rule in order; the first refusal stands. A permit holds a slot from here on. */
export function admit(request: AdmissionRequest): AdmissionVerdict {
  for (const rule of rules) {
    const refusal = rule(request);
    if (refusal) return { permit: null, refusal };
  }
  const counters = request.server ? [request.server, request.listener] : [request.listener];
  return { permit: takeSlots(counters), refusal: null };
}
