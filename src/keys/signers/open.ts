import { execKey } from './exec.ts';
import { fileKey } from './file.ts';
import { pkcs11Key } from './pkcs11.ts';
import type { KeySource } from './source.ts';
import { sshAgentKey } from './ssh-agent.ts';
import type { SignerUri } from './uri.ts';

/** The key that a URI names, not opened yet. @param environment `SSH_AUTH_SOCK`, `PKCS11_MODULE_PATH` */
export function keySource(uri: SignerUri, environment: NodeJS.ProcessEnv): KeySource {
  switch (uri.kind) {
    case 'file':
      return fileKey(uri);
    case 'pkcs11':
      return pkcs11Key(uri, environment.PKCS11_MODULE_PATH);
    case 'ssh-agent':
      return sshAgentKey(uri, environment.SSH_AUTH_SOCK);
    case 'exec':
      return execKey(uri);
  }
}
