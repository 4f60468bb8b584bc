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
  "model/listener",
  "real/command",
  "runtime/systemd/socket-activation",
  "real/command-control",
  "real/command-start",
  "real/command-inspect",
  "real/smtplib",
  "real/swaks",
  "real/curl",
  "model/manage-sieve",
  "model/imap",
  "runtime/workers/workers",
  "runtime/pressure/process-samples",
  "runtime/crowds",
  "runtime/hold",
  "model/lmtp",
  "mailbox/store/store",
  "config/managed/running-document",
  "real/openssl",
  "model/pop3",
  "mailbox/store-durability",
  "mailbox/mailbox-durability",
  "runtime/systemd/service-manager",
  "real/command-upgrade",
  "real/command-hung-files",
  "real/postfix",
  "real/pop3-clients",
  "runtime/tls/context",
  "runtime/acme/ordering",
  "model/smtp",
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
