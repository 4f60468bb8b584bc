/** What is done with scripts (RFC 5804 sections 2.5 to 2.12). */
import { checkedOctets } from "../checked-mailbox.ts";
import { type AccountMail, MailboxError, type MailboxErrorCode, type Scripts } from "../mailbox.ts";
import { checkScript, defaultSieveLimits, type ScriptReport } from "../sieve/index.ts";
import type { Complaint, ManageSieveDialogue } from "./dialogue.ts";
import { invalidReply, replies, scriptLine, warningsReply } from "./replies.ts";

/** Names have been read already, and are not empty but for `setActive`. */
type AskScripts = (scripts: Scripts) => Promise<string | Uint8Array[]>;

export function haveSpace(dialogue: ManageSieveDialogue, name: string, size: number): Complaint {
  return ask(dialogue, async (scripts) => {
    await scripts.haveSpace(name, size);
    return replies.room;
  });
}

/**
 * Only a valid script is kept; one that is not leaves an older one of the same name as it is. RFC 5804 would rather have no
 * empty ones; it is how people clear a script, and a valid one (RFC 5228 section 8.2).
 */
export function putScript(dialogue: ManageSieveDialogue, name: string, script: Uint8Array): Complaint {
  const { error, warnings } = check(dialogue, script);
  if (error) {
    dialogue.reply(invalidReply(error));
    return null;
  }
  return ask(dialogue, async (scripts) => {
    await scripts.put(name, script);
    return warnings.length > 0 ? warningsReply(warnings) : replies.stored;
  });
}

/** Nothing is stored, and no quota looked at. */
export function checkOnly(dialogue: ManageSieveDialogue, script: Uint8Array): Complaint {
  const { error, warnings } = check(dialogue, script);
  if (error) dialogue.reply(invalidReply(error));
  else dialogue.reply(warnings.length > 0 ? warningsReply(warnings) : replies.valid);
  return null;
}

export function listScripts(dialogue: ManageSieveDialogue): Complaint {
  return ask(dialogue, async (scripts) => {
    const entries = await scripts.list();
    return entries.map(({ name, active }) => scriptLine(name, active)).join("") + replies.scripts;
  });
}

/** @param name empty: no script is active afterwards. */
export function setActive(dialogue: ManageSieveDialogue, name: string): Complaint {
  return ask(dialogue, async (scripts) => {
    await scripts.activate(name === "" ? null : name);
    return name === "" ? replies.deactivated : replies.activated;
  });
}

export function getScript(dialogue: ManageSieveDialogue, name: string): Complaint {
  return ask(dialogue, async (scripts) => {
    const script = checkedOctets("get", await scripts.get(name));
    return [Buffer.from(`{${script.length}}\r\n`), script, Buffer.from(`\r\n${replies.script}`)];
  });
}

export function deleteScript(dialogue: ManageSieveDialogue, name: string): Complaint {
  return ask(dialogue, async (scripts) => {
    await scripts.delete(name);
    return replies.deleted;
  });
}

export function renameScript(dialogue: ManageSieveDialogue, from: string, to: string): Complaint {
  return ask(dialogue, async (scripts) => {
    await scripts.rename(from, to);
    return replies.renamed;
  });
}

/** A script that the account may have is not too long to be checked. */
function check({ account }: ManageSieveDialogue, script: Uint8Array): ScriptReport {
  const scriptSize = account?.limits.maxScriptSize ?? defaultSieveLimits.scriptSize;
  return checkScript(script, { ...defaultSieveLimits, scriptSize });
}

/** What is a failure of the mailbox, and no answer to the command, is not here. */
const refusals: Partial<Record<MailboxErrorCode, string>> = {
  "script-missing": replies.noScript,
  "script-exists": replies.scriptExists,
  "script-active": replies.activeScript,
  "script-too-large": replies.scriptTooLarge,
  "too-many-scripts": replies.tooManyScripts,
  "script-name-invalid": replies.badName,
  "over-quota": replies.overQuota,
};

function ask(dialogue: ManageSieveDialogue, question: AskScripts): Complaint {
  const account: AccountMail | null = dialogue.account;
  if (!account || !dialogue.can("command.script")) return replies.loginFirst;
  dialogue.send("command.script");
  dialogue.ask({
    operation: "scripts",
    ask: () => question(account.scripts),
    answered: (outcome) => {
      if ("error" in outcome) dialogue.reply(refusal(outcome.error) ?? replies.temporary);
      else if (typeof outcome.value === "string") dialogue.reply(outcome.value);
      else for (const octets of outcome.value) dialogue.replyOctets(octets);
      dialogue.send("mailbox.answered");
    },
    isAnswer: (error) => refusal(error) !== undefined,
  });
  return null;
}

function refusal(error: Error): string | undefined {
  return error instanceof MailboxError ? refusals[error.code] : undefined;
}
