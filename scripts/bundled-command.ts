/**
 * Puts the command in a few files in the place of the one that `tsc` has written, with the licenses of the packages that
 * are in it. `node scripts/bundled-command.ts`
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./command-bundle.ts";

const to = fileURLToPath(new URL("../dist/", import.meta.url));
rmSync(`${to}program`, { recursive: true, force: true });
const { files, packages } = await bundle({ of: "cli", beside: null, ending: ".js" });
for (const { fileName, code } of files) {
  mkdirSync(dirname(`${to}${fileName}`), { recursive: true });
  writeFileSync(`${to}${fileName}`, code);
}
writeFileSync(`${to}program/LICENSES.txt`, packages.map(licenseOf).join("\n"));

function licenseOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(basename(entry)));
  if (file === undefined && license === undefined) throw new Error(`${name} has no license.`);
  const text = file === undefined ? "" : readFileSync(`${folder}/${file}`, "utf8");
  return `${name} ${version} (${license})\n\n${text}\n`;
}
