/** The objects of the management API: what they are called, and which schemas validate them. */
import { z } from "zod";
import {
  accountSchema,
  allowedIpSchema,
  blockedIpSchema,
  certificateSchema,
  clusterSchema,
  connectionRateSchema,
  fieldDisplay,
  listenerSchema,
  referenceForms,
  sessionLimitsSchema,
  systemSchema,
} from "../../config/index.ts";
import { connectionEndSchema, endCountSchema, reloadSchema } from "./history-shapes.ts";
import type { List, ObjectInfo } from "./schema-contract.ts";
import {
  accountAddressField,
  connectionSchema,
  listenerStatusSchema,
  readFromCertificate,
  serverNodeSchema,
  stateOfCertificate,
} from "./served-shapes.ts";

export type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** An object that methods are called for. */
export interface DescribedObject
  extends Pick<List, "title" | "subtitle" | "labelProperty" | "singularName" | "pluralName"> {
  /** Without `x:`. */
  readonly name: string;
  readonly type: ObjectInfo["type"];
  readonly description: string;
  readonly shape: Shape;
  /** The titles of its form's sections, in their order; empty where there is but one, without a title. */
  readonly sections: readonly string[];
}

export const describedObjects: readonly DescribedObject[] = [
  {
    name: "NetworkListener",
    type: "object",
    description: "What listens where, and for whom.",
    title: "Listeners",
    subtitle: "What listens where, and for whom.",
    labelProperty: "name",
    singularName: "listener",
    pluralName: "listeners",
    shape: listenerSchema.shape,
    sections: ["Listener settings", "TLS options", "Proxy networks", "Socket options", "Admission", "Sessions"],
  },
  {
    name: "SystemSettings",
    type: "singleton",
    description: "Settings of the whole server.",
    title: "General",
    subtitle: "Settings of the whole server.",
    singularName: "settings",
    pluralName: "settings",
    shape: systemSchema.shape,
    sections: ["Server", "Proxy networks", "Mail"],
  },
  {
    name: "Certificate",
    type: "object",
    description: "A certificate for TLS, and its key: where they are found.",
    title: "Certificates",
    subtitle: "The name that a client asks for decides which one it gets.",
    singularName: "certificate",
    pluralName: "certificates",
    shape: { ...certificateSchema.shape, ...readFromCertificate, ...stateOfCertificate },
    sections: ["Certificate and key", "ACME", "Read from the certificate"],
  },
  {
    name: "Account",
    type: "object",
    description: "Somebody who may log in.",
    title: "Accounts",
    subtitle: "Who may log in.",
    labelProperty: "address",
    singularName: "account",
    pluralName: "accounts",
    shape: { ...accountAddressField, ...accountSchema.shape },
    sections: [],
  },
  {
    name: "BlockedIp",
    type: "object",
    description: "An address or network that no listener lets in.",
    title: "Blocked addresses",
    subtitle: "Whom no listener lets in.",
    labelProperty: "address",
    singularName: "blocked address",
    pluralName: "blocked addresses",
    shape: blockedIpSchema.shape,
    sections: [],
  },
  {
    name: "AllowedIp",
    type: "object",
    description: "An address or network that is exempt from the rules about addresses.",
    title: "Allowed addresses",
    subtitle: "Whom the block list and the limits of addresses do not concern.",
    labelProperty: "address",
    singularName: "allowed address",
    pluralName: "allowed addresses",
    shape: allowedIpSchema.shape,
    sections: [],
  },
  {
    name: "ListenerStatus",
    type: "object",
    description: "A listener as it runs. Read only.",
    title: "Listeners now",
    subtitle: "What each listener is doing.",
    labelProperty: "name",
    singularName: "listener",
    pluralName: "listeners",
    shape: listenerStatusSchema.shape,
    sections: [],
  },
  {
    name: "Connection",
    type: "object",
    description: "A connection that is open now. Read only.",
    title: "Connections",
    subtitle: "Who is connected.",
    singularName: "connection",
    pluralName: "connections",
    shape: connectionSchema.shape,
    sections: [],
  },
  {
    name: "ConnectionEnd",
    type: "object",
    description: "A connection that has ended, or a client that was refused, in the last hour. Read only.",
    title: "Ended and refused",
    subtitle: "The latest of each listener and reason, at most an hour ago.",
    singularName: "ended connection",
    pluralName: "ended connections",
    shape: connectionEndSchema.shape,
    sections: [],
  },
  {
    name: "EndCount",
    type: "object",
    description: "How many connections have ended, or were refused, for one reason in the last hour. Read only.",
    title: "Ends and refusals",
    subtitle: "How many of each reason in the last hour.",
    singularName: "count",
    pluralName: "counts",
    shape: endCountSchema.shape,
    sections: [],
  },
  {
    name: "Reload",
    type: "object",
    description: "A document that was put into force, or rejected, since the start. Read only.",
    title: "Reloads",
    subtitle: "Who has changed the document since the start.",
    singularName: "reload",
    pluralName: "reloads",
    shape: reloadSchema.shape,
    sections: [],
  },
  {
    name: "ServerNode",
    type: "object",
    description: "A process of the server, or of its fleet. Read only.",
    title: "Server",
    subtitle: "The processes that serve.",
    labelProperty: "hostname",
    singularName: "process",
    pluralName: "processes",
    shape: serverNodeSchema.shape,
    sections: [],
  },
];

