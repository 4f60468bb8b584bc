/** Model-based tests of lifecycles, on real sockets: `gatehouse/testing`. Requires fast-check. */
export type { ChartMark, ChartMarks } from "../charts/chart-marks.ts";
export { Bench, type BenchOptions, type LogLine } from "./bench.ts";
export { type Pair, pairsOf, pairText } from "./chart.ts";
export { Client, type PeerView, UnheardError } from "./client.ts";
export { clientHello } from "./client-hello.ts";
export { type PendingTimer, TestCalendar, TestClock } from "./clock.ts";
export {
  Coverage,
  CoverageMismatchError,
  type CoverageReport,
  type CoveredPair,
  type Impossible,
  mergeCoverage,
} from "./coverage.ts";
export { CoverageFileError, readCoverage, writeCoverage } from "./coverage-file.ts";
export { coverageMarks } from "./coverage-marks.ts";
export { coverageSummary, coverageText } from "./coverage-text.ts";
export { Driver, DriverError, type Instance } from "./driver.ts";
export { PathError, stimuliOf } from "./expectation.ts";
export { type Invariant, invariants } from "./invariants.ts";
export type { Difference, Model, Stimulus } from "./model.ts";
export { Observation, type ObservedActor, type ObservedTransition } from "./observation.ts";
export {
  everyStep,
  type Path,
  type PathOptions,
  randomPath,
  type StepOptions,
  shortestPaths,
  simplePaths,
} from "./paths.ts";
export { type ProxiedClient, proxyHeaderLocal, proxyHeaderV1, proxyHeaderV2 } from "./proxy-headers.ts";
export { loadScarcity, type Scarcity, ScarcityError } from "./scarcity.ts";
export { scriptOf } from "./script.ts";
export type { Situation } from "./situation.ts";
export { TimeoutError } from "./time-out.ts";
export { WalkError, type WalkOptions, walk } from "./walk.ts";
