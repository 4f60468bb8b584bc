/** A process that says what happens as lines of JSON on standard output, and takes commands on standard input. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

export type Said = Readonly<Record<string, unknown>>;

export interface TalkingChild {
  /** What it has said of a kind. */
  said(type: string): Said[];
  /** Gives a command, and waits for the answer. */
  tell(command: string, answer: string): Promise<Said>;
  /** Waits until it has said so many things of a kind. @returns the last of them. */
  until(type: string, times?: number): Promise<Said>;
}

/** It is killed when the test ends, if it still lives then. */
export function talkingChild(program: string, args: readonly string[]): TalkingChild {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "close");
  });
  const lines: Said[] = [];
  const output = createInterface(child.stdout).on("line", (line) => {
    lines.push(JSON.parse(line));
    output.emit("said");
  });
  const said = (type: string): Said[] => lines.filter((line) => line["type"] === type);
  const until = async (type: string, times = 1): Promise<Said> => {
    for (;;) {
      const found = said(type)[times - 1];
      if (found) return found;
      await once(output, "said");
    }
  };
  return {
    said,
    until,
    tell: (command, answer) => {
      child.stdin.write(`${command}\n`);
      return until(answer, said(answer).length + 1);
    },
  };
}
