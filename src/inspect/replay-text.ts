/** A replay in readable form. */
import type { Replay, ReplayedActor, ReplayStep } from "./replay.ts";

/** Each actor's path, one step a line; differences are marked with `!`. */
export function describeReplay({ actors, differences, full }: Replay): string {
  const counted = `${actors.length} ${actors.length === 1 ? "actor" : "actors"}, ${differences} ${differences === 1 ? "difference" : "differences"}.`;
  return [...actors.map(describeActor), full ? `${counted} The recording was full before its end.` : counted].join(
    "\n\n",
  );
}

function describeActor({ name, listener, worker, chart, unknown, steps }: ReplayedActor): string {
  const place = listener === null ? "" : ` on ${listener}`;
  const where = worker === null ? place : `${place}, worker ${worker}`;
  const doubt = unknown ? `; no chart "${chart}" is known, nothing was compared` : "";
  const start = steps[0]?.at ?? 0;
  return [`${name}${where}${doubt}`, ...steps.flatMap((step, index) => describeStep(step, { index, start }))].join(
    "\n",
  );
}

function describeStep(
  step: ReplayStep,
  { index, start }: { readonly index: number; readonly start: number },
): string[] {
  const { at, event, state, status, difference, afterGap } = step;
  const head = `${String(index).padStart(4)} ${`+${at - start} ms`.padStart(10)}`;
  const ended = status === "active" ? "" : ` (${status})`;
  const gap = afterGap ? "  [events are missing before this one]" : "";
  const path = event.type === "start" ? state : `${eventText(event)} → ${state}`;
  const line = `${head}  ${path}${ended}${gap}`;
  return difference === null ? [line] : [line, `   !${" ".repeat(12)}step ${index}: ${difference}`];
}

/** XState's own events in words, others with their fields. */
function eventText({ type, ...fields }: ReplayStep["event"]): string {
  const values = Object.entries(fields).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const shown = values.length === 0 ? "" : ` {${values.join(", ")}}`;
  const after = /^xstate\.after\.([^.]+)\./.exec(type)?.[1];
  if (after !== undefined) return `after ${/^\d+$/.test(after) ? `${after} ms` : after}${shown}`;
  const [, outcome, actor] = /^xstate\.(done|error)\.actor\.(?:\d+\.)?(.+)$/.exec(type) ?? [];
  if (outcome === undefined) return `${type}${shown}`;
  return `${actor} ${outcome === "done" ? "is done" : "has failed"}${shown}`;
}
