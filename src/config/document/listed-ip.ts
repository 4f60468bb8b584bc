import { z } from "zod";
import { networkText, readNetwork } from "../addresses/networks.ts";
import { mustBe } from "../values/expectation.ts";
import { fieldDisplay } from "../values/field-display.ts";
import { fieldsOf, SERVER_SET } from "../values/fields.ts";

const DATE = 'a date and time with a zone, like "2030-01-31T12:00:00Z", or null';
const REASON = "text of at most 255 characters, or null";

/** The schema of an entry of an address list. Two entries of the same address are the same entry. */
function listedIp(address: string, expiresAt: string) {
  return fieldsOf(
    {
      address: networkText
        .transform((text) => {
          const reading = readNetwork(text);
          return reading.ok ? reading.value : text;
        })
        .describe(address)
        .register(fieldDisplay, {
          label: "Address or network",
          placeholder: "192.0.2.0/24",
          column: 1,
          filter: true,
          format: "ipNetwork",
        }),
      expiresAt: z.iso
        .datetime({ offset: true, error: mustBe(DATE) })
        .nullable()
        .default(null)
        .describe(expiresAt)
        .register(fieldDisplay, { label: "Until", column: 2, filter: true }),
      reason: z
        .string({ error: mustBe(REASON) })
        .max(255, { error: mustBe(REASON) })
        .nullable()
        .default(null)
        .describe("A note for people who read the list.")
        .register(fieldDisplay, { label: "Reason", column: 3, filter: true }),
    },
    SERVER_SET,
  );
}

export const blockedIpSchema = listedIp(
  "The IP address or network whose clients are refused.",
  "When its clients are admitted again. Null: never.",
);

export const allowedIpSchema = listedIp(
  "The IP address or network that is exempt from the rules about addresses.",
  "When the exemption ends. Null: never.",
);

/** An address or network of the block list or the allow list, in its canonical form. */
export type ListedIpSettings = Readonly<z.output<typeof blockedIpSchema>>;
