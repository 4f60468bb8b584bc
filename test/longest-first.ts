/**
 * The order of the files of tests. Those that take long come first, so that in the end no worker is left alone with one,
 * and those that wait before those that only compute.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

const longest = [
  "console/browser/console",
  "model/connection",
  "real/console-chromium",
  "real/inspect-chromium",
  "runtime/privileges/drop-privileges",
  "real/command-end",
  "real/command",
  "real/command-start",
  "runtime/crowds",
  "runtime/hold",
  "model/imap",
  "model/lmtp",
  "model/smtp",
  "real/command-inspect",
  "real/command-control",
  "real/command-hung-files",
  "real/swaks",
  "real/smtplib",
  "real/postfix",
  "runtime/pressure/process-samples",
  "mailbox/store-durability",
  "model/listener",
  "model/manage-sieve",
  "model/pop3",
  "charts/compile-random",
  "docs/examples",
  "charts/compile",
].map((name) => `/test/${name}.test.ts`);

function rank({ moduleId, project }: TestSpecification): number {
  const place = longest.findIndex((name) => moduleId.endsWith(name));
  return (project.name === "pure" ? longest.length + 1 : 0) + (place < 0 ? longest.length : place);
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}
