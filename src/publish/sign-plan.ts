import { fromHex } from '../core/bytes.ts';
import type { Digest } from '../core/digest.ts';
import { type Fault, OtaError } from '../core/errors.ts';
import { verifySignature } from '../keys/ed25519.ts';
import { buildSnapshot, buildTimestamp, roleFile } from '../repository/build.ts';
import { type MetaFile, type Signature, TOP_ROLES } from '../repository/model.ts';
import { type RoleDocument, type RolesPlan, roleDocument, type SignedRole } from './plan.ts';

/** Gives the signatures of a document: made with keys at hand, or collected from those who hold them. */
export type Sign = (role: RoleDocument) => Promise<readonly Signature[]>;

/**
 * The files of a plan in the order in which they are written: roots, delegated roles, targets, snapshot, timestamp. Every
 * signature is verified and every threshold counted, so that nothing is written of a plan that a device would refuse.
 *
 * @throws OtaError `signatures-missing` naming each role that is below its threshold, `signature-invalid`; what `sign` throws
 */
export async function signPlan(plan: RolesPlan, sign: Sign): Promise<readonly SignedRole[]> {
  const faults: Fault[] = [];
  const others = [...plan.given];
  for (const role of plan.documents) {
    const signatures = await sign(role);
    const missing = missingOf(role, signatures);
    if (missing === undefined) others.push(signed(role, signatures));
    else faults.push(missing);
  }
  refuse(faults);
  const changed = others
    .filter(({ role }) => role !== 'root')
    .map((role) => [role.role, metaOf(role)] as const);
  const snapshot = await signOnline(
    roleDocument(
      plan.snapshot,
      buildSnapshot({ ...plan.snapshot, meta: new Map([...plan.listed, ...changed]) }),
    ),
    sign,
  );
  const timestamp = await signOnline(
    roleDocument(plan.timestamp, buildTimestamp({ ...plan.timestamp, snapshot: metaOf(snapshot) })),
    sign,
  );
  return [...others.sort((a, b) => rank(a.role) - rank(b.role)), snapshot, timestamp];
}

async function signOnline(role: RoleDocument, sign: Sign): Promise<SignedRole> {
  const signatures = await sign(role);
  const missing = missingOf(role, signatures);
  refuse(missing === undefined ? [] : [missing]);
  return signed(role, signatures);
}

/** What a role lacks to be trusted. @throws OtaError `signature-invalid` */
function missingOf(role: RoleDocument, signatures: readonly Signature[]): Fault | undefined {
  const { keyids, threshold } = role.keys;
  const have = new Set<string>();
  for (const { keyid, sig } of signatures) {
    const key = keyids.includes(keyid) ? role.publicKeys.get(keyid) : undefined;
    const bytes = fromHex(sig);
    if (!key || !bytes || !verifySignature(key, role.message, bytes)) {
      throw new OtaError(
        'signature-invalid',
        `the signature of key ${keyid.slice(0, 16)} is not one of ${role.role} version ${role.version}`,
        {
          where: role.role,
          hint: key
            ? 'It was made for another document, or altered: have this one signed.'
            : 'That key is not one of the role: sign with one that is.',
        },
      );
    }
    have.add(keyid);
  }
  if (have.size >= threshold) return undefined;
  const missing = keyids.filter((keyid) => !have.has(keyid)).map((keyid) => keyid.slice(0, 16));
  return {
    where: role.role,
    message: `has ${have.size} of ${threshold} signatures; any of these keys would do: ${missing.join(', ')}`,
  };
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  throw new OtaError('signatures-missing', 'what is to be published lacks signatures', {
    faults,
    hint: 'Have it signed by the holders of these keys; nothing of the index was written.',
  });
}

const signed = (
  { role, version, expires, document }: RoleDocument,
  signatures: readonly Signature[],
): SignedRole => ({
  role,
  version,
  expires,
  sealed: roleFile(document, signatures),
});

const metaOf = ({ version, sealed }: SignedRole): MetaFile & Digest => ({
  version,
  length: sealed.length,
  sha256: sealed.sha256,
});

/** A role is written before the one that names or delegates to it: `gateway.channels`, `gateway`, `targets`. */
function rank(role: string): number {
  if (role === 'root') return Number.NEGATIVE_INFINITY;
  return TOP_ROLES.some((top) => top === role) ? 1 : -role.split('.').length;
}
