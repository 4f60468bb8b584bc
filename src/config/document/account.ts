import { z } from "zod";
import { mustBe } from "../values/expectation.ts";
import { fieldDisplay } from "../values/field-display.ts";
import { fieldsOf, SERVER_SET } from "../values/fields.ts";
import { secretText } from "../values/secret-text.ts";
import { setOfNames } from "../values/set-of.ts";

/** Schemes whose hashes would otherwise pass for a clear-text password that happens to start with a dollar sign. */
const FOREIGN_HASH = /^\$(?:argon2(?:id|i|d)|pbkdf2(?:-[a-z0-9]+)?|2[abxy]?|1|5|6|y|gy|7|apr1|bcrypt(?:-sha256)?)\$/;
const SCRYPT = /^\$scrypt\$ln=\d{1,2},r=\d{1,3},p=\d{1,3}\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/;

const accountSecret = secretText.superRefine((secret, context) => {
  if (secret["@type"] !== "Text") return;
  if (FOREIGN_HASH.test(secret.secret)) {
    context.addIssue({
      code: "custom",
      params: { hideFound: true },
      message: "must be clear text or a scrypt hash; this is another scheme's hash",
    });
  } else if (secret.secret.startsWith("$scrypt$") && !SCRYPT.test(secret.secret)) {
    const form = "$scrypt$ln=15,r=8,p=1$salt$hash, base64 without padding";
    context.addIssue({ code: "custom", params: { hideFound: true }, message: `must be a whole scrypt hash: ${form}` });
  }
});

export const accountSchema = fieldsOf(
  {
    secret: accountSecret
      .describe("The password: clear text, or a scrypt hash in PHC form.")
      .register(fieldDisplay, { label: "Password", objectName: "x:SecretKey" }),
    roles: setOfNames("roles", ["admin", "observer"])
      .prefault([])
      .describe("admin: may use the management API. observer: may read by it.")
      .register(fieldDisplay, { label: "Roles", column: 2, enumName: "AccountRole" }),
  },
  SERVER_SET,
);

/** An account that may log in. */
export interface AccountSettings extends Readonly<z.output<typeof accountSchema>> {
  /** Mail address, in the form that is used to compare addresses: lower case, the domain in A-labels. */
  readonly address: string;
}

const ADDRESS = 'a mail address like "anna@example.com"';

/** The key of an account (RFC 5321 4.5.3.1: at most 254 octets in a path). */
export const accountAddress = z
  .string({ error: mustBe(ADDRESS) })
  .max(254, { error: mustBe(ADDRESS) })
  .regex(/^[^\s@\x00-\x1f\x7f-\x9f]{1,64}@[^\s@\x00-\x1f\x7f-\x9f]+$/, { error: mustBe(ADDRESS) });
