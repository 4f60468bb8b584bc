import { notifyMethods, sieveExtensions } from "../sieve/index.ts";
import type { ManageSieveDialogue } from "./dialogue.ts";
import { capabilityLine } from "./replies.ts";

/** What the server can do, as of now (RFC 5804 section 1.7). */
export function capabilityLines(dialogue: ManageSieveDialogue): string {
  const { wire, login, account, owner, settings } = dialogue;
  const lines = [
    capabilityLine("IMPLEMENTATION", settings.banner),
    capabilityLine("VERSION", "1.0"),
    capabilityLine("SASL", login.mechanisms.join(" ")),
    capabilityLine("SIEVE", sieveExtensions.join(" ")),
    capabilityLine("NOTIFY", notifyMethods.join(" ")),
    capabilityLine("LANGUAGE", "en"),
    capabilityLine("UNAUTHENTICATE"),
  ];
  if (wire.canUpgrade && !account) lines.push(capabilityLine("STARTTLS"));
  if (account) lines.push(capabilityLine("OWNER", owner));
  return lines.join("");
}
