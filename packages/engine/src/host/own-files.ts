/**
 * Finds podwire's own files without asking the file system.
 *
 * A thread loads some hundred small modules, and half of that time Node spends on finding them: status and
 * real path of every file, package scopes, exports maps. What a `.ts` specifier means is plain from the
 * importing file, and what a workspace package's name means is the same for all files, so it is asked once.
 */
import { registerHooks } from 'node:module';

const SCOPE = '@podwire/';
const FORMAT = 'module-typescript';

let isRegistered = false;

/** Holds for what this thread loads from now on. */
export function resolveOwnFiles(): void {
  if (isRegistered) return;
  isRegistered = true;
  const doors = new Map<string, string>();
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const { parentURL } = context;
      if (isOwnFile(specifier, parentURL)) {
        return { url: new URL(specifier, parentURL).href, format: FORMAT, shortCircuit: true };
      }
      if (!specifier.startsWith(SCOPE)) return nextResolve(specifier, context);
      const door = doors.get(specifier);
      if (door !== undefined) return { url: door, format: FORMAT, shortCircuit: true };
      const found = nextResolve(specifier, context);
      doors.set(specifier, found.url);
      return found;
    },
  });
}

/** Files under node_modules may be symbolic links, and Node does not run TypeScript there. */
function isOwnFile(specifier: string, parentUrl: string | undefined): boolean {
  return (
    specifier.startsWith('.') &&
    specifier.endsWith('.ts') &&
    parentUrl !== undefined &&
    parentUrl.startsWith('file:') &&
    !parentUrl.includes('/node_modules/')
  );
}
