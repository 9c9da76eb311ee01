import type { Command, CommandId, CommandQuery, CreateCommand } from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'
import { type Listed, listOf } from '../lists.ts'
import { pathTo, publicIdOf } from './things.ts'

type NewCommand = Omit<CreateCommand, 'ttl_ms'> & Partial<Pick<CreateCommand, 'ttl_ms'>>

/** Setting outputs, and what became of it; newest first. */
export interface CommandsClient extends Listed<Command, Partial<CommandQuery>> {
  /**
   * Sets an output; resolves when its device has the value, within about two seconds. Goes out once more under the same id when no answer came: nothing is
   * done twice. Fails with the code of what became of it (`command.refused`, `device.away`, …) and a sentence that ends with the command's id.
   */
  create(command: NewCommand, options?: RequestOptions): Promise<Command>
  get(id: string, options?: RequestOptions): Promise<Command>
}

export const commandsClient = (http: Http): CommandsClient => ({
  ...listOf<Command, Partial<CommandQuery>>(http, '/commands', publicIdOf),
  create: (command, options) =>
    http.send('/commands', {
      method: 'POST',
      body: { ...command, public_id: command.public_id ?? randomCommandId() },
      isSafeAgain: true,
      ...options,
    }),
  get: (id, options) => http.send(pathTo('/commands', id), { ...options }),
})

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

function randomCommandId(): CommandId {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return `cmd_${Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join('')}` as CommandId // has its form
}
