/** Inspection of a running server's machines, recordings of them, and drawings of charts: `gatehouse/inspect`. */

export type { ChartMark, ChartMarks } from "../charts/chart-marks.ts";
export type { TreeInspector } from "../runtime/observe/inspection.ts";
export type { StateCounts } from "../runtime/server/state-counts.ts";
export type { ChartCounts, DrawingOptions } from "./chart-text.ts";
export { charts } from "./charts.ts";
export type { ChartDefinition } from "./definition.ts";
export { dot } from "./dot.ts";
export { mermaid } from "./mermaid.ts";
export type { PresentedActor, PresentedEvent, PresentedSnapshot, TreeObserver } from "./presented.ts";
export { openRecording, type Recording, RecordingFileError, type RecordingOptions } from "./recording.ts";
export type {
  ActorLine,
  EventLine,
  FullLine,
  GapLine,
  HeaderLine,
  RecordingLine,
  SnapshotLine,
} from "./recording-format.ts";
export { InspectorError, openRelay, type Relay, type RelayOptions } from "./relay/relay.ts";
export {
  RecordingError,
  type Replay,
  type ReplayedActor,
  type ReplayOptions,
  type ReplayStep,
  replayRecording,
} from "./replay.ts";
export { describeReplay } from "./replay-text.ts";
export type { ChartSanitizer, ShownEvent, ShownSnapshot } from "./sanitizer.ts";
export { InspectionOptionError, type SelectionOptions } from "./selection.ts";
export { type InspectorOptions, type RunningInspector, startInspector } from "./start-inspector.ts";
export { svg } from "./svg.ts";
export { type InspectionCounts, type InspectionTree, inspectionTree, type TreeOptions } from "./tree.ts";
