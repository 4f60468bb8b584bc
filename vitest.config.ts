import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest-first.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/bundled-command.ts"],
    setupFiles: ["test/each-file.ts"],
    // Limits are for what hangs: a machine that is busy with other things takes many times what a quiet one does.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // Four for two cores: many tests wait, for a program, a limit or a disk, and another works meanwhile.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    // A test leaves nothing behind, so that files may follow one another in a process: loading all of the sources anew
    // took two thirds of a second for each file. Node loads them, as it does for a user.
    isolate: false,
    // Tests make much that lives for a moment: a large young generation saves a sixth of what walks of models take.
    execArgv: ["--min-semi-space-size=32", "--max-semi-space-size=64"],
    experimental: { viteModuleRunner: false },
    // Many tests start the command: compiled code that is kept halves what each start takes.
    env: { NODE_COMPILE_CACHE: new URL("node_modules/.cache/node-compile", import.meta.url).pathname },
  },
});
