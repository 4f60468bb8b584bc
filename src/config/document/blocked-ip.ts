import { z } from "zod";
import { networkText, readNetwork } from "../addresses/networks.ts";
import { mustBe } from "../values/expectation.ts";
import { fieldsOf } from "../values/fields.ts";

const DATE = 'a date and time with a zone, like "2030-01-31T12:00:00Z", or null';
const REASON = "text of at most 255 characters, or null";

export const blockedIpSchema = fieldsOf({
  address: networkText
    .transform((text) => {
      const reading = readNetwork(text);
      return reading.ok ? reading.value : text;
    })
    .describe("The IP address or network that nobody is let in from."),
  expiresAt: z.iso
    .datetime({ offset: true, error: mustBe(DATE) })
    .nullable()
    .default(null)
    .describe("When it is let in again. Null: never."),
  reason: z
    .string({ error: mustBe(REASON) })
    .max(255, { error: mustBe(REASON) })
    .nullable()
    .default(null)
    .describe("For whoever reads the list."),
});

/** An address or network of the block list; addresses in their canonical form. */
export type BlockedIpSettings = Readonly<z.output<typeof blockedIpSchema>>;
