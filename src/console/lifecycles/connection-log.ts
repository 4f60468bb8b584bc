/** What one connection has done, as far as it was watched. */
import {
  type ActorLine,
  type RecordingLine,
  recordingHeader,
  type SnapshotLine,
  statePath,
} from "../wire/recording.ts";

export interface Step {
  readonly at: number;
  /** `connection`, or the chart of its session. */
  readonly chart: string;
  /** `start` for the state that it began in, or was found in. */
  readonly event: string;
  readonly state: string;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Steps are missing before it. */
  readonly afterGap: boolean;
}

/** Lines that are kept; beyond that the oldest go, and a gap stands in their place. */
const mostLines = 20_000;

const regularEnds: readonly unknown[] = ["quit", "drained", "stopped"];

export class ConnectionLog {
  readonly id: string;
  readonly #introductions: ActorLine[] = [];
  /** Their charts, by session. */
  readonly #actors = new Map<string, string>();
  #lines: RecordingLine[] = [];
  #steps: Step[] = [];
  #dropped = 0;
  #missed = false;
  #cause: string | null = null;
  #over = false;

  constructor(id: string) {
    this.id = id;
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }

  get listener(): string {
    return this.#introductions[0]?.listener ?? "";
  }

  /** Its charts: that of the connection first. */
  get charts(): readonly string[] {
    return [...new Set(this.#actors.values())];
  }

  /** Why it ended; null while it lives. */
  get cause(): string | null {
    return this.#over ? this.#cause : null;
  }

  get isOver(): boolean {
    return this.#over;
  }

  get hasFailed(): boolean {
    return this.#over && !regularEnds.includes(this.#cause);
  }

  take(line: RecordingLine): void {
    if (line.type === "actor") {
      if (line.chart === null) return;
      this.#introductions.push(line);
      this.#actors.set(line.session, line.chart);
      this.#step(line, "start");
      return;
    }
    this.#lines.push(line);
    if (line.type === "gap") this.#missed = true;
    if (line.type === "snapshot" && line.event.type !== "xstate.init") this.#step(line, line.event.type);
    if (this.#lines.length > mostLines) {
      this.#lines.shift();
      this.#steps.shift();
      this.#dropped += 1;
    }
  }

  /** The state of a chart at a step; null where it has none yet. */
  stateAt(chart: string, index: number): string | null {
    return this.#steps.findLast((step, at) => at <= index && step.chart === chart)?.state ?? null;
  }

  /** A file that `gatehouse replay` reads. */
  recording(): string {
    const gap = this.#dropped > 0 ? [{ type: "gap", session: null, count: this.#dropped }] : [];
    const lines = [recordingHeader, ...this.#introductions, ...gap, ...this.#lines];
    return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  }

  #step(line: ActorLine | SnapshotLine, event: string): void {
    const { at, session, snapshot, bytesRead = 0, bytesWritten = 0 } = line;
    const chart = this.#actors.get(session);
    if (chart === undefined) return;
    const state = statePath(snapshot.value);
    this.#steps.push({ at, chart, event, state, bytesRead, bytesWritten, afterGap: this.#missed });
    this.#missed = false;
    if (chart !== "connection") return;
    const cause = snapshot.context?.["cause"];
    if (typeof cause === "string") this.#cause = cause;
    this.#over = snapshot.status !== "active";
  }
}
