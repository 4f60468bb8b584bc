import { describe, expect, it } from "vitest";
import { defaultImapLimits, imap } from "../../../src/protocols/imap/index.ts";
import { lmtp } from "../../../src/protocols/lmtp/index.ts";
import { defaultManageSieveLimits, manageSieve } from "../../../src/protocols/manage-sieve/index.ts";
import { defaultPop3Limits, pop3 } from "../../../src/protocols/pop3/index.ts";
import { ProtocolOptionError } from "../../../src/protocols/session/options.ts";
import { defaultSmtpLimits, smtp } from "../../../src/protocols/smtp/index.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";

const given = { backend: {}, mailboxes: new MemoryMailboxes() };

describe.each([
  ["smtp", smtp, defaultSmtpLimits],
  ["lmtp", lmtp, defaultSmtpLimits],
  ["imap", imap, defaultImapLimits],
  ["pop3", pop3, defaultPop3Limits],
  ["manageSieve", manageSieve, defaultManageSieveLimits],
])("the options of %s()", (name, protocol, limits) => {
  it("have limits that are integers of at least 1", () => {
    for (const limit of Object.keys(limits)) {
      for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(() => protocol({ ...given, [limit]: value })).toThrow(
          `The option ${limit} of ${name}() must be an integer of at least 1.`,
        );
      }
      expect(protocol({ ...given, [limit]: 1 }).name).toBe(name);
    }
  });

  it("have a text that fits into one line of the greeting", () => {
    for (const value of ["", "two\r\nlines", "späße", "x".repeat(401)]) {
      expect(() => protocol({ ...given, banner: value })).toThrow(ProtocolOptionError);
    }
    expect(() => protocol({ ...given, banner: "\0" })).toThrow(
      expect.objectContaining({ code: "protocol-option-invalid", protocol: name, option: "banner" }),
    );
    expect(protocol({ ...given, banner: "Mail of Example, Inc." }).name).toBe(name);
  });
});
