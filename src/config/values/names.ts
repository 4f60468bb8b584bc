import { z } from "zod";
import { mustBe } from "./expectation.ts";

const NAME = "1 to 64 letters, digits, dots, underscores or hyphens, and not . or ..";

/** The name of a listener or the id of a certificate, in logs, metrics and the API. */
export const objectName = z
  .string({ error: mustBe(NAME) })
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/, { error: mustBe(NAME) });

const HOSTNAME = 'a host name like "mail.example.com" (internationalised names in their xn-- form)';
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";

/** A host name (RFC 1123 2.1). Its last label is not all digits: that would be an IP address. */
export const hostname = z
  .string({ error: mustBe(HOSTNAME) })
  .max(253, { error: mustBe(HOSTNAME) })
  .regex(new RegExp(`^(?:${LABEL}\\.)*(?!\\d+$)${LABEL}$`), { error: mustBe(HOSTNAME) });
