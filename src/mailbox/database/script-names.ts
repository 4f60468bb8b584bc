import { MailboxError, type MailboxLimits } from "../../protocols/mailbox.ts";

/** RFC 5804 1.6: no controls, no line and paragraph separators. @throws MailboxError `script-name-invalid` */
export function checkScriptName(name: string, limits: MailboxLimits): void {
  if (name === "") throw invalid("A script needs a name.");
  if (/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(name) || !name.isWellFormed()) {
    throw invalid("A script's name cannot have control characters or line separators.");
  }
  if (Buffer.byteLength(name) > limits.maxScriptName) {
    throw invalid(`A script's name has at most ${limits.maxScriptName} octets.`);
  }
}

/** What `put` refuses before it looks at the script. @throws MailboxError */
export function checkScript(script: { name: string; size: number }, limits: MailboxLimits): void {
  checkScriptName(script.name, limits);
  if (script.size > limits.maxScriptSize) {
    throw new MailboxError("script-too-large", `A script has at most ${limits.maxScriptSize} octets.`);
  }
}

export function tooManyScripts(limits: MailboxLimits): MailboxError {
  return new MailboxError("too-many-scripts", `An account has at most ${limits.maxScripts} scripts.`);
}

function invalid(message: string): MailboxError {
  return new MailboxError("script-name-invalid", message);
}
