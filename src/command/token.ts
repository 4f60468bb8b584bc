/** `gatehouse token create`, `list` and `revoke`: tokens of a data folder, whether or not a server runs with it. */
import { stat } from "node:fs/promises";
import { iso } from "zod";
import { printableJson } from "../config/values/printable.ts";
import { boundedCall, FileError } from "../files/index.ts";
import { permissionsNamed, UnknownPermissionError } from "../management/access/permissions.ts";
import { type Token, TokenError, Tokens } from "../management/access/tokens.ts";
import { columns } from "./columns.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { complain, say } from "./output.ts";

export interface TokenOptions {
  readonly data: string;
  readonly json?: true;
}

export interface CreateTokenOptions extends TokenOptions {
  readonly name: string;
  /** Divided by commas. */
  readonly permissions: string;
  readonly expiresAt?: string;
}

/** Prints the token to standard output, this one time, and about it to standard error. */
export function createToken(options: CreateTokenOptions): Promise<ExitCode> {
  return withTokens(options.data, async (tokens) => {
    const { name } = options;
    const permissions = permissionsNamed(options.permissions.split(",").map((one) => one.trim()));
    const expiresAt = dateIn(options.expiresAt);
    if (expiresAt !== null && expiresAt.getTime() <= Date.now())
      throw new TokenError("invalid-token", `${options.expiresAt} has passed; give a moment to come.`);
    const token = await tokens.create({ name, permissions, expiresAt }, new Date());
    if (options.json) {
      say(printableJson({ name, token, permissions, expiresAt }));
      return exitCodes.ok;
    }
    complain(`The token ${name}, shown this once, may do: ${permissions.join(", ")}.`);
    say(token);
    return exitCodes.ok;
  });
}

export function listTokens({ data, json }: TokenOptions): Promise<ExitCode> {
  return withTokens(data, async (tokens) => {
    const list = await tokens.list();
    if (json) say(printableJson(list));
    else say(list.length === 0 ? "There are no tokens." : tableOf(list));
    return exitCodes.ok;
  });
}

export function revokeToken(name: string, { data, json }: TokenOptions): Promise<ExitCode> {
  return withTokens(data, async (tokens) => {
    const revoked = await tokens.revoke(name);
    if (json) say(printableJson({ name, revoked }));
    else if (revoked) say(`The token ${name} is refused from now on.`);
    else complain(`There is no token ${name}; \`gatehouse token list\` shows those there are.`);
    return revoked ? exitCodes.ok : exitCodes.configuration;
  });
}

async function withTokens(data: string, work: (tokens: Tokens) => Promise<ExitCode>): Promise<ExitCode> {
  try {
    await becomeOwnerOf(data);
    return await work(new Tokens(data));
  } catch (error) {
    const isUsage = error instanceof UnknownPermissionError || error instanceof TokenError;
    if (!isUsage && !(error instanceof FileError)) throw error;
    complain(error.message);
    const isMistake = error instanceof UnknownPermissionError || error.code === "invalid-token";
    return isMistake ? exitCodes.usage : exitCodes.configuration;
  }
}

/**
 * What root makes in the folder of another user would be of no use to the server, which runs as that one; and what that
 * one has put there could lead root elsewhere. So it is done as that user.
 */
async function becomeOwnerOf(folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const owner = await boundedCall(folder, () => stat(folder)).catch((error: unknown) => {
    if (error instanceof FileError && error.errno === "ENOENT") return null;
    throw error;
  });
  if (owner === null || owner.uid === 0) return;
  process.setgroups?.([owner.gid]);
  process.setgid?.(owner.gid);
  process.setuid?.(owner.uid);
}

function dateIn(text: string | undefined): Date | null {
  if (text === undefined) return null;
  if (!iso.datetime({ offset: true }).safeParse(text).success)
    throw new TokenError("invalid-token", `${text} is no date and time with a zone, like "2030-01-31T12:00:00Z".`);
  return new Date(text);
}

function tableOf(list: readonly Token[]): string {
  const header = ["NAME", "CREATED", "EXPIRES", "PERMISSIONS"];
  return columns([header, ...list.map((token) => [token.name, token.createdAt, expiryOf(token), may(token)])]);
}

function expiryOf({ expiresAt }: Token): string {
  if (expiresAt === null) return "never";
  return Date.parse(expiresAt) <= Date.now() ? `${expiresAt} (expired)` : expiresAt;
}

function may({ permissions }: Token): string {
  return permissions.join(",");
}
