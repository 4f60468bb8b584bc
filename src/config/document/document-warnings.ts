import type { Configuration } from "./effective.ts";

/** Something to know about a document that is not a mistake. */
export interface DocumentWarning {
  readonly code: "ignored-fields" | "protocol-assumed";
  readonly text: string;
}

/** Fields of a document that have no effect, each once, and listeners that may not speak what their names say. */
export function documentWarnings(
  configuration: Pick<Configuration, "ignoredFields" | "listeners" | "withoutProtocol">,
): DocumentWarning[] {
  return [...ofIgnoredFields(configuration), ...ofProtocols(configuration)];
}

function ofIgnoredFields({ ignoredFields }: Pick<Configuration, "ignoredFields">): DocumentWarning[] {
  if (ignoredFields.length === 0) return [];
  const text = `The document has fields that have no effect here, and are ignored: ${ignoredFields.join(", ")}.`;
  return [{ code: "ignored-fields", text }];
}

/** Which protocol a listener of this name is for, by the names of services; those of SMTP are for the default. */
const protocolOfName: ReadonlyMap<string, string> = new Map([
  ["lmtp", "lmtp"],
  ["http", "http"],
  ["https", "http"],
  ["imap", "imap"],
  ["imaps", "imap"],
  ["pop3", "pop3"],
  ["pop3s", "pop3"],
  ["sieve", "manageSieve"],
  ["managesieve", "manageSieve"],
]);

/** Stalwart's default is ours, too; its clients would get a greeting that they do not know. */
function ofProtocols({ listeners, withoutProtocol }: Pick<Configuration, "listeners" | "withoutProtocol">) {
  return listeners.flatMap(({ name, protocol }): DocumentWarning[] => {
    const named = protocolOfName.get(name.toLowerCase());
    if (named === undefined || !withoutProtocol.includes(name)) return [];
    const spoken = protocol === "smtp" ? "SMTP" : protocol;
    const text = `The listener "${name}" has no "protocol", and speaks ${spoken}, the default. Write "protocol": "${named}", or, if this is meant, "protocol": "${protocol}".`;
    return [{ code: "protocol-assumed", text }];
  });
}
