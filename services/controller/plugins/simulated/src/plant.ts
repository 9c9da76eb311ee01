import type { Clock } from '@webmacs/plugin-sdk'

/** What heater and valve do to the sensors, added to their own signals. Full heat and a valve that is fully open give these amounts. */
const HEATER_EFFECTS: Readonly<Record<string, number>> = { temp_reactor: 180, temp_outlet: 90, pressure_chamber: 1.5 }
const VALVE_EFFECTS: Readonly<Record<string, number>> = {
  volume_flow: 20,
  pressure_diff: 30,
  temp_reactor: -60,
  temp_outlet: 20,
}
/** A valve opens the flow at once, compared with heat. */
const VALVE_SECONDS = 1.5

/** A quantity that follows its setpoint like a first-order lag: 63 % of the way after one time constant. */
class Lag {
  readonly #timeConstant: number
  #target = 0
  #value = 0

  constructor(timeConstantSeconds: number) {
    this.#timeConstant = timeConstantSeconds
  }

  get value(): number {
    return this.#value
  }

  aimAt(target: number): void {
    this.#target = target
  }

  pass(seconds: number): void {
    this.#value += (this.#target - this.#value) * -Math.expm1(-seconds / this.#timeConstant)
  }
}

/** A reactor with a heater and a valve: what they are set to moves its temperatures, its pressures and its flow. */
export class Plant {
  readonly #clock: Clock
  readonly #heat: Lag
  readonly #opening = new Lag(VALVE_SECONDS)
  readonly #outputs = new Map<string, number>([
    ['heater_power', 0],
    ['valve_position', 0],
  ])
  #updatedMs: number

  constructor(clock: Clock, timeConstantSeconds: number) {
    this.#clock = clock
    this.#heat = new Lag(timeConstantSeconds)
    this.#updatedMs = clock.monotonicMs()
  }

  /** @param percent 0 to 100 */
  set(output: string, percent: number): void {
    this.#pass()
    this.#outputs.set(output, percent)
    if (output === 'heater_power') this.#heat.aimAt(percent / 100)
    else this.#opening.aimAt(percent / 100)
  }

  /** undefined: there is no such output. */
  output(id: string): number | undefined {
    return this.#outputs.get(id)
  }

  /** What heater and valve add to a sensor now, in its unit. */
  effectOn(sensor: string): number {
    this.#pass()
    return (HEATER_EFFECTS[sensor] ?? 0) * this.#heat.value + (VALVE_EFFECTS[sensor] ?? 0) * this.#opening.value
  }

  #pass(): void {
    const nowMs = this.#clock.monotonicMs()
    const seconds = (nowMs - this.#updatedMs) / 1000
    this.#updatedMs = nowMs
    this.#heat.pass(seconds)
    this.#opening.pass(seconds)
  }
}
