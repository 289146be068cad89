import type { PKCS11 } from 'pkcs11js';
import { OtaError } from '../../core/errors.ts';
import { CKR, returnValue } from './pkcs11-errors.ts';

const loaded = new Map<string, Promise<PKCS11>>();

/**
 * A PKCS#11 module, loaded and initialised once, and finalised when the process ends.
 *
 * @param path of the module; `undefined` for none in the URI and none in `PKCS11_MODULE_PATH`
 * @throws OtaError `module-missing`, `package-missing`
 */
export function pkcs11Module(path: string | undefined, uri: string): Promise<PKCS11> {
  if (path === undefined) {
    throw new OtaError('module-missing', `${uri} does not say which PKCS#11 module is to be used`, {
      where: uri,
      hint: "Add ?module-path=FILE (the token maker's .so, .dylib or .dll), or set PKCS11_MODULE_PATH.",
    });
  }
  let module = loaded.get(path);
  if (module === undefined) {
    module = load(path, uri);
    loaded.set(path, module);
    module.catch(() => loaded.delete(path));
  }
  return module;
}

async function load(path: string, uri: string): Promise<PKCS11> {
  const { PKCS11 } = await importPackage(uri);
  const module = new PKCS11();
  try {
    module.load(path);
  } catch (cause) {
    throw new OtaError('module-missing', `the PKCS#11 module ${path} cannot be loaded`, {
      where: path,
      cause,
      hint: "Check module-path: it is the library of the token's maker, of this machine's architecture.",
    });
  }
  try {
    module.C_Initialize();
  } catch (cause) {
    if (returnValue(cause) !== CKR.CRYPTOKI_ALREADY_INITIALIZED) {
      throw new OtaError('module-missing', `the PKCS#11 module ${path} does not start`, {
        where: path,
        cause,
        hint: 'Run "pkcs11-tool --module FILE --list-slots" to see what it says.',
      });
    }
  }
  process.once('exit', () => {
    try {
      module.C_Finalize();
    } catch {
      // The process ends either way.
    }
  });
  return module;
}

async function importPackage(uri: string): Promise<typeof import('pkcs11js')> {
  try {
    const { default: pkcs11js } = (await import('pkcs11js')) as unknown as {
      readonly default: typeof import('pkcs11js');
    };
    return pkcs11js;
  } catch (cause) {
    throw new OtaError(
      'package-missing',
      'the package pkcs11js, which talks to PKCS#11 tokens, is not installed',
      {
        where: uri,
        cause,
        hint: 'It is compiled when it is installed: with a C++ compiler, make and Python at hand, run "npm rebuild pkcs11js", or "npm ci" again.',
      },
    );
  }
}
