/** Steps through a recording, and checks that the current charts take the same path. */
import type { AnyStateMachine } from "xstate";
import { statePath } from "../charts/text.ts";
import { ChartReplay } from "./chart-replay.ts";
import { charts as ownCharts } from "./charts.ts";
import { type ActorLine, type RecordingLine, recordingLine, type SnapshotLine } from "./recording-format.ts";

export interface ReplayOptions {
  /** An embedder's own charts, which its actors are checked against. */
  readonly charts?: readonly AnyStateMachine[];
}

/** One actor's path. */
export interface ReplayedActor {
  readonly name: string;
  readonly listener: string | null;
  /** The number of the worker that had it, from 1; null in the main thread. */
  readonly worker: number | null;
  /** The id of its chart. */
  readonly chart: string;
  /** Whether no current chart has this id, so that nothing was compared. */
  readonly unknown: boolean;
  readonly steps: readonly ReplayStep[];
}

export interface ReplayStep {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `start` for the state in which the actor started. */
  readonly event: { readonly type: string; readonly [field: string]: unknown };
  /** As recorded: `listening`, `paused.held`. */
  readonly state: string;
  readonly status: string;
  /** How the current chart differs; null when it does not. */
  readonly difference: string | null;
  /** Whether events are missing before this step, so that it was not compared. */
  readonly afterGap: boolean;
}

export interface Replay {
  /** In the order in which they started. */
  readonly actors: readonly ReplayedActor[];
  readonly differences: number;
  /** Whether the recording's size was used up before its end. */
  readonly full: boolean;
}

/** The text is not a recording. */
export class RecordingError extends Error {
  readonly code = "invalid-recording";

  constructor(line: number, problem: string) {
    super(`Line ${line} of the recording ${problem}. A recording is what "gatehouse serve --record FILE" writes.`);
    this.name = "RecordingError";
  }
}

/**
 * @param lines of the recording, without line ends. A last line that was cut off is left out.
 * @throws RecordingError
 */
export async function replayRecording(
  lines: AsyncIterable<string> | Iterable<string>,
  { charts = [] }: ReplayOptions = {},
): Promise<Replay> {
  const own = new Map(Object.values(ownCharts).map((chart) => [chart.id, chart]));
  const others = new Map(charts.map((chart) => [chart.id, chart]));
  const actors = new RecordedActors((line) => (line.own ? own : others).get(line.chart ?? ""));
  for await (const line of readLines(lines)) actors.take(line);
  return actors.end();
}

async function* readLines(lines: AsyncIterable<string> | Iterable<string>): AsyncGenerator<RecordingLine> {
  let number = 0;
  let broken: RecordingError | null = null;
  for await (const text of lines) {
    // Only the last line may be cut off.
    if (broken) throw broken;
    number += 1;
    const line = readLine(text, number);
    if (line instanceof RecordingError) broken = line;
    else if (number === 1 && line.type !== "recording") throw new RecordingError(1, "is not its header");
    else yield line;
  }
  if (number <= 1 && broken) throw broken;
  if (number === 0) throw new RecordingError(1, "is missing");
}

function readLine(text: string, number: number): RecordingLine | RecordingError {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new RecordingError(number, "is not JSON");
  }
  const read = recordingLine.safeParse(value);
  if (read.success) return read.data as RecordingLine;
  const [issue] = read.error.issues;
  const place = issue && issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
  throw new RecordingError(number, `is none that this version knows (${place}${issue?.message})`);
}

/** The actors of a recording while it is replayed. */
class RecordedActors {
  readonly #chartOf: (line: ActorLine) => AnyStateMachine | undefined;
  readonly #actors = new Map<string, RecordedActor>();
  #full = false;

  constructor(chartOf: (line: ActorLine) => AnyStateMachine | undefined) {
    this.#chartOf = chartOf;
  }

  take(line: RecordingLine): void {
    switch (line.type) {
      case "actor":
        if (line.chart !== null) this.#actors.set(line.session, new RecordedActor(line, this.#chartOf(line)));
        break;
      case "snapshot":
        this.#actors.get(line.session)?.step(line);
        break;
      case "gap":
        this.#gap(line.session);
        break;
      case "full":
        this.#full = true;
        break;
      case "event":
      case "recording":
        // The effect of an event is in the snapshot.
        break;
    }
  }

  end(): Replay {
    const actors = [...this.#actors.values()].map((actor) => actor.replayed);
    const differing = actors.flatMap(({ steps }) => steps).filter(({ difference }) => difference !== null);
    return { actors, differences: differing.length, full: this.#full };
  }

  /** What is missing of a connection is missing of its session, too. */
  #gap(session: string | null): void {
    const listed = session === null ? undefined : this.#actors.get(session);
    for (const actor of this.#actors.values())
      if (!listed || actor === listed || actor.isRelatedTo(listed)) actor.missed = true;
  }
}

class RecordedActor {
  missed = false;
  readonly #line: ActorLine;
  readonly #replay: ChartReplay | null;
  readonly #steps: ReplayStep[] = [];

  constructor(line: ActorLine, chart: AnyStateMachine | undefined) {
    this.#line = line;
    this.#replay = chart ? new ChartReplay(chart, line.snapshot) : null;
    this.#push(line, { event: { type: "start" }, difference: line.late ? null : (this.#replay?.beginning() ?? null) });
  }

  get replayed(): ReplayedActor {
    const { name, listener, worker = null, chart } = this.#line;
    return { name, listener, worker, chart: chart ?? "", unknown: this.#replay === null, steps: this.#steps };
  }

  isRelatedTo(other: RecordedActor): boolean {
    return this.#line.parent === other.#line.session || this.#line.session === other.#line.parent;
  }

  step(line: SnapshotLine): void {
    const { event, snapshot } = line;
    if (event.type === "xstate.init") return;
    if (this.missed) this.#replay?.resume(snapshot);
    const difference = this.missed ? null : (this.#replay?.step(event, snapshot) ?? null);
    this.#push(line, { event, difference });
    this.missed = false;
  }

  #push(
    { at, snapshot }: ActorLine | SnapshotLine,
    { event, difference }: Pick<ReplayStep, "event" | "difference">,
  ): void {
    const { status, value } = snapshot;
    const state = value === undefined ? "" : statePath(value);
    this.#steps.push({ at, event, state, status, difference, afterGap: this.missed });
  }
}
