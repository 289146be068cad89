import { createConnection } from 'node:net';
import { OtaError } from '../../core/errors.ts';

/** No answer of an agent that holds people's keys is longer. */
const MAX_ANSWER = 256 * 1024;
/** Milliseconds: an agent may have to ask a person. */
const PATIENCE = 120_000;

/**
 * Sends one message to an ssh-agent and gives its answer, both without their length.
 *
 * @param socket a Unix socket, or a named pipe on Windows
 * @throws OtaError `agent-missing`, `agent-refused`
 */
export function askAgent(
  socket: string | undefined,
  request: Uint8Array,
  patience = PATIENCE,
): Promise<Uint8Array> {
  if (socket === undefined || socket === '') {
    throw new OtaError('agent-missing', 'there is no ssh-agent: SSH_AUTH_SOCK is not set', {
      where: 'SSH_AUTH_SOCK',
      hint: 'Start one with eval "$(ssh-agent)" and add the key with "ssh-add FILE".',
    });
  }
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket);
    let received = Buffer.alloc(0);
    const end = (settle: () => void) => {
      connection.destroy();
      settle();
    };
    const refuse = (message: string) =>
      end(() =>
        reject(
          new OtaError('agent-refused', message, {
            where: socket,
            hint: 'Is SSH_AUTH_SOCK the socket of an ssh-agent?',
          }),
        ),
      );
    connection.setTimeout(patience, () =>
      refuse(`the ssh-agent has not answered for ${patience / 1000} seconds`),
    );
    connection.on('error', (cause) =>
      end(() =>
        reject(
          new OtaError('agent-missing', `the ssh-agent at ${socket} cannot be reached`, {
            where: socket,
            cause,
            hint: 'Start one with eval "$(ssh-agent)", and run this in the same shell.',
          }),
        ),
      ),
    );
    connection.on('end', () => refuse('the ssh-agent hung up without an answer'));
    connection.on('data', (piece) => {
      received = Buffer.concat([received, piece]);
      if (received.length < 4) return;
      const length = received.readUInt32BE(0);
      if (length > MAX_ANSWER) refuse('what answers is no ssh-agent');
      else if (received.length >= 4 + length)
        end(() => resolve(new Uint8Array(received.subarray(4, 4 + length))));
    });
    const head = Buffer.alloc(4);
    head.writeUInt32BE(request.length);
    connection.write(Buffer.concat([head, request]));
  });
}
