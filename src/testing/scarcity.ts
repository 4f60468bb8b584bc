/**
 * Causes a real EMFILE: no descriptor can be opened while the limit of this process is below every free one
 * (setrlimit(2)).
 */

/** The limit of open files could not be changed. */
export class ScarcityError extends Error {
  readonly code = "scarcity-unavailable";

  constructor(reason: string) {
    super(`File descriptors cannot be made scarce here: ${reason}. Leave the stimuli out that need it.`);
    this.name = "ScarcityError";
  }
}

const RLIMIT_NOFILE = 7;
/** Standard input, output, error and the event loop have these: everything below the limit is in use. */
const firstDescriptors = 4n;

interface Limit {
  readonly soft: bigint;
  readonly hard: bigint;
}

interface Limits {
  read(): Limit;
  write(limit: Limit): void;
}

/** For this whole process: open(2), socket(2), dup(2) and accept(2) fail with EMFILE meanwhile; open ones stay. */
export interface Scarcity {
  /** Safe to call again. */
  begin(): void;
  /** Safe to call again. */
  end(): void;
}

let scarcity: Promise<Scarcity> | undefined;

/** @throws ScarcityError on systems other than Linux */
export function loadScarcity(): Promise<Scarcity> {
  scarcity ??= load();
  return scarcity;
}

async function load(): Promise<Scarcity> {
  const { read, write } = await loadLimits();
  let before: Limit | null = null;
  return {
    begin() {
      if (before) return;
      before = read();
      write({ soft: firstDescriptors, hard: before.hard });
    },
    end() {
      if (before) write(before);
      before = null;
    },
  };
}

async function loadLimits(): Promise<Limits> {
  if (process.platform !== "linux") throw new ScarcityError(`it needs Linux, this is ${process.platform}`);
  const koffi = await import("koffi");
  const library = koffi.load(null);
  const get = library.func("int getrlimit(int resource, void *limit)");
  const set = library.func("int setrlimit(int resource, const void *limit)");
  const done = (call: string, result: number): void => {
    if (result !== 0) throw new ScarcityError(`${call} failed with errno ${koffi.errno()}`);
  };
  return {
    read() {
      const bytes = Buffer.alloc(16);
      done("getrlimit", get(RLIMIT_NOFILE, bytes));
      return { soft: bytes.readBigUInt64LE(0), hard: bytes.readBigUInt64LE(8) };
    },
    write({ soft, hard }) {
      const bytes = Buffer.alloc(16);
      bytes.writeBigUInt64LE(soft, 0);
      bytes.writeBigUInt64LE(hard, 8);
      done("setrlimit", set(RLIMIT_NOFILE, bytes));
    },
  };
}
