/** The limits that a document may set are those that the protocols have. */
import { expect, test } from "vitest";
import { limitsOfProtocol } from "../../../src/config/document/session-limits.ts";
import {
  defaultImapLimits,
  defaultManageSieveLimits,
  defaultPop3Limits,
  defaultSmtpLimits,
} from "../../../src/index.ts";

test.each([
  ["smtp", defaultSmtpLimits],
  ["lmtp", defaultSmtpLimits],
  ["imap", defaultImapLimits],
  ["pop3", defaultPop3Limits],
  ["manageSieve", defaultManageSieveLimits],
])("%s", (protocol, limits) => {
  expect(limitsOfProtocol.get(protocol)?.toSorted()).toEqual(Object.keys(limits).toSorted());
});
