import { z } from "zod";
import { mustBe } from "../values/expectation.ts";
import { fieldsOf } from "../values/fields.ts";
import { objectName } from "../values/names.ts";
import { accountAddress, accountSchema } from "./account.ts";
import { certificateSchema, identifiedCertificateSchema } from "./certificate.ts";
import { allowedIpSchema, blockedIpSchema } from "./listed-ip.ts";
import { listenerSchema, namedListenerSchema } from "./listener.ts";
import { systemSchema } from "./system.ts";

const listeners = z.array(listenerSchema);

/** Every section of the document, by its name. */
export const sections = {
  $schema: z
    .string({ error: mustBe("the address of a JSON Schema") })
    .optional()
    .describe("For editors; without effect."),
  SystemSettings: systemSchema.optional().describe("Settings of the whole server."),
  Certificate: z
    .union([z.record(objectName, certificateSchema), z.array(identifiedCertificateSchema)])
    .optional()
    .describe("Certificates: a map from id to certificate, or an array of them with their ids."),
  Account: z.record(accountAddress, accountSchema).optional().describe("Who may log in, by mail address."),
  BlockedIp: z
    .union([z.array(blockedIpSchema), z.record(objectName, blockedIpSchema)])
    .optional()
    .describe("Refused by every listener: an array, or a map from id to address or network."),
  AllowedIp: z
    .union([z.array(allowedIpSchema), z.record(objectName, allowedIpSchema)])
    .optional()
    .describe(
      "Exempt from BlockedIp and from the limits of addresses: an array, or a map from id to address or network.",
    ),
  NetworkListener: z
    .union([listeners, z.record(z.string(), namedListenerSchema)])
    .optional()
    .describe("What listens where: an array, or a map from id to listener."),
};

/** The configuration document, in every accepted form. A bare array is read as `NetworkListener`. */
export const documentSchema = z.union([fieldsOf(sections), listeners.describe("Listeners only.")]);
