/**
 * The order of the files of tests. Those that take long come first, so that in the end no worker is left alone with one.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

const longest = [
  "real/command-upgrade",
  "console/browser/console",
  "model/connection",
  "real/console-chromium",
  "docs/examples",
  "runtime/systemd/socket-activation",
  "runtime/fleet/fleet",
  "docs/recipes",
  "charts/compile-random",
  "config/document/address-pairs",
  "model/fleet-document",
  "runtime/workers/workers",
  "real/inspect-chromium",
  "runtime/pressure/process-samples",
  "management/live/event-source",
  "runtime/fleet/moving-engine",
  "mailbox/open/store-mailboxes",
  "real/command-inspect",
  "real/command",
  "real/postfix",
  "runtime/fleet/orders",
  "runtime/privileges/drop-privileges",
  "real/command-control",
  "charts/compile",
  "real/acme-pebble",
  "real/command-hung-files",
  "runtime/reload/reload",
  "runtime/fleet/tickets",
  "console/browser/fleet",
  "model/listener",
  "real/command-end",
  "real/sieve-connect",
  "model/certificate",
  "real/smtplib",
  "real/curl",
  "runtime/acme/ordering",
  "model/imap",
  "runtime/tls/context",
  "real/command-fleet",
  "real/nodemailer",
  "mailbox/store-durability",
  "runtime/sockets/listening-socket",
  "runtime/tls/key-kinds",
  "runtime/workers/inspect",
  "config/managed/running-document",
  "runtime/http2",
  "runtime/fleet/storm",
  "runtime/hold",
  "runtime/systemd/service-manager",
  "model/smtp",
  "model/lmtp",
  "real/command-output",
  "runtime/fleet/documents",
  "mailbox/mailbox-durability",
  "runtime/workers/tls",
  "docs/lifecycle",
  "real/command-start",
  "inspect/foreign-machine",
  "runtime/workers/mail",
  "real/swaks",
  "runtime/fleet/workers",
  "management/secrets",
  "mailbox/backend",
  "real/pop3-clients",
  "model/pop3",
  "real/imap-curl",
  "mailbox/accounts/accounts",
  "model/fleet-state",
  "runtime/descriptors",
  "real/imap-mbsync",
  "runtime/proxy/in-front-of-gatehouse",
  "management/set-to-file",
  "config/managed/changed-document",
  "machines/connection",
  "runtime/crowds",
  "testing/walks",
  "config/sources/file-source",
  "real/command-npm",
  "management/changes",
  "examples/echo-model",
].map((name) => `/test/${name}.test.ts`);

function rank({ moduleId }: TestSpecification): number {
  const place = longest.findIndex((name) => moduleId.endsWith(name));
  return place < 0 ? longest.length : place;
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}
