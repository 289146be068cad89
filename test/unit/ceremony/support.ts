import { beginProposal } from '../../../src/ceremony/begin.ts';
import type { Proposal } from '../../../src/ceremony/model.ts';
import { printJson } from '../../../src/core/json/print.ts';
import type { JsonValue } from '../../../src/core/json/value.ts';
import { DAY } from '../../../src/core/time.ts';
import type { Signer } from '../../../src/keys/signer.ts';
import { buildTargets, signRole } from '../../../src/repository/build.ts';
import { parseTargets } from '../../../src/repository/parse-targets.ts';
import type { Chain } from '../../../src/requests/model.ts';
import { NOW } from '../../support/forge.ts';
import { makeTrust, ONLINE, RELEASE } from '../../support/release.ts';
import { signerNamed } from '../../support/signers.ts';

export const [ALICE, BOB, CAROL] = [signerNamed('alice'), signerNamed('bob'), signerNamed('carol')];
export const keyidOf = (signer: Signer): string => signer.publicKey.keyid;

/** The chain of a repository as ota init and the first publish leave it. */
export async function firstChain(): Promise<Chain> {
  const { roots, targetsBytes } = await makeTrust();
  const gateway = buildTargets({
    version: 4,
    expires: NOW + 300 * DAY,
    targets: new Map([['gateway/1.0.0/radio', { length: 1, sha256: 'a'.repeat(64) }]]),
    delegations: {
      keys: new Map([[keyidOf(ONLINE), ONLINE.publicKey]]),
      roles: [
        {
          name: 'gateway.channels',
          keyids: [keyidOf(ONLINE)],
          threshold: 1,
          terminating: true,
          paths: ['gateway/channels/*'],
        },
      ],
    },
  });
  return {
    roots,
    roles: new Map([
      ['targets', targetsBytes],
      ['gateway', (await signRole(gateway, [RELEASE])).bytes],
    ]),
  };
}

export const firstProposal = async (): Promise<Proposal> => beginProposal(await firstChain(), NOW);

/** What a signed part says, read as a role would be. */
export const readTargets = (signed: JsonValue) =>
  parseTargets(printJson({ signatures: [], signed }), 'proposed').signed;
