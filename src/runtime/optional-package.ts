/** Packages needed by one feature alone are optional peers, loaded on first use. */

/** The package that a feature needs is not installed. */
export class MissingPackageError extends Error {
  override readonly name = "MissingPackageError";
  readonly code = "package-missing";
  /** The package's name on npm. */
  readonly package: string;

  constructor(name: string, purpose: string) {
    super(
      `${purpose} needs the package ${name}, which is not installed. Install it: npm install ${name} (with --global if Gatehouse is installed so)`,
    );
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

/** The package itself is missing; an error inside it is its own. */
function isMissing(error: unknown, name: string): boolean {
  const isNotFound = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
  return isNotFound && error.message.includes(`'${name}'`);
}
