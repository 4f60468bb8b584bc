/** What V8 has made of the program is kept for the next start, where nobody else could have put it. */
import { spawnSync } from "node:child_process";
import { chmod, chown, mkdir, readdir, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";

const source = fileURLToPath(new URL("../../src/command/compiled-code.ts", import.meta.url));
const program = `
  import { getCompileCacheDir } from "node:module";
  const { keepCompiledCode } = await import(process.argv[1]);
  keepCompiledCode(process.argv[2]);
  await import("commander");
  process.stdout.write(getCompileCacheDir() ?? "");
`;
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const drop = isRoot ? ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--"] : [];

/** A process that keeps its code, and the folder that it says it does so in. */
function start(data: string, { as = drop, env = {} }: { readonly as?: readonly string[]; readonly env?: object } = {}) {
  const { NODE_COMPILE_CACHE: _, ...inherited } = process.env;
  const [file = "", ...args] = [...as, process.execPath, "--input-type=module", "-e", program, source, data];
  const { stdout, stderr, status } = spawnSync(file, args, { encoding: "utf8", env: { ...inherited, ...env } });
  return { folder: stdout, stderr, status };
}

async function ownFolder(): Promise<string> {
  const folder = temporaryDirectory();
  if (isRoot) await chown(folder, nobody, nobody);
  return folder;
}

const canRun = !isRoot || spawnSync("setpriv", [...drop.slice(1), "test", "-r", source]).status === 0;

describe.skipIf(!canRun)("compiled code", () => {
  test("is kept in a data folder of one's own, for the next start, and for this version of Node alone", async () => {
    const data = await ownFolder();
    const { folder, status } = start(data);
    expect({ status, folder: folder.startsWith(join(data, "compiled")) }).toEqual({ status: 0, folder: true });
    const kept = await readdir(join(data, "compiled"));
    const other = join(data, "compiled", "v1.0.0-x64-0-0");
    await mkdir(other);
    const { stderr } = start(data, { env: { NODE_DEBUG_NATIVE: "COMPILE_CACHE" } });
    expect(stderr).toMatch(/commander\/\S+ was accepted/);
    expect(await readdir(join(data, "compiled"))).toEqual(kept);
  });

  test("is kept nowhere before there is a data folder", async () => {
    const data = join(await ownFolder(), "data");
    expect(start(data)).toMatchObject({ status: 0, folder: "" });
    await expect(stat(data)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is kept nowhere that others can write to, or lead to", async () => {
    const open = await ownFolder();
    await chmod(open, 0o770);
    expect(start(open)).toMatchObject({ status: 0, folder: "" });
    const led = await ownFolder();
    await symlink(await ownFolder(), join(led, "compiled"));
    expect(start(led)).toMatchObject({ status: 0, folder: "" });
    const loose = await ownFolder();
    await mkdir(join(loose, "compiled"));
    await chmod(join(loose, "compiled"), 0o777);
    expect(start(loose)).toMatchObject({ status: 0, folder: "" });
  });

  test.runIf(isRoot)("is not kept by root, whose server may become another user", () => {
    const data = temporaryDirectory();
    expect(start(data, { as: [] })).toMatchObject({ status: 0, folder: "" });
  });

  test.runIf(isRoot)("is not taken from a folder of somebody else", () => {
    expect(start(temporaryDirectory())).toMatchObject({ status: 0, folder: "" });
  });
});
