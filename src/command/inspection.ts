/**
 * Where `gatehouse serve` sends the inspection of its machines: to the relay for the inspector, to a recording, or
 * both.
 */
import type { InspectionTree } from "../inspect/index.ts";

export interface InspectionOptions {
  /** The relay's port on loopback; true for a free one. */
  readonly inspect?: number | true;
  /** Which page the relay serves. */
  readonly inspectPage?: "local" | "stately";
  readonly inspectSample?: number;
  readonly inspectListener?: readonly string[];
  readonly inspectAddress?: readonly string[];
  readonly inspectFailures?: true;
  readonly inspectMax?: number;
  /** The recording's file. */
  readonly record?: string;
  /** Octets. */
  readonly recordSize?: number;
}

export interface Inspection {
  /** Undefined when no inspection was requested. */
  readonly inspect: InspectionTree | undefined;
  /** Messages for the user at the start. */
  readonly words: readonly string[];
  /** @returns messages for the user at the end. */
  close(): Promise<readonly string[]>;
}

/** @throws InspectionOptionError, InspectorError, RecordingFileError */
export async function openInspection(options: InspectionOptions): Promise<Inspection> {
  const { inspect: port, inspectPage: page = "local", record } = options;
  const selection = selectionOf(options);
  const chosen = Object.keys(selection).length > 0;
  if (port === undefined && record === undefined && !chosen) return nothing;
  // Loaded only when needed.
  const { InspectionOptionError, inspectionTree, openRecording, openRelay } = await import("../inspect/index.ts");
  if (port === undefined && record === undefined)
    throw new InspectionOptionError("choice of connections", "needs --inspect or --record");
  inspectionTree([], selection);
  const relay = port === undefined ? null : await openRelay({ port: port === true ? 0 : port, page });
  const maxBytes = options.recordSize === undefined ? {} : { maxBytes: options.recordSize };
  const recording = record === undefined ? null : await openRecording(record, maxBytes).catch(closing(relay));
  const needs = page === "stately" ? " (it needs the internet)" : "";
  const parts = [relay, recording].filter((part) => part !== null);
  return {
    inspect: inspectionTree(
      parts.map(({ observer }) => observer),
      selection,
    ),
    words: [
      ...(relay ? [`To watch its machines, open in a browser on this host${needs}: ${relay.url}`] : []),
      ...(recording ? [`Its machines are recorded in ${record}; "gatehouse replay" steps through it.`] : []),
    ],
    close: async () => {
      await Promise.all(parts.map((part) => part.close()));
      if (recording?.error) return [`The recording ${record} broke off: ${recording.error.message}.`];
      return recording?.full ? [`The recording ${record} was full after ${recording.bytes} octets.`] : [];
    },
  };
}

const nothing: Inspection = { inspect: undefined, words: [], close: async () => [] };

function selectionOf(options: InspectionOptions) {
  const { inspectSample, inspectListener, inspectAddress, inspectFailures, inspectMax } = options;
  return {
    ...(inspectSample === undefined ? {} : { oneIn: inspectSample }),
    ...(inspectMax === undefined ? {} : { maxConnections: inspectMax }),
    ...(inspectListener ? { listeners: inspectListener } : {}),
    ...(inspectAddress ? { addresses: inspectAddress } : {}),
    ...(inspectFailures ? { failuresOnly: true } : {}),
  };
}

function closing(relay: { close(): Promise<void> } | null): (error: unknown) => Promise<never> {
  return async (error) => {
    await relay?.close();
    throw error;
  };
}
