/** `SystemSettings.cluster`: what makes several servers one fleet. */
import { z } from "zod";
import { duration } from "../values/duration.ts";
import { mustBe } from "../values/expectation.ts";
import { fieldDisplay } from "../values/field-display.ts";
import { fieldsOf } from "../values/fields.ts";
import { objectName } from "../values/names.ts";
import { read } from "../values/reading.ts";
import { describeSource, REFERENCE_FORMS, type SecretText, secretText } from "../values/secret-text.ts";
import { setOf } from "../values/set-of.ts";

const URL_FORMS = `a URL like "redis://host:6379", "redis+sentinel://host:26379/NAME" or "redis+cluster://host:6379", or ${REFERENCE_FORMS}`;
const PREFIX = "1 to 64 letters, digits, dots, underscores, colons or hyphens";

/** Redis's own forms of a URL, and those of an engine that moves. */
const engineUrl = z
  .string({ error: mustBe(URL_FORMS) })
  .regex(/^rediss?(\+sentinel|\+cluster)?:\/\/\S+$/, { error: mustBe(URL_FORMS) })
  .transform((secret): SecretText => ({ "@type": "Text", secret }));

const listeners = setOf<string>({
  of: "names of listeners",
  element: objectName.meta({ examples: ["smtp"] }),
  reader: (text) => read(text),
  textOf: (name) => name,
});

export const clusterSchema = fieldsOf({
  url: z
    .union([secretText, engineUrl], { error: mustBe(URL_FORMS) })
    .describe(
      "Where the Redis or Valkey of the fleet is, or the Sentinels or servers of a cluster that know it. Never shown: it may have a password.",
    )
    .register(fieldDisplay, { label: "Engine", objectName: "x:SecretText" }),
  node: objectName
    .nullable()
    .default(null)
    .describe("Name of this node within the fleet. --node and GATEHOUSE_NODE take precedence. Null: the host name.")
    .register(fieldDisplay, { label: "Node", placeholder: "front-1" }),
  roles: listeners
    .prefault([])
    .describe("Listeners that this node opens, by name. Empty: all.")
    .register(fieldDisplay, { label: "Listeners of this node", placeholder: "smtp" }),
  onLoss: z
    .enum(["local", "refuse"], { error: mustBe('"local" or "refuse"') })
    .default("local")
    .describe(
      "What becomes of new clients once the engine has been out of reach for longer than the lease. local: they are let in up to this node's equal share of each cap. refuse: nobody is let in.",
    )
    .register(fieldDisplay, { label: "Without the engine", enumName: "OnLoss" }),
  keyPrefix: z
    .string({ error: mustBe(PREFIX) })
    .regex(/^[A-Za-z0-9._:-]{1,64}$/, { error: mustBe(PREFIX) })
    .default("gatehouse")
    .describe("Begins all keys and channels in the engine. Fleets that share an engine have different ones.")
    .register(fieldDisplay, { label: "Prefix of keys" }),
  encryptionKey: secretText
    .nullable()
    .default(null)
    .describe(
      "Seals what nodes share by the engine and the engine must not read: keys of session tickets, certificates that are ordered by ACME. At least 32 characters, the same for all nodes. Null: nothing of the kind is shared.",
    )
    .register(fieldDisplay, { label: "Key of the nodes", objectName: "x:SecretText" }),
  leaseTime: duration(1)
    .prefault(10_000)
    .refine((time) => time >= 300, { error: "must be at least 300 milliseconds" })
    .describe("For how long a node that is not heard of keeps its part of the caps.")
    .register(fieldDisplay, { label: "Lease" }),
});

export type ClusterSettings = Readonly<z.output<typeof clusterSchema>>;

/** As plans show it. */
export type ShownCluster = Omit<ClusterSettings, "url" | "encryptionKey"> & {
  readonly url: string;
  readonly encryptionKey: string | null;
};

export function shownCluster(cluster: ClusterSettings | null): ShownCluster | null {
  if (cluster === null) return null;
  const { url, encryptionKey } = cluster;
  return {
    ...cluster,
    url: describeSource(url),
    encryptionKey: encryptionKey && describeSource(encryptionKey),
  };
}
