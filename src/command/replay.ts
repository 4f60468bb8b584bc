/** `gatehouse replay`: steps through a recording, and checks that today's charts take the same path. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { toFileError } from "../files/index.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { complain, messagesOf, say } from "./output.ts";

export async function replay(file: string): Promise<ExitCode> {
  const { describeReplay, RecordingError, replayRecording } = await import("../inspect/index.ts");
  const stream = createReadStream(file);
  try {
    const replayed = await replayRecording(createInterface(stream));
    say(describeReplay(replayed));
    return replayed.differences === 0 ? exitCodes.ok : exitCodes.configuration;
  } catch (error) {
    const isOfFile = error instanceof Error && "syscall" in error;
    if (!(error instanceof RecordingError) && !isOfFile) throw error;
    for (const message of messagesOf(isOfFile ? toFileError(file, error) : error)) complain(message);
    return exitCodes.configuration;
  } finally {
    stream.destroy();
  }
}
