/** Packages that one feature alone needs are optional peers: they are loaded when it is used. */

/** A package is not installed that the feature needs. */
export class MissingPackageError extends Error {
  override readonly name = "MissingPackageError";
  readonly code = "package-missing";
  /** As npm knows it. */
  readonly package: string;

  constructor(name: string, purpose: string) {
    super(`${purpose} needs the package ${name}, which is not installed. Install it: npm install ${name}`);
    this.package = name;
  }
}

/**
 * @param purpose begins the message, such as "A chart as SVG".
 * @throws MissingPackageError when the package is not there
 */
export async function loadOptional<Module>(
  { name, purpose }: { readonly name: string; readonly purpose: string },
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if (isMissing(error, name)) throw new MissingPackageError(name, purpose);
    throw error;
  }
}

/** The package itself is not found; a fault within it is its own. */
function isMissing(error: unknown, name: string): boolean {
  const isNotFound = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
  return isNotFound && error.message.includes(`'${name}'`);
}
