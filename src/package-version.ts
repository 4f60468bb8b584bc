/** The version in package.json, which is one folder above the source as above what is built of it. */
import { readFileSync } from "node:fs";

/** That of the files, which an upgrade may have replaced since this process began. */
export function installedVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** That of this process. */
export const runningVersion = installedVersion();
