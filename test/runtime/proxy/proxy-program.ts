/** A proxy that others wrote, as a child in the foreground with a configuration and a user of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type InheritedListener, inheritedListener } from "./inherited-listener.ts";

/** `nobody`, for whoever may change to it. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
/** The descriptor that the child has its listener as. */
export const LISTENER_FD = 3;

export interface ProxyProgram extends AsyncDisposable {
  /** Where the proxy takes clients. */
  readonly port: number;
  readonly directory: string;
  /** Rejects with the program's own words if it ends before it is told to; never resolves. */
  readonly failed: Promise<never>;
  /** What the program has said so far. */
  output(): string;
}

export interface ProxyProgramOptions {
  readonly program: string;
  /** Of the clients' side. */
  readonly address: string;
  /** Further files of its folder, by name. */
  readonly files?: Readonly<Record<string, string>>;
  configuration(place: { readonly port: number; readonly directory: string }): string;
  args(file: string): readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export async function startProxy(options: ProxyProgramOptions): Promise<ProxyProgram> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-proxy-"));
  const listener = await inheritedListener(options.address);
  try {
    const file = "proxy.conf";
    const configuration = options.configuration({ port: listener.port, directory });
    await fill(directory, { ...options.files, [file]: configuration });
    return { ...spawnProxy(options, join(directory, file), listener), port: listener.port, directory };
  } finally {
    listener.close();
  }
}

async function fill(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  const paths = Object.entries(files).map(async ([name, content]) => {
    const path = join(directory, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  });
  const { uid, gid } = UNPRIVILEGED;
  for (const path of [directory, ...(await Promise.all(paths))]) {
    if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
  }
}

function spawnProxy(options: ProxyProgramOptions, file: string, { fd }: InheritedListener) {
  const child = spawn(options.program, options.args(file), {
    ...UNPRIVILEGED,
    stdio: ["ignore", "pipe", "pipe", fd],
    env: { ...process.env, ...options.env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
  }
  const ended = once(child, "close");
  let stopping = false;
  const failed = new Promise<never>((_, reject) => {
    const fail = () => stopping || reject(new Error(`${options.program} ended: ${output}`));
    ended.then(fail, reject);
  });
  failed.catch(() => {});
  const stop = async () => {
    stopping = true;
    // Both programs end at once by it, and nginx ends its worker.
    child.kill("SIGTERM");
    await ended.catch(() => {});
    await rm(join(file, ".."), { recursive: true });
  };
  return { failed, output: () => output, [Symbol.asyncDispose]: stop };
}
