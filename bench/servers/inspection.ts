/** The inspector of `gatehouse/inspect`, if this version has one. */
import { existsSync } from "node:fs";
import type { Inspector } from "../../src/index.ts";

const entry = new URL("../../src/inspect/index.ts", import.meta.url);

interface InspectModule {
  startInspector(options: { readonly oneIn: number }): Promise<RunningInspector>;
}

export interface RunningInspector {
  /** Of its page. */
  readonly url: string;
  readonly inspect: Inspector;
}

export function hasInspector(): boolean {
  return existsSync(entry);
}

/** Starts it on a free port; ends with the process. */
export async function inspectOneIn(oneIn: number): Promise<RunningInspector> {
  // Imported by URL, so that a version without it passes the type check.
  const { startInspector }: InspectModule = await import(entry.href);
  return startInspector({ oneIn });
}
