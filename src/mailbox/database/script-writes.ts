/** Keeps Sieve scripts. */
import { MailboxError } from "../../protocols/mailbox.ts";
import type { MailboxWrites } from "../store/mailbox-calls.ts";
import { accountId } from "./account-rows.ts";
import { checkScript, checkScriptName, tooManyScripts } from "./script-names.ts";
import type { Statements } from "./statements.ts";
import type { WriteContext } from "./write-context.ts";

export function putScript({ sql, limits }: WriteContext, request: MailboxWrites["putScript"]["request"]): null {
  const { name, bytes } = request;
  checkScript({ name, size: bytes.length }, limits);
  const account = accountId(sql, request.account);
  sql.run(
    `INSERT INTO script (account, name, bytes) VALUES (?, ?, ?)
     ON CONFLICT (account, name) DO UPDATE SET bytes = excluded.bytes`,
    ...[account, name, bytes],
  );
  const count = Number(sql.get("SELECT count(*) AS count FROM script WHERE account = ?", account)?.["count"]);
  if (count > limits.maxScripts) throw tooManyScripts(limits);
  return null;
}

export function deleteScript({ sql }: WriteContext, request: MailboxWrites["deleteScript"]["request"]): null {
  const { account, isActive } = presentScript(sql, request);
  if (isActive) {
    throw new MailboxError("script-active", "The active script cannot be deleted; activate another, or none, first.");
  }
  sql.run("DELETE FROM script WHERE account = ? AND name = ?", account, request.name);
  return null;
}

export function renameScript({ sql, limits }: WriteContext, request: MailboxWrites["renameScript"]["request"]): null {
  const { from, to } = request;
  checkScriptName(to, limits);
  const { account } = presentScript(sql, { account: request.account, name: from });
  if (sql.get("SELECT 1 FROM script WHERE account = ? AND name = ?", account, to)) {
    throw new MailboxError("script-exists", "There is a script of this name.");
  }
  sql.run("UPDATE script SET name = ? WHERE account = ? AND name = ?", to, account, from);
  return null;
}

export function activateScript({ sql }: WriteContext, request: MailboxWrites["activateScript"]["request"]): null {
  const { name } = request;
  if (name !== null) presentScript(sql, { account: request.account, name });
  const account = accountId(sql, request.account);
  sql.run("UPDATE script SET active = 0 WHERE account = ? AND active", account);
  if (name !== null) sql.run("UPDATE script SET active = 1 WHERE account = ? AND name = ?", account, name);
  return null;
}

function presentScript(sql: Statements, named: { readonly account: string; readonly name: string }) {
  const account = accountId(sql, named.account);
  const row = sql.get("SELECT active FROM script WHERE account = ? AND name = ?", account, named.name);
  if (!row) throw new MailboxError("script-missing", "There is no script of this name.");
  return { account, isActive: row["active"] === 1 };
}
