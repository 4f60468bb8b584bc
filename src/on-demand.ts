/**
 * Code that is loaded when it is first needed. A server may have run for long by then, and an upgrade may have replaced its
 * files: two versions would be mixed.
 */
import { packageVersion } from "./package-version.ts";

const running = packageVersion();

/** @throws ProgramReplacedError */
export async function onDemand<Module>(load: () => Promise<Module>): Promise<Module> {
  const installed = packageVersion();
  if (installed !== running) throw new ProgramReplacedError(installed);
  return load();
}

/** The files of another version are where those of the running one were. */
export class ProgramReplacedError extends Error {
  readonly code = "program-replaced";

  constructor(installed: string) {
    super(
      `Version ${installed} has been installed in place of ${running}, which runs and needs more of its files: ` +
        'upgrade the server ("gatehouse upgrade"), or restart it.',
    );
    this.name = "ProgramReplacedError";
  }
}
