/** Peers from npm. `npm run bench:peers` installs them beside the benches; nothing else uses them. */
import { createRequire } from "node:module";

const require = createRequire(new URL("../peers/package.json", import.meta.url));

export function isPeerInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** As the benches use it: the peers are not installed when types are checked. */
export function requirePeer<Module>(name: string): Module {
  return require(name) as Module;
}
