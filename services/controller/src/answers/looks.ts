import { AppError, type ChannelValue, formatTime, type ValuesReply } from '@webmacs/contracts'
import type { CommandTarget } from '../commands/find-output.ts'
import type { BeatMessage, OutputMessage, ValuesMessage } from '../plugin-host/messages.ts'

export interface LooksOptions {
  readonly find: (instance: string) => CommandTarget | undefined
}

interface Look {
  readonly instance: string
  readonly answered: PromiseWithResolvers<readonly ChannelValue[]>
}

/** A host answers within a second; a busy machine gets more. */
const DEADLINE_MS = 3000

/** What all channels of an instance show now, mapped or not. */
export class Looks {
  readonly #options: LooksOptions
  readonly #underWay = new Map<number, Look>()
  readonly #overruns = new Map<string, number>()
  #last = 0

  constructor(options: LooksOptions) {
    this.#options = options
  }

  /** @throws AppError plugin.unknown, device.away */
  async look(instance: string): Promise<ValuesReply> {
    const target = this.#options.find(instance)
    if (target?.desired === undefined)
      throw new AppError('plugin.unknown', { detail: 'This controller does not run the instance.' })
    this.#last += 1
    const look = this.#last
    const answered = Promise.withResolvers<readonly ChannelValue[]>()
    this.#underWay.set(look, { instance, answered })
    const deadline = setTimeout(() => answered.reject(away('The device does not say what it shows.')), DEADLINE_MS)
    if (!target.send({ type: 'look', look })) answered.reject(away('The instance is not running.'))
    try {
      return { values: [...(await answered.promise)], overruns: this.#overruns.get(instance) ?? 0 }
    } finally {
      clearTimeout(deadline)
      this.#underWay.delete(look)
    }
  }

  hear(instance: string, message: OutputMessage): void {
    if (message.type !== 'values') return
    const look = this.#underWay.get(message.look)
    if (look?.instance === instance) look.answered.resolve(message.values.map(channelValue))
  }

  beat(instance: string, { overruns }: BeatMessage): void {
    this.#overruns.set(instance, overruns)
  }

  /** Its process is gone. */
  silenced(instance: string): void {
    this.#overruns.delete(instance)
    for (const look of this.#underWay.values())
      if (look.instance === instance) look.answered.reject(away('The process of the device ended.'))
  }
}

const away = (detail: string): AppError => new AppError('device.away', { detail })

const channelValue = ({ channel, value, quality, time }: ValuesMessage['values'][number]): ChannelValue => ({
  channel_id: channel,
  value,
  quality,
  time: time === null ? null : formatTime(time),
})
