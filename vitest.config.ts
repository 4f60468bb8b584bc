import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest-first.ts";

/** Files that only compute. The others open sockets and start programs. */
const pure = [
  "test/charts/**/*.test.ts",
  "test/config/{addresses,values}/**/*.test.ts",
  "test/console/*.test.ts",
  "test/config/document/!(address-pairs).test.ts",
  "test/config/plan/!(address-conflicts).test.ts",
  "test/config/reload-plan-properties.test.ts",
  "test/docs/**/*.test.ts",
  "test/inspect/{charts,mermaid}.test.ts",
  "test/machines/**/*.test.ts",
  "test/management/schema/**/*.test.ts",
  "test/mailbox/message/**/*.test.ts",
  "test/protocols/**/*.test.ts",
  "test/runtime/proxy/{crc32c,trusted-networks,version-*}.test.ts",
];

export default defineConfig({
  test: {
    globalSetup: ["test/bundled-command.ts"],
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
    projects: [
      { extends: true, test: { name: "pure", include: pure } },
      {
        extends: true,
        test: {
          name: "sockets",
          include: ["test/**/*.test.ts"],
          exclude: pure,
          setupFiles: ["test/each-file.ts"],
        },
      },
    ],
  },
});
