import type { PluginPackage, Success } from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'
import { deletable } from './things.ts'

/** Packages that bring drivers, those that come with the system and those that were uploaded. */
export interface PackagesClient {
  list(options?: RequestOptions): Promise<PluginPackage[]>
  /** Refused for bundled ones, and while instances use its drivers. */
  delete(packageId: string, options?: RequestOptions): Promise<Success>
}

export const packagesClient = (http: Http): PackagesClient => ({
  list: (options) => http.send('/plugins/packages', { ...options }),
  delete: deletable(http, '/plugins/packages').delete,
})
