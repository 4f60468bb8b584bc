/**
 * Code that is loaded when it is first needed. A server may have run for long by then, and an upgrade may have replaced its
 * files: two versions would be mixed.
 */
import { installedVersion, runningVersion } from "./package-version.ts";

/** @throws ProgramReplacedError */
export async function onDemand<Module>(load: () => Promise<Module>): Promise<Module> {
  const installed = installedVersion();
  if (installed !== runningVersion) throw new ProgramReplacedError(installed);
  return load();
}

/** The files of another version are where those of the running one were. */
export class ProgramReplacedError extends Error {
  override readonly name = "ProgramReplacedError";
  readonly code = "program-replaced";

  constructor(installed: string) {
    super(
      `Version ${installed} has been installed in place of ${runningVersion}, which runs and needs more of its files: ` +
        'upgrade the server ("gatehouse upgrade"), or restart it.',
    );
  }
}
