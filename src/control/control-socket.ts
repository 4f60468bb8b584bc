/** The Unix socket that controls a running server: only its owner can reach it, and one server at a time has it. */
import { once } from "node:events";
import { chmodSync, chownSync, linkSync, lstatSync, renameSync, rmSync, type Stats } from "node:fs";
import { lstat, mkdir, stat, unlink } from "node:fs/promises";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { messageOf } from "../config/values/thrown.ts";
import { boundedCall, FileError } from "../files/index.ts";
import { bindablePath, longestSocketPath } from "./socket-path.ts";

/** How long answers in progress may take when the server ends, in milliseconds. */
const closeTimeout = 1_000;

/** The control socket cannot be opened. `control-in-use`: another server is listening on it. */
export class ControlSocketError extends Error {
  readonly code: "control-in-use" | "control-unavailable";

  constructor(code: ControlSocketError["code"], message: string) {
    super(message);
    this.name = "ControlSocketError";
    this.code = code;
  }
}

/** A server that listens at a path. */
export interface PlacedSocket {
  /** Whether the path still leads to it. */
  isInPlace(): Promise<boolean>;
  /** Ends it, and removes the socket, unless another has taken its place. */
  close(): Promise<void>;
}

/**
 * Makes an HTTP server listen at a path. A socket left there by a dead process is replaced. It is bound beside the path
 * and moved there: so a successor can put its own in its place without a moment in between, and Node, which removes what
 * it has bound, removes nobody else's.
 * @param options.replaces puts it in the place of the socket of the server that this one succeeds.
 * @throws ControlSocketError
 */
export async function listenAt(
  path: string,
  server: Server,
  { replaces = false }: { readonly replaces?: boolean } = {},
): Promise<PlacedSocket> {
  const beside = join(dirname(path), `.${process.pid}.sock`);
  const [bindable, bindableBeside] = [bindablePath(path), bindablePath(beside)];
  if (bindable === null || bindableBeside === null) {
    const problem = `its path has more than the ${longestSocketPath} octets that a Unix socket may have`;
    throw unavailable(path, `${problem}; choose a data folder with a shorter path`);
  }
  const owner = await ownerOfFolder(path);
  if (!replaces) await removeStale(path, bindable);
  let placed: Stats;
  try {
    // A process of the same number has left it behind.
    rmSync(bindableBeside, { force: true });
    server.listen({ path: bindableBeside });
    // bind(2) has been called by now, and nobody knows the name yet.
    if (server.listening) placed = place(bindableBeside, bindable, { owner, replaces });
    await once(server, "listening");
    placed ??= lstatSync(bindable);
  } catch (error) {
    server.close();
    if (codeOf(error) === "EEXIST") throw inUse(path);
    throw unavailable(path, error);
  }
  // A failed accept concerns the client alone; the server goes on.
  server.on("error", () => {});
  let ended: Promise<void> | null = null;
  const own = placed;
  return {
    isInPlace: () => isOwn(bindable, own),
    close: () => {
      ended ??= end(server).then(() => removeOwn(bindable, own));
      return ended;
    },
  };
}

/** link(2) fails where somebody has been faster; rename(2) replaces, without a moment in between. */
function place(
  beside: string,
  path: string,
  { owner, replaces }: { readonly owner: Stats; readonly replaces: boolean },
): Stats {
  chmodSync(beside, 0o600);
  // When root starts the server, the folder belongs to the user that it will run as.
  if (process.getuid?.() === 0) chownSync(beside, owner.uid, owner.gid);
  const placed = lstatSync(beside);
  if (replaces) {
    renameSync(beside, path);
    return placed;
  }
  linkSync(beside, path);
  rmSync(beside);
  return placed;
}

async function removeOwn(path: string, own: Stats): Promise<void> {
  if (await isOwn(path, own)) await boundedCall(path, () => unlink(path)).catch(() => {});
}

/** A successor may have put its own there. */
async function isOwn(path: string, { dev, ino }: Stats): Promise<boolean> {
  return boundedCall(path, () => lstat(path)).then(
    (found) => found.dev === dev && found.ino === ino,
    () => false,
  );
}

async function end(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), closeTimeout);
  await closed;
  clearTimeout(timer);
}

/** Anyone who may write to the folder could put a socket there and receive what is meant for the server. */
async function ownerOfFolder(path: string): Promise<Stats> {
  const folder = dirname(path);
  const found = await attempt(path, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return stat(folder);
  });
  const user = process.getuid?.() ?? 0;
  if (user !== 0 && found.uid !== user && found.uid !== 0)
    throw unavailable(path, `the folder ${folder} belongs to another user; give it to the user who runs the server`);
  const isSticky = (found.mode & 0o1000) !== 0;
  if ((found.mode & 0o022) !== 0 && !isSticky)
    throw unavailable(path, `others may write to the folder ${folder}; take that away: chmod go-w ${folder}`);
  return found;
}

/** @throws ControlSocketError when a server answers, or when the path is no socket. */
async function removeStale(path: string, bindable: string): Promise<void> {
  const probe = connect({ path: bindable });
  try {
    await once(probe, "connect");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    // EAGAIN: the queue is full, so somebody is listening.
    if (codeOf(error) === "EAGAIN") throw inUse(path);
    if (codeOf(error) !== "ECONNREFUSED") throw unavailable(path, error);
    const found = await attempt(path, () => lstat(bindable));
    if (!found.isSocket()) throw unavailable(path, "something else has this name; move it away");
    await attempt(path, () => unlink(bindable));
    return;
  } finally {
    probe.destroy();
  }
  throw inUse(path);
}

async function attempt<Result>(path: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await boundedCall(path, run);
  } catch (error) {
    throw unavailable(path, error);
  }
}

function inUse(path: string): ControlSocketError {
  return new ControlSocketError(
    "control-in-use",
    `Another server runs with this data folder: it answers at ${path}. Stop it, or give this one another data folder.`,
  );
}

function unavailable(path: string, reason: unknown): ControlSocketError {
  const text = reason instanceof FileError ? reason.problem : messageOf(reason);
  return new ControlSocketError("control-unavailable", `There is no control socket at ${path}: ${text}.`);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
