/** `--user` and `--group` of `gatehouse serve`. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { type Configuration, isAcme } from "../config/index.ts";
import { boundedCall } from "../files/index.ts";
import { dropPrivileges } from "../runtime/privileges/drop-privileges.ts";
import { PrivilegeError } from "../runtime/privileges/privilege-error.ts";
import { findProcessUser, processUserText } from "../runtime/privileges/process-user.ts";
import type { ChosenConfiguration } from "./configuration-file.ts";

export interface PrivilegeOptions {
  readonly user?: string;
  readonly group?: string;
  readonly data: string;
}

/** Drops the privileges once every address is bound. */
export interface Privileges {
  drop(chosen: ChosenConfiguration): Promise<void>;
}

/**
 * Looks the user up before anything is opened.
 * @param complain warns the user of files that the new user cannot read
 * @throws PrivilegeError
 */
export async function privilegesOf(
  { user, group, data }: PrivilegeOptions,
  complain: (text: string) => void,
): Promise<Privileges> {
  if (user === undefined) {
    if (group === undefined) return { drop: async () => {} };
    throw new PrivilegeError("unknown-user", "--group requires --user: name the user that this process is to run as.");
  }
  const processUser = await findProcessUser(user, group);
  return {
    drop: async (chosen) => {
      await dropPrivileges(processUser, [data]);
      for (const file of await unreadableFiles(chosen))
        complain(
          `${file} cannot be read by the user ${processUserText(processUser)}: every reload will fail until it can.`,
        );
    },
  };
}

/** The files that were read as root and will be read again at each reload. */
async function unreadableFiles({ configuration, document }: ChosenConfiguration): Promise<string[]> {
  const files = new Set([...(document.file === null ? [] : [document.file]), ...filesIn(configuration)]);
  const unreadable = await Promise.all(
    [...files].map((path) =>
      boundedCall(path, () => access(path, constants.R_OK)).then(
        () => [],
        () => [path],
      ),
    ),
  );
  return unreadable.flat();
}

function filesIn({ certificates, accounts }: Configuration): string[] {
  const texts = [
    ...certificates.flatMap((settings) => (isAcme(settings) ? [] : [settings.certificate, settings.privateKey])),
    ...accounts.map(({ secret }) => secret),
  ];
  return texts.flatMap((text) => (text["@type"] === "File" ? [text.filePath] : []));
}
