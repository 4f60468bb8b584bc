/** A Gatehouse whose document is a file: changed by its management, and by hand. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RunningDocument } from "../src/config/index.ts";
import type { GatehouseOptions } from "../src/index.ts";
import type { ReloadReport } from "../src/runtime/reload/reload.ts";
import { temporaryDirectory } from "./mailbox/temporary-directory.ts";
import { type RunningGatehouse, runGatehouse } from "./running-gatehouse.ts";

export interface ManagedFile extends RunningGatehouse {
  readonly file: string;
  /** Holds the control socket. */
  readonly data: string;
  readonly document: RunningDocument<ReloadReport>;
  text(): string;
}

export async function runWithFile(text: string, options: Partial<GatehouseOptions> = {}): Promise<ManagedFile> {
  const data = temporaryDirectory();
  const file = join(temporaryDirectory(), "gatehouse.json");
  writeFileSync(file, text);
  const document = new RunningDocument<ReloadReport>({ file, keptFile: join(data, "document-changes.json") });
  const house = await runGatehouse((await document.read()) as never, {
    control: { path: join(data, "control.sock"), document: () => document.read() },
    document,
    ...options,
  });
  document.manage(house.gatehouse);
  return { ...house, file, data, document, text: () => readFileSync(file, "utf8") };
}
