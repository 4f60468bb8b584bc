/** Standalone benches: they print their own tables, and some exit with 1 if something is wrong. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { Workload } from "../workload.ts";

interface Script {
  readonly name: string;
  /** Arguments in a quick run; none in a full one. */
  readonly quick: readonly string[];
}

export const scripts: readonly Workload[] = [
  script({ name: "address-rates", quick: ["10000", "1000"] }),
  script({ name: "reload-soak", quick: ["8", "100"] }),
  script({ name: "imap-commands", quick: [] }),
];

function script({ name, quick }: Script): Workload {
  const file = new URL(`../${name}.ts`, import.meta.url);
  return {
    name,
    missing: () => (existsSync(file) ? null : "This version does not have it."),
    async run({ pick }) {
      const child = spawn(process.execPath, [file.pathname, ...pick([], quick)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let text = "";
      child.stdout.setEncoding("utf8").on("data", (more: string) => {
        text += more;
      });
      const [code] = (await once(child, "close")) as [number | null];
      const isTable = text.trimStart().startsWith("|");
      return {
        tables: [],
        text: isTable ? text.trim() : `\`\`\`text\n${text.trimEnd()}\n\`\`\``,
        ...(code === 0 ? {} : { failure: `bench/${name}.ts ended with ${code ?? "a signal"}.` }),
      };
    },
  };
}
