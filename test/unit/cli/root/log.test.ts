import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { setThreshold } from '../../../../src/ceremony/edit.ts';
import { encodeProposal } from '../../../../src/ceremony/format.ts';
import { checkLog } from '../../../../src/cli/log/read.ts';
import { ceremonyStep } from '../../../../src/cli/root/log.ts';
import { editProposal } from '../../../../src/cli/root/proposal-file.ts';
import { sha256 } from '../../../../src/core/digest.ts';
import type { LogEntry } from '../../../../src/keys/log/entry.ts';
import { refusal } from '../../../support/client.ts';
import { freshFolder } from '../../../support/folder.ts';
import { firstProposal } from '../../ceremony/support.ts';

const folder = freshFolder();
const step = (path: string) =>
  ceremonyStep(
    'root-edit',
    { id: 'root:threshold', argv: ['1', '--role', 'root'] },
    { by: 'ada@desk', tool: 'ota 0.1.0', at: '2026-11-24T12:00:00Z' },
    path,
  );

it('logs a change as it was asked for, with the proposal that it made', async () => {
  const [path, log] = [folder.at('root-proposal.json'), folder.at('log.jsonl')];
  writeFileSync(path, encodeProposal(await firstProposal()));
  await editProposal(path, (proposal) => setThreshold(proposal, 'root', 1), step(log));
  const entries: LogEntry[] = [];
  await checkLog(log, undefined, (entry) => entries.push(entry));
  expect(entries).toMatchObject([
    { step: 'root-edit', what: 'root threshold 1 --role root', sha256: sha256(readFileSync(path)) },
  ]);
});

it('leaves file and log as they were where a change is refused, and the file where it cannot be logged', async () => {
  const [path, log] = [folder.at('root-proposal.json'), folder.at('log.jsonl')];
  const before = encodeProposal(await firstProposal());
  writeFileSync(path, before);
  const refused = await refusal(() => editProposal(path, (all) => setThreshold(all, 'root', 9), step(log)));
  expect(refused.code).toBe('threshold-invalid');
  expect(existsSync(log)).toBe(false);
  writeFileSync(log, 'no line of a log\n');
  const broken = await refusal(() => editProposal(path, (all) => setThreshold(all, 'root', 1), step(log)));
  expect(broken.code).toBe('log-broken');
  expect(new Uint8Array(readFileSync(path))).toEqual(new Uint8Array(before));
});
