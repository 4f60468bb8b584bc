import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { Output } from "../../../src/runtime/observe/output.ts";
import { isSameFile, openOutput } from "../../../src/runtime/observe/output-file.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";

const { O_RDONLY, O_NONBLOCK } = constants;

function fifo(): string {
  const path = join(temporaryDirectory(), "fifo");
  execFileSync("mkfifo", [path]);
  return path;
}

/** Takes what the FIFO has, when it is asked to. */
class Reader {
  readonly fd: number;
  #open = true;

  constructor(path: string) {
    this.fd = openSync(path, O_RDONLY | O_NONBLOCK);
    onTestFinished(() => this.leave());
  }

  /** All that is there now. */
  read(): string {
    const buffer = Buffer.alloc(1_048_576);
    let text = "";
    for (;;) {
      try {
        const count = readSync(this.fd, buffer);
        if (count === 0) return text;
        text += buffer.toString("latin1", 0, count);
      } catch {
        return text;
      }
    }
  }

  leave(): void {
    if (this.#open) closeSync(this.fd);
    this.#open = false;
  }
}

const line = (index: number): string => `${String(index).padStart(998)}\n`;

test("a reader that stands still costs nobody time: what is over the bound is dropped, counted, and told of once it reads", async () => {
  const path = fifo();
  const reader = new Reader(path);
  const output = new Output(path, { name: "log", most: 100_000 });
  const told: number[] = [];
  output.onFlowing((lines) => told.push(lines));
  for (let index = 0; index < 1_000; index += 1) output.write(line(index));
  await turn();
  expect(output.dropped).toBeGreaterThan(700);
  expect(told).toEqual([]);
  expect(await output.flush(20)).toBe(false);

  const flushed = output.flush(10_000);
  let text = "";
  while (told.length === 0) {
    text += reader.read();
    await turn();
  }
  expect(await flushed).toBe(true);
  text += reader.read();
  expect(told).toEqual([output.dropped]);
  // The first lines, whole and in their order; what came later is what is missing.
  const kept = 1_000 - output.dropped;
  expect(text).toBe(Array.from({ length: kept }, (_, index) => line(index)).join(""));

  output.write("more\n");
  expect(await output.flush(10_000)).toBe(true);
  expect(reader.read()).toBe("more\n");
  expect(told).toHaveLength(1);
});

test("a reader that leaves is no error, and the next one gets what came meanwhile", async () => {
  const path = fifo();
  const first = new Reader(path);
  const output = new Output(path, { name: "log" });
  output.write("one\n");
  expect(await output.flush(10_000)).toBe(true);
  expect(first.read()).toBe("one\n");
  first.leave();

  output.write("two\n");
  // Nobody is waited for who is not there.
  expect(await output.flush(600_000)).toBe(false);
  const second = new Reader(path);
  expect(await output.flush(10_000)).toBe(true);
  expect(second.read()).toBe("two\n");
  expect(output.dropped).toBe(0);
});

test("a full disk is no error: what does not fit is kept up to the bound, then dropped", async () => {
  const output = new Output("/dev/full", { name: "log", most: 10_000 });
  for (let index = 0; index < 20; index += 1) {
    output.write(line(index));
    await turn();
  }
  expect(output.dropped).toBe(10);
  expect(await output.flush(600_000)).toBe(false);
});

test("a disk that does not answer holds up a thread, not the event loop, and is written to in order when it answers", async () => {
  const path = fifo();
  const reader = new Reader(path);
  // A pipe on which write(2) waits stands in for the disk.
  const fd = openSync(path, constants.O_WRONLY);
  onTestFinished(() => closeSync(fd));
  const output = new Output({ fd, mayWait: true }, { name: "log", most: 200_000 });
  for (let index = 0; index < 500; index += 1) output.write(line(index));
  expect(await output.flush(50)).toBe(false);
  expect(output.dropped).toBeGreaterThan(200);

  const flushed = output.flush(10_000);
  let text = "";
  const done = flushed.then(() => true);
  while (!(await Promise.race([done, turn().then(() => false)]))) text += reader.read();
  text += reader.read();
  expect(await flushed).toBe(true);
  expect(text).toBe(Array.from({ length: 500 - output.dropped }, (_, index) => line(index)).join(""));
});

test("what goes to one place is known to, and a pipe is written to by a descriptor that does not make others non-blocking", async () => {
  const path = fifo();
  new Reader(path);
  const fd = openSync(path, constants.O_WRONLY);
  const other = openSync(join(temporaryDirectory(), "file"), "w");
  onTestFinished(() => [fd, other].forEach((each) => void closeSync(each)));
  expect(isSameFile(fd, fd)).toBe(true);
  expect(isSameFile(fd, other)).toBe(false);
  const opened = openOutput(fd);
  expect(opened.mayWait).toBe(false);
  expect(opened.fd).not.toBe(fd);
  const flags = Number.parseInt(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8").match(/flags:\s*(\d+)/)?.[1] ?? "", 8);
  expect(flags & O_NONBLOCK).toBe(0);
  expect(openOutput(other)).toEqual({ fd: other, mayWait: true });
});

test("a process ends in time while a thread of its pool is stuck in a write, with its exit status", async () => {
  const path = fifo();
  new Reader(path);
  const modules = ["observe/output.ts", "../command/end-process.ts"].map(
    (file) => new URL(`../../../src/runtime/${file}`, import.meta.url).href,
  );
  const program = `
    import { constants, openSync } from "node:fs";
    const [{ Output }, { endWithin }] = await Promise.all(${JSON.stringify(modules)}.map((url) => import(url)));
    const output = new Output({ fd: openSync(${JSON.stringify(path)}, constants.O_WRONLY), mayWait: true }, { name: "log" });
    output.write("x".repeat(1_000_000));
    process.exitCode = (await output.flush(50)) ? 0 : 7;
    endWithin(50);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  expect(await once(child, "exit")).toEqual([7, null]);
});
