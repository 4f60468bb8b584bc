/** Decides what is shown of an actor, by the chart that it runs. */
import type { AnyEventObject, StateValue } from "xstate";
import { isOwnChart } from "./charts.ts";
import { type ChartDefinition, definitionOf } from "./definition.ts";
import { type ChartDisclosure, type Disclose, disclosures, errorName } from "./disclosure.ts";
import { plain } from "./plain.ts";

/** What may be shown of an embedder's own chart besides its states and the types of its events. */
export interface ChartSanitizer {
  /** What is shown of the context: a new value. */
  context?(context: unknown): unknown;
  /** What is shown of an event besides its `type`: the fields of the result. */
  event?(event: AnyEventObject): object;
}

/** A snapshot as it is shown. */
export interface ShownSnapshot {
  readonly status: string;
  readonly value?: StateValue;
  readonly context?: unknown;
  /** Which error it was, when `status` is `error`. */
  readonly error?: unknown;
}

/** An event as it is shown. */
export interface ShownEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Longer event types are cut: an embedder's may contain what its peer sent. */
const longestType = 200;

/** A context that was sanitised, and the result. */
export interface SeenContext {
  context?: unknown;
  shown?: unknown;
}

/** What is shown of all actors that run one logic. */
export class ChartView {
  /** Null when the logic is no chart: a promise, a callback. */
  readonly chart: string | null;
  readonly own: boolean;
  readonly definition: ChartDefinition | null;
  readonly #disclosure: ChartDisclosure | undefined;
  readonly #custom: ChartSanitizer | undefined;

  constructor(config: unknown, custom: Readonly<Record<string, ChartSanitizer>>) {
    const id = typeof config === "object" && config !== null && "id" in config ? config.id : undefined;
    this.own = isOwnChart(config);
    this.chart = config === undefined ? null : typeof id === "string" ? id : "(machine)";
    this.definition = this.chart === null ? null : definitionOf(config, { id: this.chart, own: this.own });
    const named = this.chart ?? "";
    this.#disclosure = this.own ? disclosures[named] : undefined;
    this.#custom = !this.own && Object.hasOwn(custom, named) ? custom[named] : undefined;
  }

  event(event: AnyEventObject): ShownEvent {
    const type = String(event.type).slice(0, longestType);
    // XState's own: results and errors of invoked actors.
    if (type.startsWith("xstate.")) return "error" in event ? { type, error: errorName(event["error"]) } : { type };
    const events: Readonly<Record<string, Disclose>> = this.#disclosure?.events ?? {};
    const disclose = Object.hasOwn(events, type) ? events[type] : undefined;
    const fields = disclose ? disclose(event) : plain(this.#custom?.event?.(event));
    return typeof fields === "object" && fields !== null ? { ...fields, type } : { type };
  }

  /** @param seen of this actor: a context is a new object when anything in it is new, and is sanitised once. */
  snapshot(snapshot: unknown, seen: SeenContext = {}): ShownSnapshot {
    if (typeof snapshot !== "object" || snapshot === null || !("status" in snapshot)) return { status: "active" };
    const error = "error" in snapshot && snapshot.error !== undefined ? { error: errorName(snapshot.error) } : {};
    const status = { status: String(snapshot.status), ...error };
    if (this.chart === null || !("value" in snapshot)) return status;
    const context = "context" in snapshot ? this.#context(snapshot.context, seen) : undefined;
    const value = plain(snapshot.value) as StateValue;
    return context === undefined ? { ...status, value } : { ...status, value, context };
  }

  #context(context: unknown, seen: SeenContext): unknown {
    // Gatehouse's own charts do so; an embedder's context may contain what changes in place.
    if (!this.#disclosure) return plain(this.#custom?.context?.(context));
    if (seen.context !== context) {
      seen.shown = this.#disclosure.context(context);
      seen.context = context;
    }
    return seen.shown;
  }
}

/** The views of all charts seen so far. */
export class Sanitizer {
  readonly #custom: Readonly<Record<string, ChartSanitizer>>;
  readonly #views = new WeakMap<object, ChartView>();
  readonly #plainLogic: ChartView;

  /** @param custom by the chart's id. It cannot disclose more of Gatehouse's own charts. */
  constructor(custom: Readonly<Record<string, ChartSanitizer>> = {}) {
    this.#custom = custom;
    this.#plainLogic = new ChartView(undefined, custom);
  }

  viewOf(logic: unknown): ChartView {
    const config: unknown = typeof logic === "object" && logic !== null ? Reflect.get(logic, "config") : undefined;
    // The logic of a promise has as its `config` the function that makes it.
    if (typeof config !== "object" || config === null) return this.#plainLogic;
    const view = this.#views.get(config) ?? new ChartView(config, this.#custom);
    this.#views.set(config, view);
    return view;
  }
}
