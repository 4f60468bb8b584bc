/** The lifecycle events of a listener's step. */
import type { ListenerState, PauseReason } from "../../machines/listener.ts";
import type { SlotCounter } from "../admission/slots.ts";
import type { BoundAddress, LifecycleEvent } from "../observe/lifecycle.ts";

/** The part of a listener that its events report. */
interface ReportedListener {
  readonly name: string;
  readonly settings: { readonly protocol: string };
  readonly state: ListenerState;
  readonly pausedBy: readonly PauseReason[];
  readonly addresses: readonly BoundAddress[];
  readonly connectionCount: number;
}

interface Step {
  readonly before: ListenerState | null;
  readonly pausedBefore: readonly PauseReason[];
  /** The error that made the listener fail. */
  readonly error: unknown;
  /** The counters whose caps hold the listener. */
  readonly counters: readonly SlotCounter[];
}

export function listenerReports(listener: ReportedListener, step: Step): LifecycleEvent[] {
  const pauses = listener.pausedBy.filter((reason) => !step.pausedBefore.includes(reason));
  const reports = pauses.map((reason) => pauseReport(listener.name, reason, step.counters));
  return listener.state === step.before ? reports : [...stateReports(listener, step), ...reports];
}

function pauseReport(listener: string, reason: PauseReason, counters: readonly SlotCounter[]): LifecycleEvent {
  const full = reason === "at-capacity" ? counters.find((counter) => counter.full) : undefined;
  return { type: "listener.paused", listener, reason, limit: full?.limit ?? null, current: full?.taken ?? null };
}

function stateReports(listener: ReportedListener, { before, error }: Step): LifecycleEvent[] {
  const { name, state, connectionCount } = listener;
  switch (state) {
    case "listening":
      if (before === "paused") return [{ type: "listener.resumed", listener: name }];
      return [listeningReport(listener)];
    case "draining":
      return [{ type: "listener.draining", listener: name, connections: connectionCount }];
    case "failed":
      return [{ type: "listener.failed", listener: name, error }];
    case "binding":
    case "closed":
      return [{ type: `listener.${state}`, listener: name }];
    case "paused":
      // It is holding before it could accept anybody; the kernel queues for it all the same.
      return before === "binding" ? [listeningReport(listener)] : [];
  }
}

function listeningReport({ name, settings, addresses }: ReportedListener): LifecycleEvent {
  return { type: "listener.listening", listener: name, protocol: settings.protocol, addresses };
}
