/** `gatehouse replay`: steps through a recording, and checks that today's charts take the same path. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
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
    if (!(error instanceof RecordingError) && !(error instanceof Error && "syscall" in error)) throw error;
    for (const message of messagesOf(error)) complain(message);
    return exitCodes.configuration;
  } finally {
    stream.destroy();
  }
}
