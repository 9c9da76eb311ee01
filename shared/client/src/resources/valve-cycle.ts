import type { Success, ValveCycle, ValveCycleSettings } from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'

/** The valve cycle: a press of a button opens a valve for a while and closes it again. */
export interface ValveCycleClient {
  /** How it is set up, and what it does now. */
  get(options?: RequestOptions): Promise<ValveCycle>
  /** For admins. Fails with `cycle.unusable` and a sentence that says what is missing. */
  set(settings: ValveCycleSettings, options?: RequestOptions): Promise<Success>
}

export const valveCycleClient = (http: Http): ValveCycleClient => ({
  get: (options) => http.send('/valve-cycle', { ...options }),
  set: (settings, options) => http.send('/valve-cycle', { method: 'PUT', body: settings, ...options }),
})
