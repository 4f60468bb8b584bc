/** How many actors have passed each transition of their chart. Counted only while somebody watches. */
import type { AnyStateNode, AnyTransitionDefinition, InspectionEvent, MachineContext } from "xstate";
import type { Passages } from "../../charts/passages.ts";
import { isFailure } from "../../machines/own-causes.ts";
import { type FlowCounts, type Flows, sumOfFlows } from "./flow-counts.ts";
import type { InspectedThreads } from "./inspection.ts";
import { ThreadFlows } from "./thread-flows.ts";

/** Stands for every state of a chart, in the name of a transition from its root. */
const anyState = "any";

export class ChartFlows {
  readonly #charts = new Map<string, ChartFlow>();
  readonly #threads: InspectedThreads | null;
  #watchers = 0;
  /** Of the threads; null before the first count. */
  #elsewhere: ThreadFlows | null = null;
  #endElsewhere = (): void => {};

  /** @param threads others that have connections; null without any. */
  constructor(threads: InspectedThreads | null = null) {
    this.#threads = threads;
  }

  /** @param chart `connection`, or the name of the protocol for the chart of its sessions. */
  of(chart: string): ChartFlow {
    let flow = this.#charts.get(chart);
    if (!flow) {
      flow = new ChartFlow();
      flow.counting = this.#watchers > 0;
      this.#charts.set(chart, flow);
    }
    return flow;
  }

  /** Counts from nothing, unless somebody counts already. @returns what ends it. */
  count(): () => void {
    if (this.#watchers === 0) this.#begin();
    this.#watchers += 1;
    return () => {
      this.#watchers -= 1;
      if (this.#watchers > 0) return;
      for (const flow of this.#charts.values()) flow.counting = false;
      this.#endElsewhere();
    };
  }

  /** Since the counting began; of charts that something has happened in. */
  get counts(): Flows {
    const here = { all: this.#each((flow) => flow.all), failing: this.#each((flow) => flow.failing) };
    return this.#elsewhere ? sumOfFlows([here, this.#elsewhere.counts]) : here;
  }

  #begin(): void {
    for (const flow of this.#charts.values()) flow.begin();
    if (!this.#threads) return;
    this.#elsewhere = new ThreadFlows();
    this.#endElsewhere = this.#threads.inspect(this.#elsewhere) ?? (() => {});
  }

  #each(counts: (flow: ChartFlow) => Readonly<Record<string, number>>): FlowCounts {
    const charts = [...this.#charts].map(([name, flow]) => [name, counts(flow)] as const);
    return Object.fromEntries(charts.filter(([, passed]) => Object.keys(passed).length > 0));
  }
}

interface Passed {
  readonly names: readonly string[];
  all: number;
  failing: number;
}

export class ChartFlow implements Passages {
  counting = false;
  #passed = new Map<AnyTransitionDefinition, Passed>();

  begin(): void {
    this.#passed = new Map();
    this.counting = true;
  }

  passed(transitions: readonly AnyTransitionDefinition[], context: MachineContext): void {
    for (const transition of transitions) {
      let passed = this.#passed.get(transition);
      if (!passed) {
        passed = { names: namesOf(transition), all: 0, failing: 0 };
        this.#passed.set(transition, passed);
      }
      passed.all += 1;
      const cause = context["cause"];
      if (cause !== undefined && cause !== null && isFailure(cause)) passed.failing += 1;
    }
  }

  /** For an actor that XState runs: counts what its system is inspected for. */
  readonly inspector = (event: InspectionEvent): void => {
    if (!this.counting || event.type !== "@xstate.microstep") return;
    const { snapshot, _transitions } = event;
    this.passed(_transitions, "context" in snapshot ? (snapshot.context as MachineContext) : {});
  };

  get all(): Readonly<Record<string, number>> {
    return this.#sums((passed) => passed.all);
  }

  get failing(): Readonly<Record<string, number>> {
    return this.#sums((passed) => passed.failing);
  }

  /** Several transitions lead from one state to another: a drawing has one line for them. */
  #sums(count: (passed: Passed) => number): Readonly<Record<string, number>> {
    const sums = new Map<string, number>();
    for (const passed of this.#passed.values())
      for (const name of passed.names) if (count(passed) > 0) sums.set(name, (sums.get(name) ?? 0) + count(passed));
    return Object.fromEntries(sums);
  }
}

/** `paused.held>listening`; none for a transition that leads nowhere. */
function namesOf({ source, target }: AnyTransitionDefinition): string[] {
  return (target ?? []).map((state: AnyStateNode) => `${pathOf(source)}>${pathOf(state)}`);
}

function pathOf({ path }: AnyStateNode): string {
  return path.length === 0 ? anyState : path.join(".");
}
