import { KeyObject, randomUUID, webcrypto } from "node:crypto";
import { chmod, link, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { isIP } from "../../config/addresses/ip-address.ts";
import { boundedCall, readFileIfThere, toFileError } from "../../files/index.ts";
import { CertificateError } from "./certificate-error.ts";
import { checkCertificate, type LoadedCertificate } from "./certificates.ts";
import { errnoOf, TEXT_LIMITS } from "./secret-text.ts";
import { DAY, EXPIRY_WARNING_DAYS } from "./validity.ts";

const ID = "self-signed";
const HOUR = 3_600_000;
/** Below the 398 days that browsers and Apple's rules allow. */
const VALIDITY_DAYS = 397;
/** RFC 5280 appendix A.1: ub-common-name. */
const LONGEST_COMMON_NAME = 64;

export interface SelfSignedOptions {
  /** The only name of the certificate; `localhost` includes the loopback addresses. */
  readonly hostname: string;
  /** Where it is kept; created with mode 0700 when missing. */
  readonly directory: string;
  readonly now?: Date;
}

export interface SelfSignedCertificate extends LoadedCertificate {
  /** Whether this call made it, rather than found it in the directory. */
  readonly created: boolean;
  /** `privateKey` holds both in one file, so that no crash can separate them; `certificate` is a copy to hand out. */
  readonly files: { readonly certificate: string; readonly privateKey: string };
}

/**
 * A certificate for servers that have none: ECDSA P-256, valid for 397 days, kept in the directory with mode
 * 0600, and used again until it has less than 14 days left or the host name changes. Of several processes that start
 * at once for the first time, all use the one that was written first.
 * @throws CertificateError `certificate-unreadable` when the directory or a file in it cannot be read or written
 */
export async function selfSignedCertificate(options: SelfSignedOptions): Promise<SelfSignedCertificate> {
  const { directory, now = new Date() } = options;
  const files = { certificate: join(directory, "self-signed.crt"), privateKey: join(directory, "self-signed.key") };
  const names = namesFor(options.hostname);
  try {
    await boundedCall(directory, () => mkdir(directory, { recursive: true, mode: 0o700 }));
    const kept = await keptOrNew(files.privateKey, names, now);
    if ((await readIfThere(files.certificate)) !== kept.certificate) {
      await writeWhole(files.certificate, kept.certificate, { replace: true });
    }
    return { ...kept, files };
  } catch (error) {
    const { path, problem: reason } = toFileError(directory, error);
    const problem = `${path} cannot be read or written: ${reason}; check the owner and mode of the folder, and the space left`;
    throw new CertificateError("certificate-unreadable", ID, problem);
  }
}

function namesFor(hostname: string): string[] {
  const name = hostname.toLowerCase().replace(/\.$/, "");
  return name === "localhost" ? [name, "127.0.0.1", "::1"] : [name];
}

async function keptOrNew(file: string, names: readonly string[], now: Date) {
  const found = await readIfThere(file);
  const kept = usable(found, names, now);
  if (kept) {
    await boundedCall(file, () => chmod(file, 0o600));
    return { ...kept, created: false };
  }
  const mine = await generate(names, now);
  await writeWhole(file, mine, { replace: found !== null });
  const written = await readIfThere(file);
  const theirs = written === mine ? null : usable(written, names, now);
  return theirs ? { ...theirs, created: false } : { ...check(mine, now), created: true };
}

/** Null for one that is missing, damaged, for other names or outside its validity: all are replaced. */
function usable(pem: string | null, names: readonly string[], now: Date): LoadedCertificate | null {
  if (pem === null) return null;
  let certificate: LoadedCertificate;
  try {
    certificate = check(pem, now);
  } catch {
    return null;
  }
  const left = certificate.notValidAfter.getTime() - now.getTime();
  const inTime = certificate.notValidBefore <= now && left >= EXPIRY_WARNING_DAYS * DAY;
  return inTime && certificate.subjectAlternativeNames.join() === names.join() ? certificate : null;
}

function check(pem: string, now: Date): LoadedCertificate {
  return checkCertificate({ id: ID, certificate: pem, privateKey: pem, now });
}

/** @returns the private key and the certificate in one PEM text */
async function generate(names: readonly string[], now: Date): Promise<string> {
  // Imported here because it takes a tenth of a second, and is needed on a first start only.
  const x509 = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const commonName = names[0] && names[0].length <= LONGEST_COMMON_NAME ? names[0] : "self-signed";
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...{ name: [{ CN: [commonName] }], keys, signingAlgorithm: algorithm },
      // Clients whose clocks are a little behind should accept it too.
      notBefore: new Date(now.getTime() - HOUR),
      notAfter: new Date(now.getTime() + VALIDITY_DAYS * DAY),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) ? "ip" : "dns", value }) as const),
        ),
      ],
    },
    webcrypto as Crypto,
  );
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString();
  return `${key.trim()}\n${certificate.toString("pem").trim()}\n`;
}

async function readIfThere(file: string): Promise<string | null> {
  const found = await readFileIfThere(file, TEXT_LIMITS);
  return found === null ? null : found.bytes.toString("utf8");
}

/** No reader ever sees half of the file. Without `replace`, a file that another process has put there stays. */
function writeWhole(file: string, text: string, options: { readonly replace: boolean }): Promise<void> {
  return boundedCall(file, () => writeThenName(file, text, options));
}

async function writeThenName(file: string, text: string, options: { readonly replace: boolean }): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (options.replace || !(await linkIfAbsent(draft, file))) await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

/** link(2) fails where the name is taken, unlike rename(2). @returns false where the file system has no hard links */
async function linkIfAbsent(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return true;
    if (["EPERM", "ENOTSUP", "ENOSYS", "EOPNOTSUPP"].includes(errnoOf(error))) return false;
    throw error;
  }
}
