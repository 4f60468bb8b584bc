/** What waits in the kernel for accept(2), as ss(8) sees it. */
import { run } from "../real/programs.ts";

export interface AcceptQueue {
  /** Clients that the kernel has connected and nobody has accepted. */
  readonly queued: number;
  readonly backlog: number;
}

/** @returns null when nothing listens on the port. */
export async function acceptQueue(port: number): Promise<AcceptQueue | null> {
  const { stdout } = await run("ss", ["-H", "-ltn", `sport = :${port}`]);
  const [, queued, backlog] = /^LISTEN\s+(\d+)\s+(\d+)/m.exec(stdout) ?? [];
  return queued === undefined ? null : { queued: Number(queued), backlog: Number(backlog) };
}

/** Asks until so many are queued. */
export async function queuedAre(port: number, clients: number): Promise<void> {
  while ((await acceptQueue(port))?.queued !== clients) await new Promise((resolve) => setImmediate(resolve));
}
