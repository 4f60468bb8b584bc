/** The environment of one path: time that stands still, and everything that the instance reports. */
import pino, { type Logger } from "pino";
import type { Inspector } from "../charts/inspector.ts";
import type { LifecycleEvent } from "../runtime/observe/lifecycle.ts";
import { TestCalendar, TestClock } from "./clock.ts";
import { Observation } from "./observation.ts";
import { openSockets } from "./open-sockets.ts";

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface BenchOptions {
  readonly clock: TestClock;
  readonly inspect: Inspector;
  readonly logger: Logger;
  readonly pressure: false;
}

export class Bench {
  readonly clock: TestClock;
  readonly observation = new Observation(() => this.clock.now());
  /** Everything that the instance emitted on `lifecycle$`. */
  readonly events: LifecycleEvent[] = [];
  readonly log: LogLine[] = [];
  /** The sockets that this process had open before the path; null when unknown. */
  readonly socketsBefore = openSockets();

  /** @param date what the clock begins with; dates are the system's without it. */
  constructor(date?: Date) {
    this.clock = date ? new TestCalendar(date) : new TestClock();
  }

  /** For `createGatehouse({ ...bench.options, … })`. The machine's load makes no difference: there is no pressure. */
  get options(): BenchOptions {
    const { clock, observation, log } = this;
    const logger = pino({ level: "debug" }, { write: (line: string) => void log.push(JSON.parse(line)) });
    return { clock, inspect: observation.inspect, logger, pressure: false };
  }
}
