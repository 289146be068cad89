import { OtaError } from '../core/errors.ts';

/** Stands where the full tool talks to an ssh-agent: this one opens no socket of any kind. @throws OtaError `agent-missing` */
export async function askAgent(): Promise<never> {
  throw new OtaError('agent-missing', 'the offline tool does not talk to an ssh-agent', {
    hint: 'Sign with a key file or a token, or use the full tool.',
  });
}
