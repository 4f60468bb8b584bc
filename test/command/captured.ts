/** What a subcommand prints, and its exit status, without a process of its own. */
import { vi } from "vitest";

export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

export async function captured(subcommand: () => Promise<number> | number): Promise<Printed> {
  const texts = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      texts[name] += String(text);
      return true;
    }),
  );
  try {
    return { code: await subcommand(), out: texts.stdout, errors: texts.stderr };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
