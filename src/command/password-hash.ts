/** `gatehouse password-hash`: makes a hash that can replace the password in a document. */
import { text } from "node:stream/consumers";
import { hashPassword } from "../mailbox/index.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { complain, say } from "./output.ts";

export async function passwordHash(): Promise<ExitCode> {
  const password = (await text(process.stdin)).replace(/\r?\n$/, "");
  if (password === "") {
    complain("Give the password on standard input, for example: gatehouse password-hash < password.txt");
    return exitCodes.usage;
  }
  say(await hashPassword(password));
  return exitCodes.ok;
}
