/**
 * Calls for files that may never return: a mount can hang, and then each call keeps one of the few threads that libuv
 * has for all file access, password hashing and host names. So such calls get only half of them, a call that takes too
 * long is abandoned while its thread goes on waiting, and no further call is made in its folder until it has returned.
 */
import { dirname } from "node:path";
import { FileError, toFileError } from "./file-error.ts";

/** How long a call for a file may take, in milliseconds. */
export const FILE_TIMEOUT = 10_000;

/** Half of the threads of libuv's pool (UV_THREADPOOL_SIZE, 4 unless set). */
const LENT_THREADS = 2;

interface Waiting {
  readonly path: string;
  readonly begin: () => void;
  readonly refuse: (error: FileError) => void;
}

const waiting: Waiting[] = [];
/** Folders of abandoned calls that have not returned. */
const hung: string[] = [];
let lent = 0;

/** How many abandoned calls have not returned: they keep the process from ending by itself. */
export function hungCalls(): number {
  return hung.length;
}

/**
 * Makes one call for a file, or several in sequence.
 * @param call must check the signal between its steps: once it is aborted, nobody waits for the result.
 * @param timeout in milliseconds, from the moment the call begins
 * @throws FileError
 */
export async function boundedCall<Result>(
  path: string,
  call: (signal: AbortSignal) => Promise<Result>,
  timeout: number = FILE_TIMEOUT,
): Promise<Result> {
  await turnOf(path);
  const abort = new AbortController();
  const called = call(abort.signal);
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const folder = dirname(path);
  const timer = setTimeout(() => {
    hung.push(folder);
    abort.abort();
    reject(timedOut(path, `its file system has not answered for ${timeout} ms`));
    if (hung.length === LENT_THREADS) refuseAll();
  }, timeout);
  const returned = (): void => {
    clearTimeout(timer);
    if (abort.signal.aborted) hung.splice(hung.indexOf(folder), 1);
    lent -= 1;
    waiting.shift()?.begin();
  };
  called.then(returned, returned);
  try {
    return await Promise.race([called, givenUp]);
  } catch (error) {
    throw toFileError(path, error);
  }
}

/** Resolves when a thread is free for this path; the thread then counts as lent. */
function turnOf(path: string): Promise<void> {
  if (hung.includes(dirname(path)))
    return Promise.reject(timedOut(path, "an earlier call for a file in its folder still hangs"));
  if (hung.length === LENT_THREADS) return Promise.reject(othersHang(path));
  if (lent < LENT_THREADS) {
    lent += 1;
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    waiting.push({
      path,
      begin: () => {
        if (hung.includes(dirname(path))) {
          reject(timedOut(path, "an earlier call for a file in its folder still hangs"));
          waiting.shift()?.begin();
          return;
        }
        lent += 1;
        resolve();
      },
      refuse: reject,
    });
  });
}

function refuseAll(): void {
  for (const { path, refuse } of waiting.splice(0)) refuse(othersHang(path));
}

function othersHang(path: string): FileError {
  return timedOut(path, `${LENT_THREADS} earlier calls for other files still hang`);
}

function timedOut(path: string, what: string): FileError {
  return new FileError("file-timeout", path, { problem: `${what}; see its mount, then try again` });
}
