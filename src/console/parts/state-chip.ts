/** A state of a listener or the server, in its colour and in words. */
import { html, type TemplateResult } from "lit-html";

const tones: Readonly<Record<string, string>> = {
  running: "good",
  listening: "good",
  starting: "busy",
  reloading: "busy",
  binding: "busy",
  draining: "busy",
  paused: "warn",
  failed: "bad",
};

export function stateChip(state: string): TemplateResult {
  const [outer = ""] = state.split(".");
  return html`<span class="chip ${tones[outer] ?? "plain"}">${state}</span>`;
}

const reasons: Readonly<Record<string, string>> = {
  suspended: "suspended by hand",
  "at-capacity": "its cap is reached",
  "under-pressure": "the process is under pressure",
  "no-descriptors": "file descriptors have run out",
  "handing-over": "a successor takes over",
};

/** Why it does not accept. */
export function reasonText(reason: string): string {
  return reasons[reason] ?? reason;
}

const resources: Readonly<Record<string, string>> = {
  eventLoopDelay: "event loop",
  heap: "memory",
  descriptors: "file descriptors",
};

export function resourceText(resource: string): string {
  return resources[resource] ?? resource;
}
