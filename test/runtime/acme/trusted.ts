import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { issue, type KeyPair } from "../tls/certificate-fixtures.ts";

let made: Promise<KeyPair> | null = null;

/** For servers on this machine that the fetches of this process trust: one for all, since all have the same subject. */
export function trusted(): Promise<KeyPair> {
  made ??= issue({ names: ["localhost", "127.0.0.1"] }).then((pair) => {
    setDefaultCACertificates([...getCACertificates("default"), pair.certificate]);
    return pair;
  });
  return made;
}
