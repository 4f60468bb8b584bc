/**
 * The order of the files of tests. Those that take long come first, so that in the end no worker is left alone with one.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

const longest = [
  "real/command-upgrade",
  "console/browser/console",
  "model/connection",
  "real/console-chromium",
  "real/inspect-chromium",
  "runtime/fleet/fleet",
  "runtime/fleet/orders",
  "runtime/fleet/moving-engine",
  "management/live/event-source",
  "runtime/fleet/workers",
  "runtime/workers/workers",
  "runtime/systemd/socket-activation",
  "real/command-inspect",
  "runtime/pressure/process-samples",
  "real/postfix",
  "model/listener",
  "runtime/http2",
  "runtime/privileges/drop-privileges",
  "real/command-end",
  "model/imap",
  "config/document/address-pairs",
  "mailbox/open/store-mailboxes",
  "real/curl",
  "real/smtplib",
  "real/command-hung-files",
  "real/command",
  "real/command-control",
  "runtime/tls/key-kinds",
  "real/command-start",
  "management/secrets",
  "real/swaks",
  "mailbox/store/store",
  "inspect/secrets",
  "model/manage-sieve",
  "real/openssl",
  "runtime/tls/asked-client-certificates",
  "management/changes",
  "runtime/crowds",
  "control/control",
  "runtime/configured-sessions",
  "real/command-fleet",
  "examples/echo-model",
  "testing/walks",
  "management/set-to-file",
  "model/lmtp",
  "mailbox/store-durability",
  "runtime/systemd/service-manager",
  "real/imap-mbsync",
  "model/certificate",
  "runtime/hold",
  "mailbox/mailbox-durability",
  "runtime/acme/ordering",
  "real/pop3-clients",
  "real/poplib",
  "config/plan/address-conflicts",
  "real/imap-mutt",
  "model/pop3",
  "runtime/sockets/listening-socket",
  "runtime/workers/mail",
  "config/managed/running-document",
  "runtime/tls/context",
  "model/smtp",
  "real/imap-curl",
  "real/inspector-chromium",
  "real/sieve-connect",
  "real/command-terminal",
  "runtime/reload/reload",
  "mailbox/accounts/accounts",
  "real/nodemailer",
  "real/acme-pebble",
  "real/command-output",
  "mailbox/backend",
  "model/fleet-document",
  "docs/recipes",
  "docs/examples",
  "charts/compile-random",
  "charts/compile",
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
