import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { silentPrompts } from '../../../../src/cli/prompts.ts';
import { confirmTitle } from '../../../../src/cli/requests/confirm.ts';
import { readResponses } from '../../../../src/cli/requests/read.ts';
import { type SignRequestOptions, signRequestFile } from '../../../../src/cli/requests/sign.ts';
import { signRole } from '../../../../src/repository/build.ts';
import { encodeRequest } from '../../../../src/requests/encode.ts';
import { refusal } from '../../../support/client.ts';
import { freshFolder } from '../../../support/folder.ts';
import { NOW } from '../../../support/forge.ts';
import {
  listingOf,
  manifestOf,
  OFFICERS,
  publishedChain,
  RELEASE_OFFICERS,
  releaseRequest,
  rootDocument,
} from '../../../support/requests.ts';
import { signerNamed } from '../../../support/signers.ts';

const published = await publishedChain();
const folder = freshFolder();
const NEW = signerNamed('dora');

function write(content = releaseRequest(published)): string {
  writeFileSync(folder.at('gateway-1.1.0.request'), encodeRequest(content).bytes);
  writeFileSync(folder.at('1.root.json'), published.root.bytes);
  return folder.at('gateway-1.1.0.request');
}
const sign = (path: string, options: Partial<SignRequestOptions> = {}) =>
  signRequestFile({
    path,
    knownRoot: folder.at('trusted-root.json'),
    log: folder.at('log.jsonl'),
    now: NOW,
    confirm: async () => {},
    open: async () => [RELEASE_OFFICERS[0]],
    ...options,
  });
const first = () => ({ root: folder.at('1.root.json') });

describe('signing a request file', () => {
  it('asks for the root once, remembers it, and writes a response beside the request', async () => {
    const path = write();
    expect((await refusal(() => sign(path))).code).toBe('root-missing');
    const signed = await sign(path, first());
    expect(signed.signed.map(({ document }) => document)).toEqual(['gateway', 'manifest of gateway 1.1.0']);
    expect(signed.path).toBe(
      folder.at(`gateway-1.1.0.${RELEASE_OFFICERS[0].publicKey.keyid.slice(0, 8)}.response`),
    );
    expect(signed.remembered).toBe(folder.at('trusted-root.json'));
    expect(readFileSync(folder.at('trusted-root.json'))).toEqual(Buffer.from(published.root.bytes));
    const [read] = await readResponses([signed.path]);
    expect(read?.response.request).toBe(signed.request);

    const again = await sign(path);
    expect(again).toEqual({ ...signed, remembered: undefined });
  });

  it('remembers the root that a chain leads to, and never goes back', async () => {
    const second = await signRole(rootDocument(2, [OFFICERS[0], OFFICERS[1], NEW]), OFFICERS.slice(0, 2));
    const honest = releaseRequest(published);
    const rotated = { ...honest, chain: { ...honest.chain, roots: [published.root.bytes, second.bytes] } };
    await sign(write(rotated), first());
    expect(readFileSync(folder.at('trusted-root.json'))).toEqual(Buffer.from(second.bytes));
    expect((await refusal(() => sign(write(honest)))).code).toBe('role-rollback');
    expect(readFileSync(folder.at('trusted-root.json'))).toEqual(Buffer.from(second.bytes));
  });

  it('refuses another root than the remembered one, naming both, and signs nothing', async () => {
    const path = write();
    const signed = await sign(path, first());
    const other = await signRole(rootDocument(1, [NEW], { threshold: 1 }), [NEW]);
    writeFileSync(folder.at('other.json'), other.bytes);
    const error = await refusal(() =>
      sign(path, { root: folder.at('other.json'), output: folder.at('out') }),
    );
    expect([error.code, error.exitCode]).toEqual(['root-differs', 4]);
    expect(error.message).toContain(other.sha256);
    expect(error.message).toContain(published.root.sha256);
    expect(existsSync(folder.at('out'))).toBe(false);
    expect((await sign(path, first())).path).toBe(signed.path);
  });

  it('never overwrites a response, nor anything else', async () => {
    const path = write();
    const { path: response } = await sign(path, first());
    const manifest = manifestOf('1.2.0');
    write(releaseRequest(published, { manifest, listing: listingOf(manifest, 2) }));
    const before = readFileSync(response);
    expect((await refusal(() => sign(path))).code).toBe('output-exists');
    expect(readFileSync(response)).toEqual(before);
    const other = await sign(path, { output: folder.at('mine.response') });
    expect(other.title).toBe('gateway 1.2.0');
  });

  it('opens no key and writes nothing when it is not confirmed', async () => {
    const path = write();
    const refuse = async () => confirmTitle('gateway 1.1.0', 'gateway 1.0.0', silentPrompts);
    const opened: string[] = [];
    const error = await refusal(() =>
      sign(path, {
        ...first(),
        confirm: refuse,
        open: async () => {
          opened.push('opened');
          return [];
        },
      }),
    );
    expect([error.code, error.exitCode]).toEqual(['confirmation-wrong', 3]);
    expect(opened).toEqual([]);
    expect(existsSync(folder.at('trusted-root.json'))).toBe(false);
  });

  it('refuses a file that changes on its way', async () => {
    const path = write();
    copyFileSync(path, folder.at('copy'));
    const bytes = readFileSync(path, 'utf8');
    writeFileSync(path, bytes.replace('"channel": "stable"', '"channel": "beta" '));
    expect((await refusal(() => sign(path, first()))).code).toBe('request-invalid');
    expect((await sign(folder.at('copy'), first())).title).toBe('gateway 1.1.0');
  });
});

describe('confirming', () => {
  it('takes the very name', async () => {
    await confirmTitle('root 3', 'root 3', silentPrompts);
    expect((await refusal(() => confirmTitle('root 3', 'root 2', silentPrompts))).code).toBe(
      'confirmation-wrong',
    );
  });

  it('needs somebody to type it where no flag does', async () => {
    const error = await refusal(() => confirmTitle('root 3', undefined, silentPrompts));
    expect([error.code, error.exitCode]).toEqual(['confirmation-missing', 2]);
    const asked: (string | undefined)[] = [];
    await confirmTitle('root 3', undefined, {
      ...silentPrompts,
      interactive: true,
      text: async (_message, _suggestion, check) => {
        asked.push(check('yes'), check('root 3'));
        return 'root 3';
      },
    });
    expect(asked).toEqual([expect.stringContaining('root 3'), undefined]);
  });
});
