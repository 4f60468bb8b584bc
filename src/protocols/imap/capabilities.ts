import type { ImapDialogue } from "./dialogue.ts";

/** What is there in every state (RFC 3501 section 6.1.1 and the IANA registry). */
const always = ["IMAP4rev1", "LITERAL+", "SASL-IR", "ID", "ENABLE", "IDLE"] as const;
const afterLogin = [
  "NAMESPACE",
  "UIDPLUS",
  "UNSELECT",
  "CHILDREN",
  "MOVE",
  "SPECIAL-USE",
  "CREATE-SPECIAL-USE",
] as const;

/** The capabilities of the session as it is now, after `CAPABILITY`. */
export function capabilities(dialogue: ImapDialogue): string {
  const { wire, login, account } = dialogue;
  const names: string[] = [...always, ...afterLogin];
  if (!account) {
    if (wire.canUpgrade) names.push("STARTTLS");
    if (!login.offered) names.push("LOGINDISABLED");
    for (const mechanism of login.mechanisms) names.push(`AUTH=${mechanism}`);
  }
  return `CAPABILITY ${names.join(" ")}`;
}
