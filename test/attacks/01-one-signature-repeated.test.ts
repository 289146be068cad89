import { expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { parseJson } from '../../src/core/json/parse.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/value.ts';
import { TestClient } from '../support/client.ts';
import { Forge, keysObject, roleObject } from '../support/forge.ts';
import { signerNamed } from '../support/signers.ts';

const six = ['a', 'b', 'c', 'd', 'e', 'f'].map(signerNamed);

async function sixOfSix() {
  const forge = await Forge.make();
  forge.set('root', ['keys'], keysObject(forge.root, forge.targets, forge.online, ...six));
  forge.set('root', ['roles', 'snapshot'], roleObject(...six));
  forge.signers.set('snapshot', six);
  await forge.write('root');
  await forge.announce();
  return forge;
}

it('counts one signature nine times as none at all', async () => {
  const forge = await sixOfSix();
  const file = parseJson(forge.bytes('snapshot')) as JsonObject;
  const [first] = file.signatures as readonly JsonValue[];
  const repeated = { signed: file.signed, signatures: Array.from({ length: 9 }, () => first) };
  forge.store.objects.set(forge.key('snapshot'), utf8(JSON.stringify(repeated)));
  // Announced as it is, so that nothing but the signatures can be what is refused.
  forge.set('timestamp', ['meta', 'snapshot.json'], { version: forge.version('snapshot') });
  await forge.write('timestamp');
  const error = await new TestClient(forge.store, forge.bytes('root')).refuses('signature-twice');
  expect(error.message).toContain('one key counts once');
});

it('counts one signer of six as one', async () => {
  const forge = await sixOfSix();
  forge.signers.set('snapshot', six.slice(0, 1));
  await forge.announce();
  const error = await new TestClient(forge.store, forge.bytes('root')).refuses('threshold-unmet');
  expect(error.message).toContain('1 valid signatures of the 6');
});

it('accepts six signatures by six keys', async () => {
  const forge = await sixOfSix();
  const repository = await new TestClient(forge.store, forge.bytes('root')).refresh();
  expect(repository.snapshot.signatures).toHaveLength(6);
});
