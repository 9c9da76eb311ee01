/** What people set of a simulated reactor. 0 switches a misbehaviour off. */
export interface SimulatedConfig {
  readonly time_constant_seconds: number
  readonly extra_channels: number
  readonly misbehaviour: Misbehaviour
  readonly outputs: OutputMisbehaviour
}

/** How the sensors misbehave. */
export interface Misbehaviour {
  /** Channel concerned; empty: all sensors. */
  readonly channel: string
  readonly noise_percent: number
  readonly drift_percent_per_minute: number
  readonly gap_every_seconds: number
  readonly gap_seconds: number
  readonly spike_every_seconds: number
  readonly spike_percent: number
  readonly stuck_after_seconds: number
  readonly disconnect_every_seconds: number
  readonly disconnect_seconds: number
  readonly clock_skew_seconds: number
}

/** How the outputs misbehave. */
export interface OutputMisbehaviour {
  readonly fault: 'none' | 'refuse' | 'stuck' | 'no_readback'
  readonly delay_seconds: number
}

const amount = (title: string, description: string, maximum: number, minimum = 0) => ({
  type: 'number',
  title,
  description,
  minimum,
  maximum,
  default: 0,
})

const DAY = 86_400

export const CONFIG_SCHEMA = {
  type: 'object',
  properties: {
    time_constant_seconds: {
      type: 'number',
      title: 'Time constant',
      description: 'How fast temperatures follow the heater, seconds',
      minimum: 0.1,
      maximum: 3600,
      default: 20,
    },
    extra_channels: {
      type: 'integer',
      title: 'Further sensors',
      description:
        'How many sensors with a sine signal there are beside the reactor, to try how much a system can bear',
      minimum: 0,
      maximum: 1400,
      default: 0,
    },
    misbehaviour: {
      type: 'object',
      title: 'Misbehaviour of the sensors',
      description: 'What goes wrong, to see what the rest makes of it',
      default: {},
      properties: {
        channel: {
          type: 'string',
          title: 'Sensor',
          description: 'Id of the channel concerned, like temp_reactor; empty: all of them',
          maxLength: 100,
          default: '',
        },
        noise_percent: amount('Noise', 'Standard deviation, % of the range', 100),
        drift_percent_per_minute: amount('Drift', '% of the range a minute', 1000, -1000),
        gap_every_seconds: amount('Gap every', 'No values begin each so many seconds; 0: never', DAY),
        gap_seconds: amount('Gap lasts', 'How long there are no values, seconds', DAY),
        spike_every_seconds: amount('Spike every', 'One value far off each so many seconds; 0: never', DAY),
        spike_percent: amount('Spike height', 'How far off, % of the range', 10_000, -10_000),
        stuck_after_seconds: amount('Stuck after', 'The value stands still from then on, seconds; 0: never', DAY),
        disconnect_every_seconds: amount(
          'Disconnect every',
          'The device goes away each so many seconds; 0: never',
          DAY,
        ),
        disconnect_seconds: amount('Disconnect lasts', 'How long the device is away, seconds', DAY),
        clock_skew_seconds: amount(
          'Clock skew',
          'How far the clock of the device is behind, seconds; then its sensors send by themselves, once a second',
          3600,
          -3600,
        ),
      },
    },
    outputs: {
      type: 'object',
      title: 'Misbehaviour of heater and valve',
      description: 'What becomes of commands',
      default: {},
      properties: {
        fault: {
          type: 'string',
          title: 'Fault',
          description: 'refuse: they are not taken; stuck: nothing moves; no_readback: nothing is confirmed',
          enum: ['none', 'refuse', 'stuck', 'no_readback'],
          default: 'none',
        },
        delay_seconds: amount('Delay', 'How long it takes until a command is taken, seconds', 60),
      },
    },
  },
}