/** One of the forms of an object, named by its `@type`. */
export interface DescribedVariant {
  readonly name: string;
  readonly label: string;
  /** Null: it has no fields. */
  readonly shape: Shape | null;
}

/** Objects that stand within others only, by their name with `x:`. */
export const innerObjects: Readonly<Record<string, Shape | readonly DescribedVariant[]>> = {
  "x:ConnectionRate": connectionRateSchema.shape,
  "x:Cluster": clusterSchema.shape,
  "x:SessionLimits": sessionLimitsSchema.shape,
  /** By the path of a state: embedders' protocols have states of their own. */
  "x:StateCounts": {},
  /** What a reload does, and what has changed in an object: with members of its kind. */
  "x:ReloadPlan": {},
  "x:ObjectDifference": {},
  "x:PublicText": textForms("value"),
  "x:SecretText": textForms("secret"),
  "x:SecretKey": textForms("secret", "secret"),
};

/** @param field of the two in which the text may be written */
function textForms(field: "value" | "secret", format?: "secret"): readonly DescribedVariant[] {
  const text = referenceForms.Text.shape[field].unwrap();
  const display = fieldDisplay.get(referenceForms.Text.shape[field]) ?? { label: "Text" };
  const shown = text.describe("").register(fieldDisplay, { ...display, ...(format ? { format } : {}) });
  return [
    { name: "Text", label: "Written here", shape: { [field]: shown } },
    {
      name: "EnvironmentVariable",
      label: "In an environment variable",
      shape: withoutType(referenceForms.EnvironmentVariable.shape),
    },
    { name: "File", label: "In a file", shape: withoutType(referenceForms.File.shape) },
  ];
}

function withoutType({ "@type": _, ...shape }: Shape): Shape {
  return shape;
}

const listenerId = z
  .string()
  .describe("The listener.")
  .register(fieldDisplay, { label: "Listener", objectName: "x:NetworkListener" });
const reloadId = z
  .string()
  .describe("The reload whose document is put into force again.")
  .register(fieldDisplay, { label: "Reload", objectName: "x:Reload" });
const connectionId = z
  .string()
  .describe("The connection.")
  .register(fieldDisplay, { label: "Connection", objectName: "x:Connection" });

const nodeId = z
  .string()
  .describe("The node of the fleet; local for the one that is asked.")
  .register(fieldDisplay, { label: "Node", objectName: "x:ServerNode" });

/** What `x:Action/set` creates. */
export const actions: readonly DescribedVariant[] = [
  { name: "ReloadSettings", label: "Read the document again", shape: null },
  { name: "ReloadTlsCertificates", label: "Read the certificates again", shape: null },
  { name: "ReloadBlockedIps", label: "Read the blocked addresses again", shape: null },
  { name: "SuspendListener", label: "Stop accepting on a listener", shape: { listenerId } },
  { name: "ResumeListener", label: "Accept on a listener again", shape: { listenerId } },
  { name: "DrainListener", label: "Let the connections of a listener end", shape: { listenerId } },
  { name: "CloseConnection", label: "End a connection at its next safe point", shape: { connectionId } },
  { name: "RestoreDocument", label: "Go back to the document of an earlier reload", shape: { reloadId } },
  { name: "DrainNode", label: "Let a node of the fleet finish its sessions and end", shape: { nodeId } },
  { name: "UpgradeServer", label: "Start the program on disk in place of this server", shape: null },
];
